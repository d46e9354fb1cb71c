import { Writable } from 'node:stream';
import { Failure, FAILURES, type Launch, type LaunchPlan, type Outcome, type Resources } from '@berth/schema';
import { pendingReason, SUBMITTING } from '../slurm/index.ts';
import type { LaunchContext, LaunchControl, QueueWords } from './launch-context.ts';
import { ServerLink, type Answer, type Begin, type LinkPlace } from './server-link.ts';

/** The user server of the Jupyter server that started this launcher. */
export interface Server extends LinkPlace {
  /** what it is told of this launch; `resources` and `after` are known later */
  readonly begin: Omit<Begin, 'resources' | 'after'>;
  /** how long it may take until it says something at all (milliseconds), before the start is given up */
  readonly patienceMs?: number;
}

/** The server may be starting, or be started again after a crash; longer than that no person should wait for nothing. */
const PATIENCE_MS = 10_000;

export interface ServedLaunch {
  readonly server: Server;
  readonly plan: LaunchPlan;
  /** the resources that the kernelspec asks for */
  readonly resources: Resources;
  /** the same launch with other resources */
  readonly planWith: (resources: Resources) => LaunchPlan;
  /** how the job of this kernel's last start ended, when that forbids an automatic start */
  readonly after: Outcome | undefined;
  readonly run: (plan: LaunchPlan, context: LaunchContext) => Promise<Outcome>;
}

export interface ServedEnd {
  readonly outcome: Outcome;
  /** whether it is a last word that the next launcher of this kernel must know */
  readonly keep: boolean;
}

/** What the person says of a start, through the server: the answer, a stop, or that nobody is there to be asked. */
type Word = Answer | { readonly type: 'stopped' } | { readonly type: 'silent'; readonly why: string };

/**
 * A launch that tells the user server where it stands, does what the person says there, and, where it would submit a job,
 * begins only when the person has agreed.
 */
export async function launchServed(served: ServedLaunch, context: LaunchContext): Promise<ServedEnd> {
  const { server, plan, resources, after } = served;
  const asks = plan.placement.kind === 'new-job';
  const word = Promise.withResolvers<Word>();
  const queueTold = new Set<(words: QueueWords) => void>();
  let control: LaunchControl | undefined;
  let cancelled = false;
  let wasReady = false;
  const patience = setTimeout(() => silent(link.trouble), server.patienceMs ?? PATIENCE_MS);
  const silent = (why: string): void => word.resolve({ type: 'silent', why });

  const begin: Begin = {
    ...server.begin,
    ...(asks && { resources }),
    ...(asks && after !== undefined && { after }),
  };
  const where = asks
    ? undefined
    : ({ state: 'starting', ...jobOf(plan), node: '', doing: 'starts in a job that is there' } as const);
  const link = new ServerLink(
    server,
    begin,
    {
      asking: (wished) => {
        clearTimeout(patience);
        told.report({ state: 'asking', resources: wished });
      },
      answer: (answer) => word.resolve(answer),
      queue: ({ jobId, reason, estimatedStart }) => {
        const words = { jobId, reason: pendingReason(reason), ...(estimatedStart && { estimatedStart }) };
        for (const tell of queueTold) tell(words);
      },
      cancel: () => {
        cancelled = true;
        control?.stop('asked');
      },
      untrusted: silent,
    },
    where,
  );
  const told: LaunchContext = {
    ...context,
    errors: teeLines(context.errors, (line) => link.log(line)),
    log: (line) => {
      link.log(line);
      context.log(line);
    },
    report: (launch) => {
      wasReady ||= launch.state === 'ready';
      link.report(launch);
      context.report(launch);
    },
    control: (given) => {
      control = given;
      context.control(given);
      if (cancelled) given.stop('asked');
    },
    queueWords: (tell) => {
      queueTold.add(tell);
      return { stop: () => void queueTold.delete(tell) };
    },
  };

  const run = async (agreed: LaunchPlan): Promise<Outcome> => {
    const outcome = await served.run(agreed, told);
    // looked at only now: the person may have cancelled meanwhile
    return cancelled ? cancelledByPerson(outcome) : outcome;
  };
  const finish = async (outcome: Outcome, keep: boolean): Promise<ServedEnd> => {
    link.report(lastLaunch(outcome, wasReady));
    await link.end();
    return { outcome, keep };
  };
  try {
    if (!asks) {
      clearTimeout(patience);
      return await finish(await run(plan), true);
    }
    told.control({ stop: () => word.resolve({ type: 'stopped' }), signal: () => undefined });
    const said = await word.promise;
    clearTimeout(patience);
    switch (said.type) {
      case 'go': {
        context.stage('agreed');
        // not in the client's log: a start that takes no time says nothing there
        link.report({ state: 'queued', reason: SUBMITTING });
        const agreed = said.resources === undefined ? plan : served.planWith(said.resources);
        return await finish(await run(agreed), true);
      }
      case 'refuse':
        // what an earlier job left stays the last word; a "no" of now becomes one
        return await finish(refused(said, after), after === undefined);
      case 'stopped':
        return await finish(stoppedBefore(cancelled), cancelled);
      case 'silent':
        return await finish(unreachable(said.why), false);
    }
  } finally {
    clearTimeout(patience);
    await link.end();
  }
}

const jobOf = ({ placement }: LaunchPlan) => (placement.kind === 'new-job' ? {} : { jobId: placement.jobId });
const now = (): string => new Date().toISOString();

function lastLaunch(outcome: Outcome, wasReady: boolean): Launch {
  const wanted = outcome.kind === 'exited' || outcome.kind === 'cancelled';
  return { state: wasReady || wanted ? 'ended' : 'failed', outcome };
}

const CANCELLED = 'Cancelled by you, in JupyterLab.';

function cancelledByPerson({ jobId, at }: Outcome): Outcome {
  return { kind: 'cancelled', sentence: CANCELLED, status: 143, at, ...(jobId && { jobId }) };
}

const stoppedBefore = (cancelled: boolean): Outcome =>
  cancelled
    ? { kind: 'cancelled', sentence: CANCELLED, status: 143, at: now() }
    : { kind: 'exited', sentence: 'Ended on request.', status: 143, at: now() };

function refused(
  { sentence, hint }: Extract<Answer, { type: 'refuse' }>,
  after: Outcome | undefined,
): Outcome {
  return {
    kind: 'refused',
    sentence,
    ...(hint === undefined ? {} : { hint }),
    status: after?.status ?? FAILURES['restart-refused'].exit,
    at: now(),
  };
}

function unreachable(why: string): Outcome {
  const { message: sentence, hint, sheet } = new Failure('server-unreachable', { why });
  return { kind: 'refused', sentence, hint, status: sheet.exit, at: now() };
}

/** A stream that passes all on and tells each whole line besides; of a line without end only the beginning is kept. */
function teeLines(errors: NodeJS.WritableStream, tell: (line: string) => void): Writable {
  let rest = '';
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      errors.write(chunk);
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = (lines.pop() ?? '').slice(0, 4096);
      for (const line of lines) tell(line);
      done();
    },
  });
}
