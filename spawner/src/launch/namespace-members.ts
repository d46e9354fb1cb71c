import { readdirSync, readlinkSync } from 'node:fs';

/**
 * Who is in a container, by its mount namespace, which no child can leave: not by a session of its own, not by a new
 * parent. Where Slurm tracks processes by parentage only (proctrack/linuxproc), such children would outlive the step.
 * A process id namespace would end them too, but it changes what a kernel sees of the node's processes (debuggers, MPI).
 */
export class NamespaceMembers {
  readonly #pid: number;
  readonly #outside = namespaceOf('self');
  #inside: string | undefined;

  /** @param pid of the process that enters the container and becomes the kernel there */
  constructor(pid: number) {
    this.#pid = pid;
  }

  /** To be called now and then while that process lives: its namespace changes until it is in the container. */
  look(): void {
    const namespace = namespaceOf(this.#pid);
    if (namespace !== undefined && namespace !== this.#outside) this.#inside = namespace;
  }

  /** SIGKILL to all that are left in there, until none is found. */
  end(): void {
    if (this.#inside === undefined) return;
    // a few rounds, because one of them may be forking in this moment
    for (let round = 0; round < 10; round++) {
      const left = readdirSync('/proc').filter(
        (name) => /^[0-9]+$/.test(name) && namespaceOf(name) === this.#inside,
      );
      if (left.length === 0) return;
      for (const pid of left) kill(Number(pid));
    }
  }
}

function namespaceOf(pid: number | string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`);
  } catch {
    // ended, or not ours
    return undefined;
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
