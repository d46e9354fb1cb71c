/** What a job says to the Hub, and when: extension/jupyter_berth/hub_job.py, run by the Python that has it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as listener } from 'node:net';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { freshBuild } from './fresh-build.ts';
import { labPython } from '../jupyter/lab-environment.ts';

const run = promisify(execFile);
let python = '';
beforeAll(async () => {
  await freshBuild(join(import.meta.dirname, '../..'));
  python = await labPython();
}, 120_000);

const IMPORTS = 'import json, os, sys, time\nfrom jupyter_berth import hub_job\n';
/** What the last line of a program in that module prints, as JSON. */
async function ask(program: string, ...args: readonly string[]): Promise<unknown> {
  const { stdout } = await run(python, ['-I', '-c', IMPORTS + program, ...args]);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

const OURS = 'application/problem+json';
/** In this order: what a Hub says that does not know the service yet, its proxy, a service that is just starting, and ours. */
const ANSWERS = [
  [403, 'application/json', `{"status": 403, "message": "'_xsrf' argument missing from POST"}`],
  [403, 'text/html', '<h1>403</h1>'],
  [404, 'application/json', '{"status": 404}'],
  [503, 'text/html', ''],
  [403, OURS, '{"type": "urn:berth:failure:token-refused"}'],
  [429, OURS, '{"type": "urn:berth:failure:quota-reached"}'],
  // Slurm is silent just now
  [503, OURS, '{"type": "urn:berth:failure:slurm-unreachable"}'],
  [403, OURS, '{"type": "urn:berth:failure:callback-refused"}'],
  [204, 'text/plain', ''],
] as const;
const HEARD = ANSWERS.length - 1;
let hub: Server;
let asked: string[] = [];
beforeAll(async () => {
  hub = createServer((request, response) => {
    const [status, type, body] = ANSWERS[Number(request.url?.slice(1))] ?? ANSWERS[0];
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => {
      asked.push(`${request.headers.authorization} ${text}`);
      response.writeHead(status, { 'content-type': type }).end(body);
    });
  }).listen(0, '127.0.0.1');
  await once(hub, 'listening');
});
afterAll(() => void hub?.close());
const portOf = (server: { address(): unknown }): number => (server.address() as { port: number }).port;

test('it is told again and again, until our own service has heard it', async () => {
  asked = [];
  const program = `
given = {"nonce": "n", "env": {"JUPYTERHUB_API_TOKEN": "t"}}
heard = []
for at in range(${ANSWERS.length}):
    given["callback"] = f"http://127.0.0.1:{sys.argv[1]}/{at}"
    heard.append(hub_job.tell(given, 4711))
print(json.dumps(heard))`;
  const heard = ANSWERS.map(([, , body], at) => at === HEARD || body.includes('callback-refused'));
  expect(await ask(program, String(portOf(hub)))).toEqual(heard);
  expect(new Set(asked)).toEqual(new Set(['token t {"port": 4711, "nonce": "n"}']));
});

test('to the Hub and nobody else: no proxy of the environment, no address that an answer names', async () => {
  asked = [];
  const elsewhere = createServer((request, response) => {
    asked.push(`elsewhere ${request.url}`);
    response.writeHead(200).end();
  }).listen(0, '127.0.0.1');
  const moved = createServer((_request, response) => {
    response.writeHead(302, { location: `http://127.0.0.1:${portOf(elsewhere)}/moved` }).end();
  }).listen(0, '127.0.0.1');
  await Promise.all([once(elsewhere, 'listening'), once(moved, 'listening')]);
  try {
    const program = `
os.environ.update(http_proxy=f"http://127.0.0.1:{sys.argv[1]}", HTTP_PROXY=f"http://127.0.0.1:{sys.argv[1]}")
given = {"nonce": "n", "env": {"JUPYTERHUB_API_TOKEN": "t"}}
ports = [f"{sys.argv[2]}/${HEARD}", sys.argv[3]]
print(json.dumps([hub_job.tell({**given, "callback": f"http://127.0.0.1:{port}"}, 4711) for port in ports]))`;
    const ports = [elsewhere, hub, moved].map((server) => String(portOf(server)));
    expect(await ask(program, ...ports)).toEqual([true, false]);
    expect(asked).toEqual(['token t {"port": 4711, "nonce": "n"}']);
  } finally {
    elsewhere.close();
    moved.close();
  }
});

test('never before it listens there itself: another port, address or person is none of its own', async () => {
  const server = listener().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const other = listener().listen(portOf(server), '127.0.0.2');
  await once(other, 'listening');
  try {
    const program = `
port, uid = int(sys.argv[1]), os.getuid()
asked = [("127.0.0.1", port, uid), ("127.0.0.2", port, uid), ("127.0.0.3", port, uid), ("0.0.0.0", port, uid), ("127.0.0.1", port, uid + 1)]
print(json.dumps([hub_job.listens(*one) for one in asked]))`;
    expect(await ask(program, String(portOf(server)))).toEqual([true, true, false, false, false]);
    const answer = `print(json.dumps([hub_job.answers(one, int(sys.argv[1])) for one in sys.argv[2:]]))`;
    const asked = ['127.0.0.1', '0.0.0.0', '127.0.0.3'];
    expect(await ask(answer, String(portOf(server)), ...asked)).toEqual([true, true, false]);
  } finally {
    server.close();
    other.close();
  }
});

test('an address as the kernel writes it', async () => {
  const program = 'print(json.dumps([hub_job.in_table(one) for one in sys.argv[1:]]))';
  expect(await ask(program, '127.0.0.1', '0.0.0.0', '::1')).toEqual([
    '0100007F',
    '00000000',
    '00000000000000000000000001000000',
  ]);
});

test('a node whose directory of people is away costs no server', async () => {
  const program = `
def away(_uid):
    raise KeyError("getpwuid(): uid not found")
hub_job.pwd.getpwuid = away
print(json.dumps(hub_job.own_shell()))`;
  expect(await ask(program)).toBe('/bin/sh');
});

test('a server that never listens where it was told to is not waited for without a word', async () => {
  const free = listener().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const port = portOf(free);
  free.close();
  await once(free, 'close');
  const program = `
hub_job.LONGEST_START = 0.3
hub_job.tell_when_listening({"listen": "127.0.0.1"}, int(sys.argv[1]), os.getpid())`;
  const { stderr } = await run(python, ['-I', '-c', IMPORTS + program, String(port)]);
  expect(stderr).toContain(`listens at 127.0.0.1, port ${port}`);
});
