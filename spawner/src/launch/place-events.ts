import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { Failure } from '@berth/schema';
import { readDial, type Dial } from './dial.ts';
import { readFrames, type Frame } from './frames.ts';

/** What berth-place tells of a kernel, by the letter of its frame. */
export type PlaceEvent =
  /** the image is not in the store: to be made, and answered by `rootfs` */
  | { readonly type: 'rootfs-wanted' }
  /** all but the kernel stands; `learn`: this start is one to learn the hot set from */
  | { readonly type: 'mounted'; readonly pid: number; readonly learn: boolean }
  | { readonly type: 'began'; readonly pid: number; readonly stages: Readonly<Record<string, number>> }
  | {
      readonly type: 'ended';
      readonly code: number | null;
      readonly signal: NodeJS.Signals | null;
      /** Slurm had told us to end before */
      readonly terminated: boolean;
    }
  | { readonly type: 'failed'; readonly code: string; readonly why: string }
  /** told to end: a kernel is on its way to that, anything else has a second */
  | { readonly type: 'stop' }
  | { readonly type: 'log'; readonly line: string }
  /** the launcher's, passed on */
  | { readonly type: 'plan'; readonly text: string }
  | { readonly type: 'dial'; readonly dial: Dial }
  /** key of the TLS streams, 32 bytes */
  | { readonly type: 'key'; readonly key: Buffer };

export async function* placeEvents(frames: Readable): AsyncGenerator<PlaceEvent, void> {
  for await (const frame of readFrames(frames)) yield parse(frame);
}

function parse({ type, data }: Frame): PlaceEvent {
  const text = data.toString('utf8');
  switch (type) {
    case 'W':
      return { type: 'rootfs-wanted' };
    case 'H': {
      const [pid, learn] = numbers(text, 2);
      return { type: 'mounted', pid, learn: learn === 1 };
    }
    case 'B': {
      const [pid, rootfs, mounted, spawned] = numbers(text, 4);
      return { type: 'began', pid, stages: { rootfs, mounted, spawned } };
    }
    case 'E': {
      const [code, signal, terminated] = numbers(text, 3);
      const killed = signal > 0;
      return {
        type: 'ended',
        code: killed ? null : code,
        signal: killed ? signalName(signal) : null,
        terminated: terminated === 1,
      };
    }
    case 'F': {
      const [code = '', ...why] = text.split('\n');
      return { type: 'failed', code, why: why.join(' ') };
    }
    case 'X':
      return { type: 'stop' };
    case 'L':
      return { type: 'log', line: text };
    case 'N':
      return { type: 'plan', text };
    case 'D':
      return { type: 'dial', dial: readDial(text) };
    case 'K':
      return { type: 'key', key: Buffer.from(data) };
    default:
      throw new Error(`berth-place says ${JSON.stringify(type)}`);
  }
}

type Numbers<N extends number, All extends number[] = []> = All['length'] extends N
  ? All
  : Numbers<N, [...All, number]>;

/** So many numbers with a blank between them: a schema library would take longer to load than a kernel to be told of. */
function numbers<N extends number>(text: string, count: N): Numbers<N> {
  if (!/^[0-9]+(?: [0-9]+)*$/.test(text)) throw new Error(`berth-place says ${JSON.stringify(text)}`);
  const all = text.split(' ').map(Number);
  if (all.length !== count) throw new Error(`berth-place says ${all.length} numbers instead of ${count}`);
  return all as Numbers<N>;
}

const signalName = (wanted: number): NodeJS.Signals | null =>
  (Object.entries(constants.signals).find(([, number]) => number === wanted)?.[0] as NodeJS.Signals) ?? null;

/** What berth-place gave up with, as a failure of ours; a plain error where it is a fault of Berth. */
export function placeFailure(
  { code, why }: { readonly code: string; readonly why: string },
  plan: { readonly mountPoint: string; readonly store: string },
  node: string,
): Error {
  switch (code) {
    case 'mount-point-refused':
      return new Failure('mount-point-refused', { path: plan.mountPoint, why });
    case 'store-refused':
      return new Failure('store-refused', { path: plan.store, why });
    case 'namespace-failed':
      return new Failure('namespace-failed', { node, why });
    case 'container-lost':
      return new Failure('container-lost', { node, why });
    default:
      return new Error(why);
  }
}
