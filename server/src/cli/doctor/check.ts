import type { Config } from '@berth/schema';
import type { CredentialLookup } from '@berth/spawner/image';
import type { RunCommand } from '@berth/spawner/slurm';
import * as z from 'zod/mini';

/** What one check found; `mend` says what to do about a problem. */
export const Finding = z.readonly(
  z.object({ check: z.string(), ok: z.boolean(), says: z.string(), mend: z.optional(z.string()) }),
);
export type Finding = z.infer<typeof Finding>;

/** All that checks may use of the world. */
export interface Site {
  readonly config: Config;
  readonly run: RunCommand;
  /** for what starts a job: in just the environment that a start has, without secrets */
  readonly runJob: RunCommand;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** the `berth` command, absolute */
  readonly berth: string;
  /** `berth-place`, the native program beside it that puts a kernel into its container; absolute */
  readonly place: string;
  readonly credentials?: CredentialLookup | undefined;
  readonly signal: AbortSignal;
  /** FUSE's device: a parameter for tests */
  readonly fuseDevice: string;
  /** where a check may make an empty directory */
  readonly temporary: string;
}

/** One step of `berth doctor`. Looks, and leaves nothing behind. */
export interface Check {
  readonly name: string;
  readonly look: (site: Site) => Promise<Omit<Finding, 'check'>>;
}

export const fine = (says: string): Omit<Finding, 'check'> => ({ ok: true, says });
export const problem = (says: string, mend: string): Omit<Finding, 'check'> => ({ ok: false, says, mend });

/** A command's end as far as checks care; one that cannot be started, or does not answer, says so. */
export async function attempt(
  run: RunCommand,
  argv: readonly string[],
): Promise<{
  readonly status: number | null;
  readonly text: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly missing: boolean;
}> {
  try {
    const { status, stdout, stderr, timedOut } = await run(argv);
    return {
      status,
      stdout,
      stderr,
      text:
        timedOut === undefined
          ? firstLine(status === 0 ? stdout || stderr : stderr || stdout)
          : `no answer in ${timedOut / 1000} s`,
      missing: false,
    };
  } catch (error) {
    const { code, message, name } = error as NodeJS.ErrnoException;
    // the person's stop is nothing that a check has found
    if (name === 'AbortError') throw error;
    return {
      status: null,
      stdout: '',
      stderr: '',
      text: code === 'ENOENT' ? 'it is not there' : message,
      missing: true,
    };
  }
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]?.slice(0, 300) ?? '';
