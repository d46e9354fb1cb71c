import * as z from 'zod/mini';
import { Allocation } from '../allocation.ts';
import { Launch, Outcome } from '../launch.ts';
import { Resources } from '../resources.ts';
import { KernelName } from './kernels.ts';
import { LaunchId } from './launches.ts';
import { NotebookPath } from './wishes.ts';

/**
 * What a launcher and the user server of the Jupyter server that started it tell each other over a Unix socket beside the
 * one for HTTP: one JSON object a line. The connection is the launch: when it breaks, the launcher has gone, or the
 * server has and the launcher dials again and says where it stands.
 */
export const FromLauncher = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('begin'),
    id: LaunchId,
    kernel: KernelName,
    displayName: z.string(),
    kernelId: z.optional(z.string()),
    path: NotebookPath,
    began: z.string(),
    /** the job it would submit; absent when it runs in one that is there */
    resources: z.optional(Resources),
    /** how the job of this kernel's last start ended, when that forbids an automatic start now */
    after: z.optional(Outcome),
    /** where it stands, when this is not the first time it says so */
    launch: z.optional(Launch),
  }),
  z.object({ type: z.literal('state'), launch: Launch }),
  z.object({ type: z.literal('log'), line: z.string() }),
]);
export type FromLauncher = z.infer<typeof FromLauncher>;

export const ToLauncherLine = z.discriminatedUnion('type', [
  /** the start may go on, with these resources where it submits a job */
  z.object({ type: z.literal('go'), resources: z.optional(Resources) }),
  /** the person was asked; `go` or `refuse` follows, whenever that is */
  z.object({ type: z.literal('asking'), resources: Resources }),
  z.object({ type: z.literal('refuse'), sentence: z.string(), hint: z.optional(z.string()) }),
  /** what Slurm says of the launch's waiting job */
  z.object({ type: z.literal('queue'), allocation: Allocation }),
  z.object({ type: z.literal('cancel') }),
]);
export type ToLauncherLine = z.infer<typeof ToLauncherLine>;
