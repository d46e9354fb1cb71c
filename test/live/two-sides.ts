import { chmod, chown, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrivenKernel } from '../jupyter/driver.ts';
import { EVERYWHERE, type Invocation } from './invocations.ts';
import type { Site } from './site.ts';

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The same call from a notebook's cell and from outside of any container, in one directory of the home, which both see. */
export class TwoSides {
  readonly directory: string;
  readonly #site: Site;
  #calls = 0;

  private constructor(site: Site, directory: string) {
    this.#site = site;
    this.directory = directory;
  }

  static async of(site: Site): Promise<TwoSides> {
    const { home, uid, gid } = site.person('alice').user;
    const sides = new TwoSides(site, await mkdtemp(join(home, 'slurm-inside-')));
    await chown(sides.directory, uid, gid);
    await chmod(sides.directory, 0o755);
    await copyFile(join(import.meta.dirname, 'slurm-inside.py'), join(sides.directory, 'call.py'));
    return sides;
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }

  async write(name: string, text: string): Promise<string> {
    const path = join(this.directory, name);
    const { uid, gid } = this.#site.person('alice').user;
    await writeFile(path, text);
    await chown(path, uid, gid);
    return path;
  }

  /** What of the environment of the kernel's step Slurm's commands look at. */
  async variables(kernel: DrivenKernel, language: string): Promise<readonly string[]> {
    const stdout = await kernel.output(inLanguage(language, ['env']));
    return stdout.split('\n').filter((line) => /^SLURM\w*=/.test(line));
  }

  async inside(kernel: DrivenKernel, call: Invocation, language = 'python'): Promise<Answer> {
    return answerIn(await kernel.output(inLanguage(language, ['python3', ...(await this.#words(call))])));
  }

  /** On the same node, in the same job, as the same person; but not in the container. */
  async outside(variables: readonly string[], call: Invocation): Promise<Answer> {
    const { status, stdout, stderr } = await this.run(variables, [
      '/usr/bin/python3',
      ...(await this.#words(call)),
    ]);
    if (status !== 0) throw new Error(stderr);
    return answerIn(stdout);
  }

  async run(variables: readonly string[], argv: readonly string[]) {
    const env = Object.entries(this.#site.cluster.env).map(([name, value]) => `${name}=${value}`);
    return this.#site.run(['env', '-C', this.directory, ...variables, ...env, ...argv], {
      timeoutMs: 80_000,
    });
  }

  /** A file, for an order can be longer than a word of a command line. */
  async #words(call: Invocation): Promise<readonly string[]> {
    const order = await this.write(`order-${++this.#calls}.json`, JSON.stringify(call));
    return [join(this.directory, 'call.py'), order];
  }
}

/** A cell that runs a command, no word of which needs quoting, and shows its output. */
export function inLanguage(language: string, argv: readonly string[]): string {
  switch (language) {
    case 'python':
      return `import subprocess; print(subprocess.check_output(${JSON.stringify(argv)}).decode())`;
    case 'bash':
      return argv.join(' ');
    default:
      return `cat(system(${JSON.stringify(argv.join(' '))}, intern = TRUE), sep = "\\n")`;
  }
}

/** A bash kernel's output is a terminal's. */
const answerIn = (stdout: string): Answer =>
  JSON.parse(stdout.replaceAll('\r\n', '\n').trim().split('\n').at(-1) ?? '') as Answer;

/** What is left to be compared where all that may differ is explained. */
export function compared({ status, stdout, stderr }: Answer, { explained, statuses }: Invocation): Answer {
  const all = explained === undefined ? EVERYWHERE : [...EVERYWHERE, explained];
  const without = (text: string): string =>
    all.reduce((left, [, from, to]) => left.replaceAll(from, to), text);
  const [, outer, inner] = statuses ?? [];
  return {
    status: inner !== undefined && status === inner ? (outer ?? status) : status,
    stdout: without(stdout),
    stderr: taskFirst(without(stderr)),
  };
}

/** A task's own words and srun's about that task come by two ways, in any order. */
function taskFirst(stderr: string): string {
  const lines = stderr.split(/(?<=\n)/);
  const own = (line: string): boolean => line.startsWith('srun: ');
  return [...lines.filter((line) => !own(line)), ...lines.filter(own)].join('');
}
