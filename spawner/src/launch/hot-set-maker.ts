import { spawn } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { dropClaim, takeClaim, watchClaim } from '../store/claim.ts';
import { chooseHotSet } from '../store/choose-hot-set.ts';
import { hasHotSet, type HotSetPaths } from '../store/hot-set-paths.ts';
import { FIND_FORMAT, imageListing, pathBytes } from '../store/image-listing.ts';
import { makeStore } from '../store/make-store.ts';
import { opaqueDirectories } from '../store/opaque-directories.ts';
import { currentProcess } from '../store/process-identity.ts';
import type { Touched } from '../store/start-profile.ts';
import { sweep } from '../store/sweep.ts';
import type { Work } from '../store/work.ts';
import { startHolder, type HolderOptions } from './holder.ts';

/** The kernel of the person comes first: all of this runs when nothing else wants to. */
const LAST = ['nice', '-n', '19'] as const;
/** Dies with this process. */
const MORTAL = ['setpriv', '--pdeathsig', 'KILL', ...LAST] as const;

/** Looks at somebody else's claim so often, a second apart: enough to see that a maker on another node is dead. */
const LOOKS = 20;

/**
 * Makes the hot set of a start that touched this, beside the running kernel: it is copied from a mount of its own,
 * completed in a work directory and published by rename(2). Ends at once, with its children, on `signal`.
 */
export async function makeHotSet(
  paths: HotSetPaths,
  touched: Touched,
  options: HolderOptions,
  signal: AbortSignal,
): Promise<void> {
  await makeStore(paths);
  const me = await currentProcess();
  const claim = watchClaim(paths, me);
  for (let looks = 0; (await claim.look()) !== 'free'; looks++) {
    if (looks >= LOOKS || (await hasHotSet(paths))) return;
    await sleep(1000, undefined, { signal, ref: false });
  }
  const work = await takeClaim(paths, me);
  if (work === undefined) return;
  try {
    await sweep(paths.tmp, work, me);
    if (await hasHotSet(paths)) return;
    const out = await fill(work, touched, options, signal);
    signal.throwIfAborted();
    await rename(out, paths.path);
  } finally {
    await dropClaim(paths, work);
  }
}

async function fill(
  work: Work,
  touched: Touched,
  options: HolderOptions,
  signal: AbortSignal,
): Promise<string> {
  const out = join(work.path, 'tree');
  await mkdir(out, { mode: 0o700 });
  const holder = await startHolder({ ...options, wrapper: LAST });
  const enter = [`--target=${holder.pid}`, '--user', '--mount', '--preserve-credentials'];
  const image = `${holder.mountPoint}/image`;
  const inside = (...argv: string[]) => run([...MORTAL, 'nsenter', ...enter, ...argv], signal);
  const extract = (...more: string[]) => [
    ...MORTAL,
    ...['tar', '-x', '-p', '--delay-directory-restore', '-C', out],
    ...more,
  ];
  const copy = async (names: readonly string[], recursion: string): Promise<void> => {
    if (names.length === 0) return;
    const from = inside('tar', '-c', '-C', image, recursion, '--null', '--verbatim-files-from', '-T', '-');
    from.stdin.end(Buffer.concat(names.map((name) => pathBytes(`${name}\0`))));
    const to = run(extract(), signal, from.stdout);
    await Promise.all([from.ended, to.ended]);
  };
  try {
    const listing = imageListing(touched);
    const find = inside('find', image, '-xdev', '-mindepth', '1', '-printf', FIND_FORMAT);
    find.stdout.on('data', (bytes: Buffer) => listing.push(bytes));
    await find.ended;
    const { directories, ...rest } = listing.done();
    const { whole, single } = chooseHotSet({ directories, ...rest });
    await copy(whole, '--recursion');
    // after the others: directories get their own time back
    await copy(single, '--no-recursion');
    const marks = run(extract('--xattrs', '--xattrs-include=user.overlay.opaque'), signal);
    marks.stdin.end(opaqueDirectories(whole, directories));
    await marks.ended;
    // the final name must not outlive a crash that what it names did not
    await run([...MORTAL, 'sync', '-f', dirname(out)], signal).ended;
    return out;
  } finally {
    await holder.release();
  }
}

/** @returns `ended`, which rejects with the program's last words unless its status is 0 */
function run(argv: readonly string[], signal: AbortSignal, input?: Readable) {
  const [command = '', ...args] = argv;
  const child = spawn(command, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
    signal,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  child.stdin.on('error', () => undefined);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      const line = said.trim().split('\n').pop() ?? '';
      if (status === 0) resolve();
      else reject(new Error(`${argv[args.indexOf('-n') + 3] ?? command}: ${line || `status ${status}`}`));
    });
  });
  ended.catch(() => undefined);
  input?.pipe(child.stdin);
  return { stdin: child.stdin, stdout: child.stdout, ended };
}
