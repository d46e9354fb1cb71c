import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LaunchRecord } from '@berth/schema';
import type { Driver } from '../jupyter/driver.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

let site: Site;
let python: string;
let driver: Driver;
beforeAll(async () => {
  site = await siteUp();
  python = await site.kernel('venv-python');
  driver = await site.driver();
}, 120_000);
afterAll(() => site?.down(), 60_000);

type Change = (record: LaunchRecord) => unknown;
const resources =
  (more: object): Change =>
  (record) => ({ ...record, resources: { ...record.resources, ...more } });
const node =
  (more: object): Change =>
  (record) => ({ ...record, node: { ...record.node, ...more } });
const argv =
  (...words: string[]): Change =>
  (record) => ({ ...record, kernel: { ...record.kernel, argv: words } });
/** Another store: the image is not there yet. */
const unmade = (record: LaunchRecord) => ({ ...record.store, path: `${record.store.path}-other` });
const absent = `sha256:${'0'.repeat(64)}`;

describe('the reason stands in the client’s log within five seconds', () => {
  const cases: readonly (readonly [string, Change, number, RegExp])[] = [
    ['a partition that is not there', resources({ partition: 'nowhere' }), 75, /nvalid partition/],
    ['a reservation that is not there', resources({ reservation: 'nothing' }), 75, /reservation/],
    ['a constraint that no node meets', resources({ constraint: 'unicorn' }), 75, /feature|configuration/],
    ['more memory than a node has', resources({ memory: '900G' }), 75, /configuration|[Mm]emory/],
    ['a command that is not in the image', argv('/no/such', '{connection_file}'), 126, /\/no\/such/],
    [
      'a command that ends at once',
      argv('/bin/sh', '-c', 'echo oh no >&2; exit 9'),
      9,
      /exit status 9\. It said: oh no/,
    ],
    ['no ch-run on the node', node({ chRun: '/nowhere/ch-run' }), 126, /\/nowhere\/ch-run/],
    ['no squashfuse on the node', node({ squashfuse: '/nowhere/squashfuse' }), 71, /\/nowhere\/squashfuse/],
    [
      'no tar2sqfs on the node',
      (r) => ({ ...(node({ tar2sqfs: '/nowhere/tar2sqfs' })(r) as object), store: unmade(r) }),
      69,
      /\/nowhere\/tar2sqfs/,
    ],
    [
      'an image that the registry does not have any more',
      (r) => ({
        ...r,
        store: unmade(r),
        image: {
          ...r.image,
          digest: absent,
          layers: r.image.layers.map((layer) => ({ ...layer, digest: absent })),
        },
      }),
      66,
      /There is no|not/,
    ],
  ];
  test.each(cases)('%s', async (title, change, status, said) => {
    const name = await site.variant(python, title.toLowerCase().replaceAll(/[^a-z]+/g, '-'), change);
    await fails(name, status, said);
  });

  test('an account that Slurm refuses', async () => {
    // accounts need slurmdbd, which this cluster has not: srun's own words of one that has
    const fake = join(site.cluster.dir, 'fake-slurm');
    await mkdir(fake);
    const words =
      'srun: error: Unable to allocate resources: Invalid account or account/partition combination specified';
    await writeFile(join(fake, 'srun'), `#!/bin/sh\necho '${words}' >&2\nexit 1\n`);
    await chmod(join(fake, 'srun'), 0o755);
    await symlink('/usr/bin/squeue', join(fake, 'squeue'));
    const name = await site.variant(python, 'wrong-account', (record) => ({
      ...record,
      slurm: { ...record.slurm, binDirectory: fake },
      resources: { ...record.resources, account: 'nobodys' },
    }));
    await fails(name, 75, /Invalid account/);
  });

  test('a squashfs that is damaged', async () => {
    const store = join(site.person('alice').area, 'damaged');
    const name = await site.variant(python, 'damaged', (record) => ({
      ...record,
      store: { ...record.store, path: store },
    }));
    const hex =
      (await import('node:fs')).readdirSync(join(site.person('alice').store, 'sqfs/sha256'))[0] ?? '';
    await site.run(['mkdir', '-p', join(store, 'sqfs/sha256')]);
    await site.run(['sh', '-c', `printf garbage > ${join(store, 'sqfs/sha256', hex)}`]);
    await fails(name, 71, /./);
  });

  test('a kernelspec without its launch record', async () => {
    const name = await site.variant(python, 'without-record', (record) => record);
    await site.run(['rm', join(site.person('alice').kernels, name, 'berth.json')]);
    await fails(name, 65, /berth\.json/);
  });

  test('a launch record that is damaged', async () => {
    await fails(await site.variant(python, 'damaged-record', () => ({ version: 1 })), 65, /berth\.json/);
  });
});

test.each([
  ['missing', undefined],
  ['garbage', 'not json'],
  ['of another kind', '{"transport":"tcp"}'],
])('a connection file that is %s', async (_, content) => {
  const { kernels, area } = site.person('alice');
  const file = join(area, 'connection.json');
  if (content !== undefined) await site.run(['sh', '-c', `cat > ${file}`], { input: content });
  const result = await site.run([site.berth, 'kernel', join(kernels, python), file], { timeoutMs: 5000 });
  expect(result.status).toBe(66);
  expect(result.stderr).toMatch(twoLines(/connection file .*connection\.json cannot be used/));
  await site.untilClean(2000);
});

/** The launcher's last two lines: what, and what to do. */
const twoLines = (what: RegExp): RegExp =>
  new RegExp(`(?:^|\\n)berth: [^\\n]*(?:${what.source})[^\\n]*\\nberth: [^\\n]+\\n$`);

async function fails(name: string, status: number, said: RegExp): Promise<void> {
  const kernel = await driver.launch(name);
  const ended = await kernel.ended(5);
  const log = await kernel.log();
  expect(log).toMatch(twoLines(said));
  expect(ended).toBe(status);
  await kernel.shutdown(true);
  await site.untilClean(2000);
}
