import type { NodePlan, Rootfs } from '@berth/schema';
import { hotSetPaths } from '../store/hot-set-paths.ts';
import { storePaths } from '../store/store-paths.ts';
import { enterCommand, environmentFile, kernelCommand, ownMounts } from './ch-run-argv.ts';

/** What berth-place is to do, complete: it looks at the node, and works out nothing. Its other end is order.h. */
export interface PlaceOrder {
  readonly launchId: string;
  /** the person's, absolute: for who may write above what */
  readonly home: string;
  readonly mountPoint: string;
  /** directory of the store, whose parents must be safe as well */
  readonly store: string;
  readonly rootfs: Pick<Rootfs, 'format' | 'path'>;
  /** part of the image's tree, unpacked, which is laid over its mount when it is there, and learned when not */
  readonly hot?: string | undefined;
  readonly squashfuse: string;
  /** absolute paths that must exist inside, for bind mounts */
  readonly points: readonly string[];
  /** lines of ch-run's environment file */
  readonly environment: string;
  /** names among these that are the client's and none of the image's, each ended by a newline */
  readonly passed: string;
  /** directory of Slurm's commands, offered in the container; "" for none */
  readonly slurm: string;
  /** what makes other images ready, and its configuration; "" for none */
  readonly berth: string;
  readonly config: string;
  readonly command: readonly string[];
  /** a directory that `command` needs on the node; without it, `command` of `otherwise` runs in `directory` of that */
  readonly directory: string;
  readonly otherwise: {
    readonly directory: string;
    readonly command: readonly string[];
    readonly enter: readonly string[];
  };
  /** how any other command enters the image, where `directory` is */
  readonly enter: readonly string[];
}

/** @returns also the names of variables that cannot be passed */
export function placeOrder(plan: NodePlan): { order: PlaceOrder; left: readonly string[] } {
  const { berth, config, container, home, image, launchId, node, slurm, store } = plan;
  const { text, left } = environmentFile(container.env);
  const { cwd, mounts } = container;
  // a current directory that the node does not have (the launcher's own /tmp, say) is replaced by the home
  const others = mounts.filter(({ target }) => target !== cwd);
  const elsewhere = others.some(({ target }) => target === home) ? home : '/';
  return {
    left,
    order: {
      launchId,
      home,
      mountPoint: node.mountPoint,
      store: store.path,
      rootfs: storePaths(store, image.digest).rootfs,
      hot: hotSetPaths(store, image.digest, container.argv).path,
      squashfuse: node.squashfuse,
      points: [...ownMounts(''), ...mounts].map(({ target }) => target),
      environment: text,
      passed: container.passed.map((name) => `${name}\n`).join(''),
      command: kernelCommand(container, node),
      directory: cwd,
      otherwise: {
        directory: elsewhere,
        command: kernelCommand({ ...container, cwd: elsewhere, mounts: others }, node),
        enter: enterCommand(others, node),
      },
      enter: enterCommand(mounts, node),
      slurm,
      berth,
      config,
    },
  };
}

/** In the client's log: a value with a line break cannot be written into ch-run's file. */
export function tellLeft(left: readonly string[], log: (line: string) => void): void {
  if (left.length > 0) log(`not passed to the kernel, their values have line breaks: ${left.join(', ')}`);
}

/** As words, each ended by a NUL, lists after their count. @throws when a value holds a NUL: nothing of an image may */
export function encodeOrder(order: PlaceOrder): Buffer {
  const list = (words: readonly string[]): string[] => [String(words.length), ...words];
  const words = [
    FORM,
    order.launchId,
    order.home,
    order.mountPoint,
    order.store,
    order.rootfs.format,
    order.rootfs.path,
    order.hot ?? '',
    order.squashfuse,
    order.directory,
    order.otherwise.directory,
    order.environment,
    order.passed,
    order.slurm,
    order.berth,
    order.config,
    ...list(order.points),
    ...list(order.command),
    ...list(order.otherwise.command),
    ...list(order.enter),
    ...list(order.otherwise.enter),
  ];
  const bad = words.find((word) => word.includes('\0'));
  if (bad !== undefined) throw new Error(`a NUL in ${JSON.stringify(bad.slice(0, 100))}`);
  return Buffer.from(words.map((word) => `${word}\0`).join(''));
}

/** ORDER_FORM in order.h: launcher and place are of one installation, or one of them is being replaced. */
const FORM = '4';
