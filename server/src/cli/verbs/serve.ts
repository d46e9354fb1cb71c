import { setFlagsFromString } from 'node:v8';
import { Failure } from '@berth/schema';
import { watchParent } from '@berth/spawner/launch';
import { checkDirectory } from '../serve-sockets.ts';
import type { Verb, VerbContext } from '../verb.ts';

export const serve: Verb = {
  help: {
    usage: '--directory DIR [--site]',
    about:
      'The user server: answers JupyterLab on the Unix socket DIR/http.sock and launchers on DIR/launch.sock. DIR must be yours with mode 0700. Prints "ready" when it listens; ends at the end of its standard input, or by SIGTERM. Started and supervised by the Jupyter server extension. Logs JSON lines on stderr. With --site the service beside JupyterHub instead: it answers the Hub on DIR/hub.sock and jobs below the Hub\'s proxy, and ends with the Hub that started it.',
    options: {
      directory: { type: 'string', value: 'DIR', about: 'where the sockets are made' },
      site: { type: 'boolean', about: 'the service of JupyterHub, for all people of the site' },
    },
    positionals: { least: 0, most: 0 },
  },
  run: async (context, typed) => {
    const directory = typed.text('directory');
    if (directory === undefined)
      throw new Failure('usage-invalid', { why: 'Option --directory is needed.', command: 'berth serve' });
    await checkDirectory(directory, process.getuid?.() ?? 0);
    if (typed.has('site')) return serveSite(context, directory);
    // on a login host there is one for each person: 20 to 60 MiB less, for a tenth of the speed
    setFlagsFromString('--optimize-for-size');
    // Express and all that hangs on it is for this verb alone, and not for its --help
    const { openUserServer } = await import('../user-server.ts');
    const server = openUserServer(context, directory);
    try {
      await server.listen();
      await context.print('ready\n');
      server.begin();
      await endOf(process.stdin, context.signal);
    } finally {
      await server.close();
    }
    return 0;
  },
};

async function serveSite(context: VerbContext, directory: string): Promise<number> {
  const { openSiteServer } = await import('../site-server.ts');
  const server = await openSiteServer(context, directory);
  try {
    await server.listen();
    await context.print('ready\n');
    server.begin();
    await withoutParent(context.signal);
  } finally {
    await server.close();
  }
  return 0;
}

/** The Hub starts us with its own standard input; but when it is killed, we get another parent. */
function withoutParent(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watch = watchParent(() => process.ppid, undefined, resolve);
    const end = (): void => {
      watch.stop();
      resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
  });
}

/** The Jupyter server holds the other end: however it dies, the pipe breaks and we go too. */
function endOf(input: NodeJS.ReadStream, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      input.destroy();
      resolve();
    };
    for (const event of ['end', 'close', 'error']) input.once(event, end);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    input.resume();
  });
}
