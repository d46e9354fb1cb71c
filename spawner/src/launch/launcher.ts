import {
  isFailure,
  type LaunchPlan,
  type LaunchRecord,
  type NodePlan,
  type Outcome,
  type Resources,
  type Rootfs,
} from '@berth/schema';
import type { LaunchContext, LaunchControl } from './launch-context.ts';
import { endsForGood } from './ends-for-good.ts';
import { mentionsOutcome } from './outcome-key.ts';
import { launchRemotely } from './remote-launch.ts';
import type { Server } from './served-launch.ts';

export interface LauncherInput {
  readonly record: LaunchRecord;
  readonly plan: LaunchPlan;
  /** the same launch with other resources */
  readonly planWith: (resources: Resources) => LaunchPlan;
  readonly connectionFile: string;
  readonly rootfs: (plan: NodePlan, doing: (doing: string) => void, signal: AbortSignal) => Promise<Rootfs>;
  /** who asks the person, and is told; without one a start is its own permission */
  readonly server?: Server | undefined;
}

/**
 * One kernel from its connection file to its end. A restart that follows the end of a job is Jupyter's, not a person's, and
 * submits nothing: the last word is kept in the connection file for that. Where a user server stands beside Jupyter, that
 * knows the person's word; else the next seconds after an end count as automatic.
 */
export async function runLauncher(input: LauncherInput, context: LaunchContext): Promise<Outcome> {
  const { plan, connectionFile, rootfs, server } = input;
  const marked = mentionsOutcome(connectionFile);
  const run = (agreed: LaunchPlan, told: LaunchContext): Promise<Outcome> =>
    launch(agreed, connectionFile, rootfs, told);
  let end: { readonly outcome: Outcome; readonly keep: boolean };
  if (server && plan.placement.kind === 'new-job') {
    const after = marked ? await (await import('./outcome-file.ts')).lastOutcome(connectionFile) : undefined;
    end = await launchAsServed({ ...input, server }, after, run, context);
  } else {
    const now = Date.now();
    const standing = marked ? await standingOf(input, now) : undefined;
    if (standing) return notAgain(standing, now);
    end = server
      ? await launchAsServed({ ...input, server }, undefined, run, context)
      : { outcome: await run(plan, context), keep: true };
  }
  const { outcome, keep } = end;
  if (keep && endsForGood(outcome.kind)) {
    const { writeOutcome } = await import('./outcome-file.ts');
    await writeOutcome(connectionFile, outcome).catch((error: Error) =>
      // the user server remembers it too; without one a restart would submit a job
      context.log(`how this ended could not be kept for the next start: ${error.message}`),
    );
  }
  return outcome;
}

async function launchAsServed(
  { server, plan, planWith, record }: LauncherInput & { readonly server: Server },
  after: Outcome | undefined,
  run: (plan: LaunchPlan, context: LaunchContext) => Promise<Outcome>,
  context: LaunchContext,
) {
  const { launchServed } = await import('./served-launch.ts');
  return launchServed({ server, plan, planWith, resources: record.resources, after, run }, context);
}

async function standingOf({ record, connectionFile }: LauncherInput, now: number) {
  const { standingOutcome } = await import('./outcome-file.ts');
  return standingOutcome(connectionFile, record.restartGuard, now);
}

function notAgain({ outcome, seconds }: { outcome: Outcome; seconds: number }, now: number): Outcome {
  const sentence = `${outcome.sentence} Not started again by itself.`;
  const hint = `Start it again yourself ${seconds} seconds from now when you want a new job.`;
  return { kind: 'refused', sentence, hint, status: outcome.status, at: new Date(now).toISOString() };
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
