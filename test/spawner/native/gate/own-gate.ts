import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { encodeOrder, type PlaceOrder } from '../../../../spawner/src/launch/place-order.ts';
import { orderIn } from '../placed.ts';
import { gatePrograms } from '../place-program.ts';

const run = promisify(execFile);

export interface Call {
  readonly words?: readonly (string | Buffer)[];
  readonly env?: readonly (readonly [string | Buffer, string | Buffer])[];
  readonly cwd?: string;
  readonly input?: Buffer;
  readonly closed?: readonly number[];
  readonly umask?: number;
  /** instead of the shim; the verb is then its first word */
  readonly program?: string;
}

export interface Called {
  /** a signal's number is negative */
  readonly status: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** A gate without a place, stand-ins for Slurm's commands, and callers that see both as a container does. */
export interface OwnGate {
  readonly directory: string;
  readonly socket: string;
  readonly shim: string;
  readonly process: ChildProcess;
  /** what it and its commands said on their standard error, or a sanitizer */
  said(): string;
  call(verb: string, call?: Call): Promise<Called>;
  /** Until the first line of its output. */
  start(verb: string, call?: Call): Promise<{ readonly pid: number; readonly first: string }>;
  ended(pid: number): Promise<Called>;
  end(): Promise<void>;
}

const VERBS = ['sbatch', 'srun', 'salloc', 'scancel', 'squeue', 'sinfo', 'sacct', 'scontrol'];

export async function ownGate(
  options: {
    readonly gate?: string;
    readonly shim?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** what the order says beside, or otherwise; may need the gate's directory */
    readonly order?: (directory: string) => Partial<PlaceOrder>;
    /** put before the gate's command line */
    readonly wrapper?: readonly string[];
  } = {},
): Promise<OwnGate> {
  const programs = await gatePrograms();
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'berth-gate-')));
  const [bin, berth] = [join(directory, 'slurm'), join(directory, 'berth')];
  await Promise.all([bin, berth, join(directory, 'store')].map((path) => mkdir(path, { mode: 0o700 })));
  const standIn = join(bin, 'stand-in');
  await run('gcc', ['-O1', '-o', standIn, join(import.meta.dirname, 'stand-in.c')]);
  for (const verb of VERBS) await symlink(standIn, join(bin, verb));
  const order = { slurm: bin, ...options.order?.(directory) };
  await writeFile(join(directory, 'order'), encodeOrder(orderIn(directory, 'true', order)));
  const socket = join(berth, 'gate');
  const listen = [join(import.meta.dirname, 'listen.py'), socket, join(directory, 'order')];
  const gate = spawn(
    '/usr/bin/python3',
    ['-B', ...listen, ...(options.wrapper ?? []), options.gate ?? programs.gate],
    {
      env: { PATH: '/usr/bin:/bin', USER: 'user', HOME: directory, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  gate.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await once(gate.stdout, 'data');
  const callers = startCallers(berth);
  const asked = (verb: string, { words = [], env = [], input, ...rest }: Call) => ({
    program: options.shim ?? programs.shim,
    ...rest,
    words: [verb, ...words].map(hex),
    env: env.map((pair) => pair.map(hex)),
    ...(input && { input: hex(input) }),
  });
  return {
    directory,
    socket,
    shim: options.shim ?? programs.shim,
    process: gate,
    said: () => said,
    call: async (verb, call = {}) => called(await callers.ask({ verb: 'run', ...asked(verb, call) }, verb)),
    start: async (verb, call = {}) => {
      const { pid, first } = await callers.ask({ verb: 'start', ...asked(verb, call) }, verb);
      return { pid: Number(pid), first: String(first) };
    },
    ended: async (pid) => called(await callers.ask({ verb: 'end', pid })),
    end: async () => {
      callers.process.kill('SIGKILL');
      if (gate.exitCode === null && gate.signalCode === null) {
        gate.kill('SIGKILL');
        await once(gate, 'exit');
      }
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const hex = (text: string | Buffer): string => Buffer.from(text as string).toString('hex');

/** What the stand-in says it was given: words, then variables. */
export function given(stdout: Buffer): { words: string[]; variables: string[] } {
  const [count = '0', ...all] = stdout.toString('latin1').split('\0').slice(0, -1);
  return { words: all.slice(0, Number(count)), variables: all.slice(Number(count)) };
}

type Answer = Readonly<Record<string, unknown>>;

const called = ({ status, stdout, stderr }: Answer): Called => ({
  status: Number(status),
  stdout: Buffer.from(String(stdout), 'hex'),
  stderr: Buffer.from(String(stderr), 'hex').toString(),
});

/** In a mount namespace where /run/berth is that directory, as in a container. */
function startCallers(berth: string) {
  const script =
    'mount -t tmpfs none /run && mkdir /run/berth && mount --bind "$1" /run/berth && exec "$2" -B "$3"';
  const callers = join(import.meta.dirname, 'callers.py');
  const inside = ['/bin/sh', '-c', script, 'sh', berth, '/usr/bin/python3', callers];
  const child = spawn('/usr/bin/unshare', ['-Urm', ...inside], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let count = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as Answer;
    const { resolve, reject } = waiting.get(Number(answer['id'])) ?? {};
    if (answer['error'] === undefined) resolve?.(answer);
    else reject?.(new Error(JSON.stringify(answer['error'])));
  });
  return {
    process: child,
    ask: (order: object, name?: string): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve, reject });
        child.stdin.write(`${JSON.stringify({ ...order, name, id })}\n`);
      }),
  };
}
