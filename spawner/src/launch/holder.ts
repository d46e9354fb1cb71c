import { hostname } from 'node:os';
import { writeFrame } from './frames.ts';
import { placeEvents, placeFailure } from './place-events.ts';
import { encodeOrder, type PlaceOrder } from './place-order.ts';
import { startPlace } from './start-place.ts';

/** The process that keeps a user and mount namespace with an image mounted in it. */
export interface Holder {
  readonly pid: number;
  /** mount point as seen inside the namespace */
  readonly mountPoint: string;
  /** Ends it and, when it was the last one inside, all its mounts. May be called twice. */
  release(): Promise<void>;
}

export interface HolderOptions extends Pick<
  PlaceOrder,
  'home' | 'mountPoint' | 'store' | 'rootfs' | 'squashfuse'
> {
  /** the berth-place to run, absolute */
  readonly program: string;
  readonly path: string;
  readonly hot?: string | undefined;
  readonly points?: readonly string[];
  /** what is put before its command line */
  readonly wrapper?: readonly string[];
}

/**
 * A place without a kernel. It lives as long as this process and ends with it.
 * @throws Failure `mount-point-refused`, `store-refused`; `namespace-failed` with the last words of the tool that failed
 */
export async function startHolder(options: HolderOptions): Promise<Holder> {
  const { program, path, wrapper, points = [], mountPoint } = options;
  const place = startPlace(program, { PATH: path }, wrapper);
  const nothing = {
    ...{
      environment: '',
      passed: '',
      slurm: '',
      berth: '',
      config: '',
      command: [],
      enter: [],
      directory: '',
    },
    otherwise: { directory: '/', command: [], enter: [] },
  };
  writeFrame(place.frames, 'P', encodeOrder({ ...options, ...nothing, points, launchId: '' }));
  const release = async (): Promise<void> => {
    place.frames.destroy();
    await place.ended;
  };
  for await (const event of placeEvents(place.frames)) {
    // the caller knows that it is there, whoever owns it
    if (event.type === 'rootfs-wanted') writeFrame(place.frames, 'R');
    if (event.type === 'failed') {
      await release();
      throw placeFailure(event, options, hostname());
    }
    if (event.type === 'mounted') return { pid: event.pid, mountPoint, release };
  }
  throw placeFailure(
    { code: 'namespace-failed', why: (await place.ended) || 'it ended at once' },
    options,
    hostname(),
  );
}
