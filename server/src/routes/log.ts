import { pino, type DestinationStream, type LevelWithSilent } from 'pino';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Lines for the site's log. `event` is one of our own words; whatever comes from outside is in `fields`. */
export interface Log {
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
}

/** Characters of one value: a line of ours then stays below 1 kB (T34). */
const MOST = 300;

/** What authenticates: headers to their end, `token=…`, `Bearer …`, `https://user:password@…`. */
const SECRETS =
  /((?:authorization|cookie)["']?\s*[=:]\s*["']?)[^"']+|((?:token|password|passwd|secret|_xsrf|api[_-]?key|signature)["']?\s*[=:]\s*["']?|(?:bearer|basic)\s+)[^\s"'&;,]+|(:\/\/)[^\s/@]+(?=@)/gi;

/** One line without control characters, secrets and what is beyond `MOST`. */
export function printable(text: string): string {
  // cut before the search, which then has little to look at
  const line = text
    .slice(0, 4 * MOST)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(SECRETS, (_, ...before: (string | undefined)[]) => `${before.slice(0, 3).join('')}[removed]`);
  return line.length > MOST ? `${line.slice(0, MOST - 1)}…` : line;
}

const clean = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? printable(value) : value,
    ]),
  );

/** JSON lines (pino), one an event. Worker transports were refused: they need files that a bundle does not have. */
export function openLog(destination: DestinationStream, level: LevelWithSilent = 'info'): Log {
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    // of each page of each client: not even looked at where nobody wants it
    debug: (event, fields = {}) => {
      if (log.isLevelEnabled('debug')) log.debug(clean(fields), event);
    },
    info: (event, fields = {}) => log.info(clean(fields), event),
    warn: (event, fields = {}) => log.warn(clean(fields), event),
    error: (event, fields = {}) => log.error(clean(fields), event),
  };
}
