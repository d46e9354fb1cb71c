import { execFile } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runAs } from '../cluster/as-user.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { venvProgram } from '../jupyter/venv.ts';

const run = promisify(execFile);

export type Target = readonly [host: string, port: number];

/** What bob can try, as himself and with nothing but what every user of the machine has. See bob.py. */
export interface Bob {
  listening(uid: number): Promise<readonly Target[]>;
  /** bytes that came, hexadecimal: without a word of his, and after a ZeroMQ client's greeting */
  raw(
    targets: readonly Target[],
    seconds: number,
  ): Promise<readonly (readonly [host: string, port: number, silent: string, greeted: string])[]>;
  subscribe(
    targets: readonly Target[],
    seconds: number,
  ): Promise<readonly (readonly [port: number, kind: 'SUB' | 'DEALER', text: string])[]>;
  /** replies to one execute_request, sent `times` times over, byte for byte the same */
  execute(request: {
    readonly port: number;
    readonly key: string;
    readonly code: string;
    readonly seconds: number;
    readonly times?: number;
  }): Promise<readonly string[]>;
  /** "ok" or the error's name, for each path */
  touch(paths: readonly string[]): Promise<Readonly<Record<string, string>>>;
  search(request: {
    readonly canaries: Readonly<Record<string, string>>;
    readonly roots: readonly string[];
    readonly files: readonly string[];
    /** when the canaries were made, seconds since 1970 */
    readonly since: number;
  }): Promise<{
    readonly hits: readonly (readonly [name: string, place: string])[];
    readonly seen: Readonly<Record<'cmdline' | 'environ' | 'files', number>>;
  }>;
}

export async function bobOf(cluster: Cluster): Promise<Bob> {
  // he cannot read this checkout
  const program = join(cluster.dir, 'bob.py');
  await copyFile(join(import.meta.dirname, 'bob.py'), program);
  await run('chmod', ['644', program]);
  const ask = async <T>(verb: string, args: object): Promise<T> => {
    const argv = [venvProgram('python3'), '-B', program];
    const input = JSON.stringify({ verb, ...args });
    // he may have a machine full of files to search
    const { status, stdout, stderr } = await runAs(cluster.users.bob, cluster.env, argv, {
      input,
      timeoutMs: 240_000,
    });
    if (status !== 0) throw new Error(`bob's ${verb} ended with ${status}: ${stderr}`);
    return JSON.parse(stdout) as T;
  };
  return {
    listening: (uid) => ask('listening', { uid }),
    raw: (targets, seconds) => ask('raw', { targets, seconds }),
    subscribe: (targets, seconds) => ask('subscribe', { targets, seconds }),
    execute: (request) => ask('execute', request),
    touch: (paths) => ask('touch', { paths }),
    search: (request) => ask('search', request),
  };
}
