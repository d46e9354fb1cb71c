import { Failure, isFailure, printable } from '@berth/schema';
import { planLaunch, rootfsOfPlan, writeImageOrder } from '@berth/spawner/launch';
import { join } from 'node:path';
import { personOf } from '../person-of.ts';
import { readRecord } from '../read-record.ts';
import type { Verb, VerbContext } from '../verb.ts';

/** What a shell and the way into the image need; a server's tokens are not among it. */
const PASSED =
  /^(?:PATH|HOME|USER|LOGNAME|LANG|LC_[A-Z]+|TERM|COLORTERM|TZ|JUPYTER_SERVER_(?:ROOT|URL)|SLURMD?_.*)$/;

/** Becomes a shell in an image: process id, terminal and signals are its own, nothing of Node's is left beside it. */
export const shell: Verb = {
  help: {
    usage: 'KERNEL',
    about:
      "A shell in the image of that kernel (the name of its kernelspec), inside a job. What the terminals of a Hub's server run: where the image cannot be entered, it says why and gives a shell of the node.",
    options: {},
    positionals: { least: 1, most: 1 },
  },
  run: async (context, typed) => {
    const { env, note } = context;
    const person = personOf();
    const kept = Object.fromEntries(
      Object.entries({ ...env, SHELL: person.shell }).filter(
        ([name]) => name === 'SHELL' || PASSED.test(name),
      ),
    );
    try {
      const order = await orderOf(context, typed.positionals[0] ?? '');
      context.progress.done();
      return become([context.place, 'run', order], kept);
    } catch (error) {
      if (!isFailure(error) || error.code === 'cancelled') throw error;
      note(`${printable(error.message)} ${error.hint}`);
      note('This shell is not in the image, but on the node itself.');
      return become([context.place, 'outside', person.shell, '-l'], { ...env, SHELL: person.shell });
    }
  },
};

/** @throws Failure of each step; `kernel-unknown`, `usage-invalid` */
async function orderOf({ env, loadConfig, progress, signal }: VerbContext, kernel: string): Promise<string> {
  if (!/^[a-z0-9][a-z0-9._-]{0,199}$/.test(kernel)) throw new Failure('kernel-unknown', { name: kernel });
  const { config } = await loadConfig();
  const record = readRecord(join(config.kernels.directory, kernel), process.getuid?.());
  const context = { launchId: '0'.repeat(16), env, cwd: process.cwd(), person: personOf(), addresses: [] };
  const plan = planLaunch(record, context);
  if (plan.placement.kind !== 'same-node')
    throw new Failure('usage-invalid', {
      why: 'A shell in an image is for the inside of a job.',
      command: 'berth shell',
    });
  await rootfsOfPlan(plan.node, env, (doing) => progress.update(doing), signal);
  return writeImageOrder(plan.node);
}

function become(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): never {
  const [program = ''] = argv;
  if (process.execve === undefined) throw new Error('this Node.js cannot become another program');
  return process.execve(program, argv, env);
}
