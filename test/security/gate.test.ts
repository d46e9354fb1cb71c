/** T6, T7, T8, T10, T11: who reaches the way to Slurm, what is beside it, and how long it lasts. */
import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runAs } from '../cluster/as-user.ts';
import { until } from '../cluster/until.ts';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { siteUp, type Site } from '../live/site.ts';
import { changedPlace } from '../spawner/native/place-program.ts';
import { ownGate, type OwnGate } from '../spawner/native/gate/own-gate.ts';

jest.setTimeout(90_000);

let site: Site;
let driver: Driver;
let kernel: DrivenKernel;
beforeAll(async () => {
  site = await siteUp({ people: ['alice', 'bob'], nodes: 1 });
  driver = await site.driver();
  kernel = await driver.kernel(await site.kernel('venv-python'));
}, 180_000);
afterAll(() => site?.down(), 60_000);

/** As that person: what a whole request for `squeue` is answered, or how it failed. */
const CONNECT = `
import array, os, socket, struct, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(5)
try:
    s.connect(sys.argv[1])
    text = b"squeue\\0/\\0"
    fds = array.array("i", [os.open("/dev/null", os.O_RDWR)] * 3 + [os.open("/", os.O_PATH)])
    s.sendmsg([struct.pack("6I", 0x31475442, len(text), 0, 0, 0o22, 7)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    s.sendall(text)
    print("answered" if len(s.recv(8)) == 8 else "sent away")
except (BrokenPipeError, ConnectionResetError):
    print("sent away")
except OSError as error:
    print(type(error).__name__)
`;
const connectAs = async (who: 'alice' | 'bob', socket: string): Promise<string> => {
  const { stdout, stderr } = await runAs(site.cluster.users[who], {}, [
    '/usr/bin/python3',
    '-c',
    CONNECT,
    socket,
  ]);
  return stdout.trim() || stderr;
};

describe('another person at the socket (T6)', () => {
  const gates: OwnGate[] = [];
  afterEach(async () => {
    await Promise.all(gates.splice(0).map((own) => own.end()));
  });

  test('of a kernel: no way leads there', async () => {
    const holder = (
      await kernel.output('import os; print(open("/proc/self/environ").read().count("x"), os.getppid())')
    )
      .trim()
      .split(' ')[1];
    expect(await connectAs('bob', `/proc/${holder}/cwd/gate`)).toBe('PermissionError');
    // control: its owner finds it so
    expect(await connectAs('alice', `/proc/${holder}/cwd/gate`)).toBe('answered');
  });

  /** The gate of whoever runs this test, at a place that all may enter and at a socket that all may write to. */
  const exposed = async (gate?: string): Promise<OwnGate> => {
    const own = await ownGate(gate === undefined ? {} : { gate });
    gates.push(own);
    for (const path of [own.directory, join(own.directory, 'berth'), own.socket]) await chmod(path, 0o777);
    return own;
  };

  test('in a directory that somebody has opened to all: the peer itself is looked at', async () => {
    const own = await exposed();
    expect(await connectAs('bob', own.socket)).toBe('sent away');
  });

  test('control: without that look, he is served', async () => {
    const changed = join(site.cluster.dir, 'no-peer-check');
    const change = { file: 'gate/main.c', from: 'peer.uid == geteuid();', to: 'peer.pid > 0;' };
    await changedPlace([change], changed);
    const own = await exposed(join(changed, 'berth-gate'));
    expect(await connectAs('bob', own.socket)).toBe('answered');
    await rm(changed, { recursive: true });
  });
});

describe('in the container (T7)', () => {
  const paths = async (expression: string): Promise<string> =>
    (await kernel.output(`import os; print(${expression})`)).trim();

  /** What of Slurm is anywhere in a kernel's tree but its home, which is the person's own. */
  const remnants = async (of: DrivenKernel): Promise<readonly string[]> => {
    const names = ['slurm.conf', 'munge.key', 'munge.socket*', 'libslurm*', 'libmunge*', 'auth_munge*'];
    const pruned = ['/proc', '/sys', site.person('alice').user.home];
    const either = (words: readonly (readonly string[])[]): readonly string[] =>
      words.flatMap((pair, at) => (at === 0 ? pair : ['-o', ...pair]));
    const look = [
      ...['find', '/', '(', ...either(pruned.map((one) => ['-path', one])), ')', '-prune', '-o'],
      ...['(', ...either(names.map((one) => ['-name', one])), ')', '-print'],
    ];
    const found = await of.output(
      `import subprocess; print(subprocess.run(${JSON.stringify(look)}, capture_output=True, text=True).stdout, end="")`,
    );
    return found.split('\n').filter(Boolean);
  };

  test('of Slurm there is the shim, by eight names, and nothing else', async () => {
    const names = JSON.parse(
      await paths('__import__("json").dumps(sorted(os.listdir("/run/berth/bin")))'),
    ) as string[];
    expect(names).toEqual([
      'berth-shim',
      'sacct',
      'salloc',
      'sbatch',
      'scancel',
      'scontrol',
      'sinfo',
      'squeue',
      'srun',
    ]);
    expect(await remnants(kernel)).toEqual([]);
    expect(
      await paths('[name for name in os.environ if "MUNGE" in name or name in ("SLURM_CONF", "SLURM_JWT")]'),
    ).toBe('[]');
  });

  test('control: where a site mounts the place of its Slurm, that is found', async () => {
    const { dir } = site.cluster;
    const name = await site.variant(await site.kernel('venv-python'), 'with-slurm', (record) => ({
      ...record,
      container: { ...record.container, mounts: [{ source: dir, target: '/mnt/slurm' }] },
    }));
    const open = await driver.kernel(name);
    expect(await remnants(open)).toEqual(expect.arrayContaining(['/mnt/slurm/slurm.conf']));
    await open.shutdown();
  });

  test('also not in what it starts, nor in a job', async () => {
    const code = `import subprocess
look = "ls /run /run/berth; env | grep -c -e MUNGE -e SLURM_CONF -e SLURM_JWT"
print(subprocess.run(["srun", "--mem=100", "sh", "-c", look], capture_output=True, text=True).stdout)`;
    const said = await kernel.output(code);
    expect(said).not.toContain('munge');
    expect(said.trim().split('\n').at(-1)).toBe('0');
  });
});

describe("Slurm's own refusals come back as they are (T8)", () => {
  test('another person`s job, and options that are root`s', async () => {
    const { stdout } = await site.run(
      ['sbatch', '--parsable', '--mem=10', '-o', '/dev/null', '--wrap=sleep 60'],
      { who: 'bob' },
    );
    const job = stdout.trim();
    const ask = async (...argv: string[]): Promise<{ ours: string; theirs: string }> => {
      const code = `import subprocess; p = subprocess.run(${JSON.stringify(argv)}, capture_output=True, text=True, input="#!/bin/sh\\n"); print(p.returncode, p.stdout, p.stderr, end="")`;
      const theirs = await site.run(argv, { input: '#!/bin/sh\n' });
      return {
        ours: await kernel.output(code),
        theirs: `${theirs.status} ${theirs.stdout} ${theirs.stderr}`,
      };
    };
    for (const argv of [
      ['scancel', job],
      ['scontrol', 'update', `JobId=${job}`, 'TimeLimit=1'],
      ['sbatch', '--uid=0', '--mem=10'],
    ]) {
      const { ours, theirs } = await ask(...argv);
      expect(ours).toBe(theirs);
      expect(ours).not.toMatch(/^0 /);
    }
    const left = await site.run(['squeue', '-h', '-j', job, '-o', '%T %l'], { who: 'bob' });
    expect(left.stdout).toMatch(/RUNNING|PENDING/);
    await site.run(['scancel', job], { who: 'bob' });
  });

  test('text that a shell would run is a word, on the real sbatch (T35)', async () => {
    const { area } = site.person('alice');
    const canary = join(area, 'canary');
    const bad = [
      `$(touch ${canary})`,
      `\`touch ${canary}\``,
      `x\n#SBATCH --uid=0\ntouch ${canary}`,
      `'; touch ${canary}; '`,
    ];
    for (const word of bad) {
      const code = `import os, subprocess
name = ${JSON.stringify(word)}
path = os.path.join(os.path.expanduser("~"), name.replace("/", "_")[:60])
open(path, "w").write("#!/bin/sh\\ntrue\\n")
for argv in (["-J", name], ["--comment", name], [path, name]):
    subprocess.run(["sbatch", "-Q", "--wait", "--mem=10", "-o", "/dev/null", *argv], input=b"#!/bin/sh\\ntrue\\n")
os.remove(path)
print(os.path.exists(${JSON.stringify(canary)}))`;
      expect(await kernel.output(code, 80)).toBe('False\n');
    }
  });
});

describe('a cell that asks without end (T10)', () => {
  /** How often slurmctld has been asked for its jobs, by that person. */
  const asked = async (): Promise<number> => {
    const { stdout } = await runAs(site.cluster.users.alice, site.cluster.env, ['sdiag']);
    expect(stdout).toContain('statistics by message type');
    // not there until the first
    return Number(/REQUEST_JOB_INFO\s*\(\s*\d+\)\s*count:(\d+)/.exec(stdout)?.[1] ?? 0);
  };
  /** Thirty at a time, three hundred in all; so many of them were answered. */
  const flood = async (each: string): Promise<number> =>
    Number(
      await kernel.output(
        `import os, subprocess
from concurrent.futures import ThreadPoolExecutor
def ask(at): return subprocess.run(["squeue", "-h"], env={**os.environ, "SQUEUE_ROUND": ${each}}, capture_output=True).returncode == 0
with ThreadPoolExecutor(30) as pool: print(sum(pool.map(ask, range(300))))`,
        80,
      ),
    );

  test('is answered each time, and Slurm is asked about once a second: others have it for themselves', async () => {
    const [before, began] = [await asked(), performance.now()];
    expect(await flood('"same"')).toBe(300);
    const seconds = (performance.now() - began) / 1000;
    expect((await asked()) - before).toBeLessThanOrEqual(2 * seconds + 3);
  });

  test('control: questions that are each another reach it each', async () => {
    const before = await asked();
    expect(await flood('str(at)')).toBe(300);
    expect((await asked()) - before).toBeGreaterThanOrEqual(300);
  });
});

test('gone five seconds after the job, and a new job does not bring it back (T11)', async () => {
  const other = await driver.kernel(await site.kernel('venv-python'));
  const [job = '', pid = ''] = (
    await other.output('import os; print(os.environ["SLURM_JOB_ID"], os.getppid())')
  )
    .trim()
    .split(' ');
  const socket = `/proc/${pid}/cwd/gate`;
  await other.output('import subprocess; subprocess.run(["squeue"], stdout=subprocess.DEVNULL)');
  expect(await connectAs('alice', socket)).toBe('answered');
  const gates = async (): Promise<number> => {
    const { stdout } = await runAs(site.cluster.users.alice, {}, [
      'pgrep',
      '-u',
      site.cluster.users.alice.name,
      '-c',
      'berth-gate',
    ]);
    return Number(stdout);
  };
  const before = await gates();
  await site.run(['scancel', job]);
  expect(
    await until(
      async () => (await connectAs('alice', socket)) !== 'answered' && (await gates()) === before - 1,
      5000,
    ),
  ).toBe(true);
  const next = await driver.kernel(await site.kernel('venv-python'));
  expect(
    await next.output(
      'import subprocess; print(subprocess.call(["squeue", "-h"], stdout=subprocess.DEVNULL))',
    ),
  ).toBe('0\n');
  expect(await connectAs('alice', socket)).not.toBe('answered');
  await next.shutdown();
});
