import { existsSync } from 'node:fs';
import {
  isFailure,
  type LaunchPlan,
  type LaunchRecord,
  type NodePlan,
  type Outcome,
  type Rootfs,
} from '@berth/schema';
import type { LaunchContext, LaunchControl } from './launch-context.ts';
import { endsForGood } from './ends-for-good.ts';
import { outcomePath } from './outcome-path.ts';
import { launchRemotely } from './remote-launch.ts';

export interface LauncherInput {
  readonly record: LaunchRecord;
  readonly plan: LaunchPlan;
  readonly connectionFile: string;
  readonly rootfs: (plan: NodePlan, doing: (doing: string) => void, signal: AbortSignal) => Promise<Rootfs>;
}

/**
 * One kernel from its connection file to its end. A restart that follows the end of a job within seconds is Jupyter's,
 * not a person's, and submits nothing; the last word is kept beside the connection file for that.
 */
export async function runLauncher(input: LauncherInput, context: LaunchContext): Promise<Outcome> {
  const { plan, connectionFile, rootfs } = input;
  const now = Date.now();
  const standing = existsSync(outcomePath(connectionFile)) ? await standingOf(input, now) : undefined;
  if (standing) {
    const { outcome, seconds } = standing;
    const sentence = `${outcome.sentence} Not started again by itself.`;
    const hint = `Start it again yourself ${seconds} seconds from now when you want a new job.`;
    return { kind: 'refused', sentence, hint, status: outcome.status, at: new Date(now).toISOString() };
  }
  const outcome = await launch(plan, connectionFile, rootfs, context);
  if (endsForGood(outcome.kind)) {
    const { writeOutcome } = await import('./outcome-file.ts');
    await writeOutcome(connectionFile, outcome).catch(() => undefined);
  }
  return outcome;
}

async function standingOf({ record, connectionFile }: LauncherInput, now: number) {
  const { standingOutcome } = await import('./outcome-file.ts');
  return standingOutcome(connectionFile, record.restartGuard, now);
}

async function launch(
  plan: LaunchPlan,
  connectionFile: string,
  rootfs: LauncherInput['rootfs'],
  context: LaunchContext,
): Promise<Outcome> {
  const { placement } = plan;
  const readConnection = async () =>
    (await import('./connection-file.ts')).readConnectionFile(connectionFile);
  try {
    if (placement.kind === 'same-node') {
      const { launchHere } = await import('./local-launch.ts');
      return await launchHere(plan, await readConnection(), context, rootfs);
    }
    return await launchRemotely({ ...plan, placement }, readConnection, context);
  } catch (error) {
    if (!isFailure(error)) throw error;
    const { message: sentence, hint, sheet } = error;
    return { kind: 'refused', sentence, hint, status: sheet.exit, at: new Date().toISOString() };
  }
}

/** A control that may be used before the launch has one of its own: what came early is passed on. */
export function deferredControl(): { control: LaunchControl; attach: (control: LaunchControl) => void } {
  let real: LaunchControl | undefined;
  let early: 'asked' | 'client-gone' | undefined;
  return {
    control: {
      stop: (why) => {
        if (real) real.stop(why);
        else early ??= why;
      },
      signal: (signal) => real?.signal(signal),
    },
    attach: (control) => {
      real = control;
      if (early !== undefined) control.stop(early);
    },
  };
}
