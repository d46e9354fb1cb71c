import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ordinaryClone, type OrdinaryClone } from './ordinary-clone.ts';
import { until } from './until.ts';

let clone: OrdinaryClone;
beforeAll(async () => {
  clone = await ordinaryClone();
}, 180_000);
afterAll(() => clone?.down(), 60_000);
afterEach(async () => {
  // who removed the last file has itself still to end
  await until(async () => (await clone.leftovers()).length === 0, 20_000);
  expect(await clone.leftovers()).toEqual([]);
});

/** A shell script of hers in the clone: its status and streams. */
async function sh(script: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = clone.start(['/bin/sh', '-eu', '-c', script]);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

const cluster = 'node_modules/.bin/node --conditions=berth-source test/cluster/main.ts';

test('an ordinary user has a cluster of her own, without alice, bob or root', async () => {
  const { status, stdout, stderr } = await sh(`
    test ! -e /dev/fuse
    ${cluster} up --nodes 2 >"$TMPDIR/exports"
    . "$TMPDIR/exports"; rm "$TMPDIR/exports"
    srun --mem=50 -N2 id -un
    srun -u --mem=50 sh -c 'echo step $SLURM_STEP_ID; exit 3' || echo "status $?"
    grep -E '^Slurm(d?)User' "$SLURM_CONF"
    stat -c '%a %U' "$(dirname "$SLURM_CONF")/munge/key"
    sbatch --parsable --mem=50 -o /dev/null --wrap='sleep 1000' >/dev/null
    ${cluster} status
    ${cluster} down "$BERTH_CLUSTER_DIR"
  `);
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('is down') });
  const user = clone.user.name;
  expect(stdout).toMatch(
    new RegExp(`^${user}\n${user}\nstep 0\nstatus 3\nSlurmUser=${user}\nSlurmdUser=${user}\n600 ${user}\n`),
  );
  expect(stdout).toMatch(/slurmd\.\w+ \d+[^]*wrap/);
}, 60_000);

test('the end of its holder ends her cluster, with its jobs', async () => {
  const { status, stderr } = await sh(`
    ${cluster} up --nodes 1 >"$TMPDIR/exports"
    . "$TMPDIR/exports"; rm "$TMPDIR/exports"
    sbatch --mem=50 -o /dev/null --wrap='trap "" TERM; sleep 1000'
    kill -KILL "$(sed -n '/"owner"/,/}/s/.*"pid": \\([0-9]*\\).*/\\1/p' "$BERTH_CLUSTER_DIR/cluster.json")"
    for i in $(seq 300); do [ -e "$BERTH_CLUSTER_DIR" ] || exit 0; sleep 0.1; done
    exit 1
  `);
  expect({ status, stderr }).toMatchObject({ status: 0 });
}, 60_000);

test('confining by cgroups is refused in a sentence', async () => {
  const { status, stderr } = await sh(`${cluster} up --cgroup`);
  expect(status).toBe(1);
  expect(stderr).toContain('a cluster with cgroups needs root');
}, 60_000);
