/** What the spawner keeps of a choice that was refused, and what it asks of a server that it knew: spawner/hub, without a Hub. */
import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { labPython } from '../jupyter/lab-environment.ts';

const run = promisify(execFile);
const PROGRAM = `
import asyncio, json, sys
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
from jupyterhub_berth.site_client import SiteProblem
from jupyterhub_berth.spawner import BerthSpawner
from tornado import web

async def kept(status):
    async def ask(*_args, **_more):
        raise SiteProblem(status, "no")
    row = SimpleNamespace(user_options={"profile": "large"})
    one = SimpleNamespace(site=SimpleNamespace(ask=ask), user=SimpleNamespace(name="alice"), orm_spawner=row,
                          user_options=row.user_options, _commit=lambda: None)
    try:
        await BerthSpawner.check_options(one, {"profile": "large"})
    except web.HTTPError as error:
        return [error.status_code, row.user_options, one.user_options]

print(json.dumps([asyncio.run(kept(status)) for status in (0, 400, 403, 500, 503)]))
`;

test('a choice that was refused is not what she wants from now on; one that could not be looked at is', async () => {
  const { stdout } = await run(await labPython(), [
    '-I',
    '-c',
    PROGRAM,
    join(import.meta.dirname, '../../spawner/hub'),
  ]);
  const large = { profile: 'large' };
  expect(JSON.parse(stdout)).toEqual([
    [503, large, large],
    [400, {}, {}],
    [403, {}, {}],
    [500, large, large],
    [503, large, large],
  ]);
}, 60_000);

const POLLED = `
import asyncio, json, sys
from types import SimpleNamespace
sys.path.insert(0, sys.argv[1])
from jupyterhub_berth.spawner import BerthSpawner

async def polled(placed):
    asked = []
    async def ask(method, _path, _body=None, **query):
        # as the service does with one whose record is lost: who waits for its place has it ended
        waits = "after" in query and query["after"] is not None
        asked.append("waits" if waits else method)
        return {"state": "ended" if waits else "starting", "revision": 1, "says": "gone", "lines": []}
    class Stand(BerthSpawner):
        site = SimpleNamespace(ask=ask)
    one = Stand(user=SimpleNamespace(name="alice", url="/"))
    one.load_state({"session": "a" * 16, "api_token": "t", "placed": placed})
    return [await one.poll(), asked]

print(json.dumps([asyncio.run(polled(placed)) for placed in (True, False)]))
`;

test('a Hub that has just started does not wait for the place of a server whose place it has (F1)', async () => {
  const hub = join(import.meta.dirname, '../../spawner/hub');
  const { stdout } = await run(await labPython(), ['-I', '-c', POLLED, hub]);
  expect(JSON.parse(stdout)).toEqual([
    [null, ['GET']],
    [1, ['GET', 'waits']],
  ]);
}, 60_000);
