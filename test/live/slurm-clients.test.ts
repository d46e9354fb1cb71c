/** Programs from PyPI that drive Slurm by its commands and know nothing of Berth, in an image that has nothing of Slurm. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DrivenKernel, Driver } from '../jupyter/driver.ts';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(120_000);

let site: Site;
let driver: Driver;
let kernel: DrivenKernel;
beforeAll(async () => {
  site = await siteUp({ images: ['slurm-clients'], nodes: 2, accounting: { operators: [] } });
  driver = await site.driver();
  kernel = await driver.kernel(await site.kernel('slurm-clients'));
}, 240_000);
const traces = ['submitit', 'dask'];
afterAll(async () => {
  const home = site?.person('alice').user.home ?? '/nonexistent';
  // first, for jobs of hers that still run would write there
  await site?.down();
  for (const name of traces) await rm(join(home, name), { recursive: true, force: true, maxRetries: 5 });
}, 60_000);

test('submitit: a function, an array of it, and one that fails', async () => {
  const code = `
import os, submitit
executor = submitit.AutoExecutor(folder=os.path.expanduser("~/submitit"), cluster="slurm")
executor.update_parameters(timeout_min=5, slurm_mem="200M")
def where(x):
    import os, submitit, sys
    if x < 0: raise ValueError("below zero")
    return x * x, sys.prefix, submitit.JobEnvironment().job_id, os.path.exists("/run/munge")
job = executor.submit(where, 5)
result, prefix, number, munge = job.result()
print(result, prefix, number == job.job_id != os.environ["SLURM_JOB_ID"], munge)
print([one[0] for one in [j.result() for j in executor.map_array(where, [1, 2, 3])]])
try:
    executor.submit(where, -1).result()
except submitit.core.utils.FailedJobError as error:
    print("below zero" in str(error))`;
  // without a warning: sacct, which submitit follows its jobs by, answers
  expect(await kernel.output(code, 110)).toBe('25 /opt/env True False\n[1, 4, 9]\nTrue\n');
});

test('dask-jobqueue: workers as jobs, work on them, and an orderly end', async () => {
  const code = `
import asyncio, os, subprocess
from dask_jobqueue import SLURMCluster
from distributed import Client
from concurrent.futures import ThreadPoolExecutor
def work():
    with SLURMCluster(cores=1, processes=1, memory="300MB", walltime="00:05:00", death_timeout=60,
                      local_directory="/tmp", log_directory=os.path.expanduser("~/dask"),
                      scheduler_options={"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"},
                      worker_extra_args=["--host", "127.0.0.1", "--no-dashboard"]) as cluster:
        cluster.scale(jobs=2)
        with Client(cluster) as client:
            client.wait_for_workers(2, timeout=80)
            found = client.gather(client.map(lambda x: (x + 1, __import__("sys").prefix), range(10)))
            print(sorted(found) == [(x, "/opt/env") for x in range(1, 11)])
            names = subprocess.check_output(["squeue", "--me", "-h", "-o", "%j"], text=True)
            print(names.count("dask-worker"))
with ThreadPoolExecutor(1) as pool: pool.submit(work).result()`;
  expect(await kernel.output(code, 110)).toBe('True\n2\n');
});

test('nothing is left of either', async () => {
  await driver.dispose();
  await site.untilClean(10_000);
});
