import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ordinaryClone, type OrdinaryClone } from '../cluster/ordinary-clone.ts';
import { until } from '../cluster/until.ts';

// As on Binder: an ordinary user, no /dev/fuse; and here not even a network
let clone: OrdinaryClone;
beforeAll(async () => {
  clone = await ordinaryClone({ offline: true });
}, 180_000);
afterAll(() => clone?.down(), 60_000);
afterEach(async () => {
  await until(async () => (await clone.leftovers()).length === 0, 20_000);
  expect(await clone.leftovers()).toEqual([]);
});

async function started(
  argv: readonly string[],
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = clone.start(['binder/start', ...argv]);
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { status, stdout, stderr };
}

test('postBuild installs the wheel beside JupyterLab; the second time without a network', async () => {
  // as the notebook environment of repo2docker: the first python3 on PATH, and hers
  const script = `
    ${clone.python} -m venv --without-pip "$TMPDIR/notebook"
    ln -s ${clone.directory}/.venv/lib/python3.*/site-packages/pip* "$TMPDIR"/notebook/lib/python3.*/site-packages/
    PATH=$TMPDIR/notebook/bin:$PATH binder/postBuild
    test -x "$TMPDIR/notebook/bin/berth"
    "$TMPDIR/notebook/bin/python3" -m pip list --format=freeze
    rm -r "$TMPDIR/notebook"`;
  const child = clone.start(['/bin/sh', '-eu', '-c', script]);
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  expect({ stdout, stderr }).toMatchObject({
    stdout: expect.stringMatching(/plain-python[^]*^jupyter.berth==/m),
  });
}, 120_000);

test('a command finds the cluster, the kernels and Berth, keeps its words and status, and its end ends all', async () => {
  const script = `test ! -e /dev/fuse; printf '%s\\n' "$1"; srun --mem=50 -N2 id -un; berth kernels ls; exit 7`;
  const { status, stdout, stderr } = await started([
    '/bin/sh',
    '-c',
    script,
    'sh',
    "two words; 'quoted' $HOME",
  ]);
  expect({ status, stderr }).toEqual({ status: 7, stderr: '' });
  const { name } = clone.user;
  expect(stdout).toMatch(new RegExp(`^two words; 'quoted' \\$HOME\n${name}\n${name}\n[^]*plain-python`));
}, 120_000);

test('its Jupyter runs a notebook of the examples in a container on a node', async () => {
  const { python } = clone;
  const script = `
    name=$(${python} -m jupyter kernelspec list --json | ${python} -c '
import json, sys
print(next(n for n in json.load(sys.stdin)["kernelspecs"] if "plain-python" in n))')
    ${python} -m jupyter nbconvert --to notebook --execute --stdout --ExecutePreprocessor.kernel_name="$name" \\
      --ExecutePreprocessor.startup_timeout=600 binder/examples/where-am-i.ipynb`;
  const { status, stdout, stderr } = await started(['/bin/sh', '-eu', '-c', script]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toMatch(/SLURM_JOB_ID +\d+/);
  expect(stdout).toMatch(/\/opt\/env\/bin\/python/);
}, 180_000);

test('JupyterLab answers, with the extension and the kernels, and ends by SIGTERM with all behind it', async () => {
  const { python } = clone;
  // the client is inside too: there is no network between
  const script = `
    ${python} -m jupyterlab --no-browser --ip=127.0.0.1 --port=8888 --ServerApp.port_retries=0 &
    lab=$!
    trap 'kill "$lab"; wait "$lab" || true' EXIT
    ${python} - <<'END'
import json, os, time, urllib.request
def get(path):
    request = urllib.request.Request("http://127.0.0.1:8888/" + path, headers={"authorization": "token secret"})
    return json.load(urllib.request.urlopen(request, timeout=30))
for _ in range(300):
    try:
        get("api/status")
        break
    except OSError:
        time.sleep(0.1)
print(sorted(get("api/kernelspecs")["kernelspecs"]))
print(get("berth/v1/kernels")["total"])
END`;
  const { status, stdout } = await started([
    '/usr/bin/env',
    'JUPYTER_TOKEN=secret',
    '/bin/sh',
    '-eu',
    '-c',
    script,
  ]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/plain-bash[^]*busybox-python[^]*plain-python[^]*\]\n4\n/);
}, 180_000);

test('when the cluster cannot start the command runs all the same, and says why', async () => {
  const child = clone.start([
    '/usr/bin/env',
    'BERTH_CACHE=/nonexistent',
    'binder/start',
    'echo',
    'still here',
  ]);
  const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  expect(stdout).toBe('still here\n');
  expect(stderr).toMatch(/the cluster did not start[^]*FAILED/);
}, 120_000);
