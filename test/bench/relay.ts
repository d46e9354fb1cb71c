/** What the way through launcher, TLS and agent costs a running kernel, against the bare local one from the same files. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LaunchRecord } from '@berth/schema';
import { venvProgram } from '../jupyter/venv.ts';
import { siteUp } from '../live/site.ts';
import { result, type Report } from './paired.ts';
import { readableCopy } from './readable-copy.ts';
import { unpackedArgv } from './unpacked-argv.ts';

const ROUNDS = 9;
const EXECUTES = 100;
const MEGABYTES = 20;

interface Samples {
  readonly rtt: { readonly bare: readonly number[]; readonly berth: readonly number[] };
  readonly throughput: { readonly bare: readonly number[]; readonly berth: readonly number[] };
}

export async function bench(): Promise<Report> {
  const site = await siteUp({ images: ['venv-python'], nodes: 1 });
  try {
    const { kernels } = site.person('alice');
    const name = await site.kernel('venv-python');
    const directory = await site.variant(name, 'bench-directory', (record) => ({
      ...record,
      store: { ...record.store, format: 'directory' },
    }));
    const program = await readableCopy(site, join(import.meta.dirname, 'relay_client.py'));
    const record = LaunchRecord.parse(
      JSON.parse(await readFile(join(kernels, directory, 'berth.json'), 'utf8')),
    );
    const berth = [site.berth, 'kernel', join(kernels, directory), '{connection_file}'];
    const order = {
      rounds: ROUNDS,
      executes: EXECUTES,
      megabytes: MEGABYTES,
      // the first start of ours unpacks the files that the bare one then uses
      kernels: { berth, bare: unpackedArgv(record, site.person('alice').store) },
    };
    const { status, stdout, stderr } = await site.run([venvProgram('python3'), '-B', program], {
      input: `${JSON.stringify(order)}\n`,
      timeoutMs: 500_000,
    });
    if (status !== 0) throw new Error(stderr);
    const { rtt, throughput } = JSON.parse(stdout) as Samples;
    return {
      n: ROUNDS,
      results: [
        result('rtt-p50', 's', rtt.berth, rtt.bare),
        result('output-20mb', 'MB/s', throughput.berth, throughput.bare, false),
      ],
      notes: [
        `each round: the median of ${EXECUTES} executes, then one output of ${MEGABYTES} MB, kernels in turn`,
      ],
    };
  } finally {
    await site.down();
  }
}
