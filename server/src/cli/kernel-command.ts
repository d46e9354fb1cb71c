import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { printable, type Launch, type LaunchRecord, type Resources } from '@berth/schema';
import {
  deferredControl,
  hostAddresses,
  jobName,
  planLaunch,
  rootfsOfPlan,
  runLauncher,
  srunEnvironment,
  watchParent,
  type Server,
} from '@berth/spawner/launch';
import { commandRunner } from '@berth/spawner/slurm';
import { jsonText } from './json-text.ts';
import { kernelArguments } from './kernel-arguments.ts';
import { personOf } from './person-of.ts';
import { printTo } from './print-to.ts';
import { readRecord } from './read-record.ts';
import { sessionPath } from './session-path.ts';

/** Slurm answers within seconds or not at all; its own time-outs are longer than anybody waits. */
const SLURM_TIMEOUT_MS = 15_000;

const USAGE = `usage: berth kernel [--dry-run] KERNELSPEC_DIRECTORY CONNECTION_FILE
Runs one kernel of an image on a node; argv of every kernelspec of Berth. Not usually typed.
  --dry-run   print the plan (JSON) and do nothing`;

export async function kernelCommand(args: readonly string[]): Promise<number> {
  const began = performance.timeOrigin;
  const asked = kernelArguments(args);
  if (asked.kind === 'help') {
    await printTo(process.stdout)(`${USAGE}\n`);
    return 0;
  }
  const specDirectory = resolve(asked.specDirectory);
  const record = readRecord(specDirectory, process.getuid?.());
  const env = process.env;
  const person = personOf();
  const launchId = randomId();
  const addresses = record.slurm.addresses.length > 0 ? record.slurm.addresses : hostAddresses();
  const planWith = (resources: Resources) =>
    planLaunch({ ...record, resources }, { launchId, env, cwd: process.cwd(), person, addresses });
  const plan = planWith(record.resources);
  if (asked.kind === 'plan') {
    await printTo(process.stdout)(jsonText(plan));
    return 0;
  }
  const connectionFile = resolve(asked.connectionFile);

  // the client's log may be gone before the client is
  process.stderr.on('error', () => undefined);
  const log = (line: string): void => void process.stderr.write(`berth: ${printable(line)}\n`);
  const stages: Record<string, number> = { process: began, planned: Date.now() };
  const { control, attach } = deferredControl();
  process.on('SIGINT', () => control.signal('SIGINT'));
  process.on('SIGUSR1', () => control.signal('SIGUSR1'));
  process.on('SIGUSR2', () => control.signal('SIGUSR2'));
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => control.stop('asked'));
  let clientGone = false;
  const parent = watchParent(
    () => process.ppid,
    env['JPY_PARENT_PID'],
    () => {
      clientGone = true;
      control.stop('client-gone');
    },
  );
  const srunEnv = srunEnvironment(env);
  // beside this very bundle
  const program = join(dirname(process.argv[1] ?? ''), 'berth-place');
  const outcome = await runLauncher(
    {
      record,
      plan,
      planWith,
      connectionFile,
      server: serverOf(launchId, specDirectory, connectionFile, record),
      rootfs: (work, doing, signal) => rootfsOfPlan(work, env, doing, signal),
    },
    {
      program,
      agentCommand: [program, 'agent', env['BERTH_BIN'] ?? 'berth'],
      env,
      srunEnv,
      cwd: process.cwd(),
      uid: person.uid,
      userName: person.name,
      jobName: jobName(record, launchId),
      squeue: `${record.slurm.binDirectory}/squeue`,
      scancel: `${record.slurm.binDirectory}/scancel`,
      queryIntervalMs: record.slurm.queryInterval * 1000,
      run: commandRunner(srunEnv, SLURM_TIMEOUT_MS),
      errors: process.stderr,
      log,
      report: (launch) => {
        const line = tellLaunch(launch);
        if (line !== undefined) log(line);
        if (launch.state === 'ready' && env['BERTH_STAGES'] === '1') log(`stages ${JSON.stringify(stages)}`);
      },
      stage: (name, at = Date.now()) => (stages[name] = at),
      control: attach,
    },
  );
  parent.stop();
  // its owner is dead and the keys in it are of no more use
  if (clientGone) await rm(connectionFile, { force: true });
  if (outcome.status !== 0) log(outcome.sentence);
  if (outcome.status !== 0 && outcome.hint !== undefined) log(outcome.hint);
  return outcome.status;
}

/**
 * The user server of the Jupyter server that started us; none for any other client, also one that a person runs in a terminal of
 * that Jupyter server, where the same variables are set: to start it was that person's word.
 */
function serverOf(
  id: string,
  specDirectory: string,
  connectionFile: string,
  record: LaunchRecord,
): Server | undefined {
  const { env, ppid } = process;
  const directory = env['BERTH_SERVER'];
  if (!directory) return undefined;
  if (env['BERTH_SERVER_PARENT'] !== String(ppid) || env['JPY_PARENT_PID'] !== String(ppid)) return undefined;
  const kernelId = /^kernel-([0-9a-f-]{36})\.json$/.exec(basename(connectionFile))?.[1];
  return {
    directory,
    uid: process.getuid?.() ?? 0,
    begin: {
      id,
      kernel: basename(specDirectory).toLowerCase(),
      displayName: displayNameIn(specDirectory) ?? record.kernel.displayName,
      ...(kernelId !== undefined && { kernelId }),
      path: sessionPath(env['JPY_SESSION_NAME'], env['BERTH_SERVER_ROOT']),
      began: new Date(performance.timeOrigin).toISOString(),
    },
  };
}

/** As the person sees it in the launcher. */
function displayNameIn(specDirectory: string): string | undefined {
  try {
    const spec: unknown = JSON.parse(readFileSync(join(specDirectory, 'kernel.json'), 'utf8'));
    const shown = typeof spec === 'object' && spec !== null && 'display_name' in spec && spec.display_name;
    return typeof shown === 'string' ? printable(shown) : undefined;
  } catch {
    return undefined;
  }
}

/** `2026-11-21 06:34:25` in the zone of this host. */
const clock = (moment: string): string => new Date(moment).toLocaleString('sv-SE');

/** One line for the client's log; a start that takes no time says nothing. */
function tellLaunch(launch: Launch): string | undefined {
  switch (launch.state) {
    case 'asking':
      return 'waits for your word, in JupyterLab, before it asks Slurm for a job';
    case 'queued': {
      const expected =
        launch.estimatedStart === undefined
          ? ''
          : `; Slurm expects it to start at ${clock(launch.estimatedStart)}`;
      return `job ${launch.jobId ?? ''} is queued: ${launch.reason}${expected}`;
    }
    case 'starting':
      return `job ${launch.jobId ?? ''} on ${launch.node}: ${launch.doing}`;
    case 'ready':
      return `job ${launch.jobId ?? ''} on ${launch.node}: the kernel runs`;
    case 'failed':
    case 'ended':
      return undefined;
  }
}

/** 16 random hex digits, from the system itself: loading node:crypto would hold up the start by 3 ms. */
function randomId(): string {
  const bytes = Buffer.alloc(8);
  const source = openSync('/dev/urandom', 'r');
  readSync(source, bytes);
  closeSync(source);
  return bytes.toString('hex');
}
