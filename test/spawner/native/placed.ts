import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { writeFrame } from '../../../spawner/src/launch/frames.ts';
import { placeEvents, type PlaceEvent } from '../../../spawner/src/launch/place-events.ts';
import { encodeOrder, type PlaceOrder } from '../../../spawner/src/launch/place-order.ts';
import { startPlace, type StartedPlace } from '../../../spawner/src/launch/start-place.ts';
import { readProc, readStat } from '../../cluster/process-identity.ts';
import { placeProgram } from './place-program.ts';

/** A berth-place of the test's own, and all that it has said so far. */
export interface Placed {
  readonly place: StartedPlace;
  readonly events: readonly PlaceEvent[];
  /** the kernel's standard output so far */
  readonly said: () => string;
  readonly complained: () => string;
  /** Waits for an event of that kind; throws when the place ends without. */
  has<T extends PlaceEvent['type']>(type: T): Promise<Extract<PlaceEvent, { type: T }>>;
  tell(type: string, data?: string | readonly number[] | Uint8Array): void;
  /** Ends it, and waits until it has ended. */
  end(): Promise<string>;
}

const running = new Set<Placed>();

/** To be called after each test. */
export async function endPlaces(): Promise<void> {
  await Promise.all([...running].map((placed) => placed.end()));
  running.clear();
}

export interface Wish extends Partial<PlaceOrder> {
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A directory that nobody else may enter, with an image (a directory, owned by us) and a place for mounts. */
export async function workspace(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'berth-native-')));
  await mkdir(join(path, 'image/usr'), { recursive: true });
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** An order for what workspace() has made; `script` runs as the kernel, without ch-run. */
export const orderIn = (path: string, script: string, more: Partial<PlaceOrder> = {}): PlaceOrder => ({
  launchId: '0123456789abcdef',
  home: path,
  mountPoint: join(path, 'mnt'),
  store: join(path, 'store'),
  rootfs: { format: 'directory', path: join(path, 'image') },
  squashfuse: 'squashfuse_ll',
  points: ['/run/berth', '/tmp'],
  environment: "PLANNED='yes'\n",
  passed: '',
  slurm: '',
  berth: '',
  config: '',
  enter: [],
  command: ['/bin/sh', '-c', script],
  directory: '',
  otherwise: { directory: '/', command: ['/bin/sh', '-c', 'echo elsewhere'], enter: [] },
  ...more,
});

export async function placed(order: PlaceOrder, { program, env = {} }: Wish = {}): Promise<Placed> {
  const place = startPlace(program ?? (await placeProgram()), { PATH: '/usr/bin:/bin', ...env });
  const events: PlaceEvent[] = [];
  let [said, complained] = ['', ''];
  place.output.on('data', (chunk: Buffer) => (said += chunk.toString()));
  place.errors.on('data', (chunk: Buffer) => (complained += chunk.toString()));
  const waiting = new Set<() => void>();
  let over = false;
  const listening = (async () => {
    for await (const event of placeEvents(place.frames)) {
      events.push(event);
      for (const look of waiting) look();
    }
  })().finally(() => {
    over = true;
    for (const look of waiting) look();
  });
  listening.catch(() => undefined);
  const one: Placed = {
    place,
    events,
    said: () => said,
    complained: () => complained,
    has: (type) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find((event) => event.type === type);
          if (found === undefined && !over) return;
          waiting.delete(look);
          if (found) resolve(found as never);
          else reject(new Error(`no ${type}: ${JSON.stringify(events)}`));
        };
        waiting.add(look);
        look();
      }),
    tell: (type, data) => writeFrame(place.frames, type, data),
    end: () => {
      place.frames.destroy();
      return place.ended;
    },
  };
  running.add(one);
  one.tell('P', encodeOrder(order));
  return one;
}

/** Runs that program with these bytes, and nothing else, on standard input. */
export async function fed(
  program: string,
  args: readonly string[],
  input: Uint8Array,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined).end(input);
  await once(child, 'close');
  return { status: child.exitCode, stdout, stderr };
}

/** Whether it runs; one that has ended and was not asked for its status does not. */
export const lives = (pid: number): boolean =>
  readStat(pid) !== undefined && !/^State:\s+[ZX]/m.test(readProc(pid, 'status') ?? 'State: Z');
export const parentOf = (pid: number): number => readStat(pid)?.parent ?? 0;
