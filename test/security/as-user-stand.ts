/** What acts as people: the real program with the sanitizers, as real accounts, with stand-ins for Slurm. */
import { expect } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { asUser } from '../cluster/as-user.ts';
import { ensureUsers, type ClusterUser } from '../cluster/users.ts';

const run = promisify(execFile);
const sources = join(import.meta.dirname, '../../spawner/hub/helper');
export const STATE = '.local/state/berth/hub';

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
interface CallOptions {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** default: the one with the sanitizers */
  readonly program?: string;
  /** default alice */
  readonly become?: ClusterUser;
}
export interface HelperStand {
  /** root's own; the program, its configuration and the stand-ins */
  readonly place: string;
  /** the stand-ins write here what they were given */
  readonly told: string;
  readonly alice: ClusterUser;
  call(input: string | Buffer, options?: CallOptions): Promise<Ended>;
  /** what the last stand-in was given */
  argvTold(): Promise<string[]>;
  /** The program with one of its guards taken out, and a site of its own. @returns its path */
  without(file: string, from: string, to: string): Promise<string>;
  down(): Promise<void>;
}

export async function helperStand(): Promise<HelperStand> {
  const { alice } = await ensureUsers();
  const place = await mkdtemp('/opt/berth-helper-');
  const told = join(place, 'told');
  const down = async (): Promise<void> => {
    await rm(place, { recursive: true, force: true });
    await rm(join(alice.home, STATE), { recursive: true, force: true });
  };
  try {
    await chmod(place, 0o755);
    await mkdir(told);
    await chown(told, alice.uid, alice.gid);
    await run('make', ['--silent', '-C', sources, 'hardened', `OUT=${place}`]);
    const standIn = `#!/bin/sh\nprintf '%s\\0' "$@" >${told}/argv\nenv -0 >${told}/env\nid -u >${told}/uid\necho 77\n`;
    for (const name of ['sbatch', 'scancel', 'squeue']) await writeProgram(join(place, 'bin', name), standIn);
    await writeProgram(join(place, 'job'), '#!/bin/sh\n');
    const conf = `slurm=${place}/bin\nscript=${place}/job\n`;
    await writeProgram(join(place, 'berth-as-user.conf'), `${conf}slurm_conf=/etc/slurm.conf\n`);
    const program = join(place, 'berth-as-user-hardened');
    return {
      place,
      told,
      alice,
      call: (input, options) => call(input, { program, become: alice, ...options }),
      argvTold: async () => (await readFile(join(told, 'argv'), 'utf8')).split('\0').slice(0, -1),
      without: async (file, from, to) => {
        const copy = join(place, `without-${freshId()}`);
        await cp(sources, join(copy, 'src'), { recursive: true });
        const parts = (await readFile(join(copy, 'src', file), 'utf8')).split(from);
        expect(parts).toHaveLength(2);
        await writeFile(join(copy, 'src', file), parts.join(to));
        await run('make', ['--silent', '-C', join(copy, 'src'), `OUT=${copy}`]);
        await writeFile(join(copy, 'berth-as-user.conf'), conf);
        return join(copy, 'berth-as-user');
      },
      down,
    };
  } catch (error) {
    await down();
    throw error;
  }
}

export async function writeProgram(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  await chmod(path, 0o755);
}

async function call(
  input: string | Buffer,
  { argv = [], env = {}, program, become }: CallOptions & { program: string; become: ClusterUser },
): Promise<Ended> {
  const { command, args } = asUser(become, env, [program, ...argv]);
  // a number without a name has no groups to be looked up
  const plain = args.map((word) => (word === '--init-groups' ? '--clear-groups' : word));
  const child = spawn(command, plain, { cwd: '/' });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, stderr };
}

let ids = 0;
export const freshId = (): string =>
  (Date.now() * 1000 + (ids += 1)).toString(16).padStart(16, '0').slice(-16);

/** A submission that is in order. */
export const fields = (more: Readonly<Record<string, string>> = {}) => ({
  id: freshId(),
  cpus: '2',
  memory: '500M',
  time: '30',
  data: '{"a":1}',
  ...more,
});
