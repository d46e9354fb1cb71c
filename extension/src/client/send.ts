import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** Sends one request to the user server; `path` is below `<base_url>berth`. */
export type Send = (path: string, init: RequestInit) => Promise<Response>;

/**
 * Through the Jupyter server, which adds login and XSRF token. `no-cache` and not Lab's `no-store`: the latter adds a
 * number to the query, and ours are strict.
 */
export const sendThrough =
  (settings: ServerConnection.ISettings): Send =>
  (path, init) =>
    ServerConnection.makeRequest(
      URLExt.join(settings.baseUrl, 'berth') + path,
      { cache: 'no-cache', ...init },
      settings,
    );
