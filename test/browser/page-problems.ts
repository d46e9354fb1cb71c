import type { Page } from '@playwright/test';

/** What must not happen while a page is used; a test asks for it at its end. */
export class PageProblems {
  readonly #found: string[] = [];

  /** @param ours address below which each request is one of ours */
  constructor(page: Page, ours: string) {
    page.on('pageerror', (error) => {
      if (!isLabsOwn(error)) this.#found.push(`uncaught: ${error.stack ?? error.message}`);
    });
    page.on('response', (response) => {
      if (response.url().startsWith(ours) && response.status() >= 400)
        this.#found.push(`${response.status()} ${response.request().method()} ${response.url()}`);
    });
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? '';
      // a page that goes ends its own requests; the stream of events is broken and resumed by design
      if (!request.url().startsWith(ours) || why === 'net::ERR_ABORTED' || isStream(request.url())) return;
      this.#found.push(`${why} ${request.method()} ${request.url()}`);
    });
    page.on('console', (message) => {
      if (message.type() === 'error' && message.location().url.includes('/jupyter-berth/'))
        this.#found.push(`console: ${message.text()}`);
    });
  }

  /** All since the last call. */
  take(): readonly string[] {
    return this.#found.splice(0);
  }
}

const isStream = (url: string): boolean => new URL(url).pathname.endsWith('/v1/events');

/** What Lab itself does not catch when a kernel of any kind has died: it asks a dead one for its state, and gives that up. */
const isLabsOwn = ({ message, stack = '' }: Error): boolean =>
  /^(?:Kernel is dead|Canceled future for kernel_info_request message before replies were done)$/.test(
    message,
  ) && !stack.includes('/jupyter-berth/');
