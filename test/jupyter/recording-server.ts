/**
 * Stands in for `berth serve` where a test looks at what reaches it, and at who keeps it running: answers every request
 * with the request, and writes each as a line of JSON to the file that its first argument names. Its second argument, if
 * not `serve`, is how it misbehaves: `broken` ends at once with status 78, `deaf` outlives the end of its input.
 */
import { appendFileSync, chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';

const [record = '', kind = 'serve'] = process.argv.slice(2);
const directory = process.argv[process.argv.indexOf('--directory') + 1] ?? '';
const socket = `${directory}/http.sock`;
const write = (line: object): void => appendFileSync(record, `${JSON.stringify(line)}\n`);
write({ started: process.pid, directory, env: process.env });

if (kind === 'broken') {
  const said = { level: 50, msg: 'the stand-in is broken \u001b[31mred', why: 'a test\nwants it' };
  const lines = `${'x'.repeat(10_000_000)}\n${JSON.stringify(said)}\n`;
  await new Promise((resolve) => process.stderr.write(lines, resolve));
  process.exit(78);
}
const end = (): void => {
  rmSync(socket, { force: true });
  process.exit(0);
};
if (kind !== 'deaf') process.stdin.on('end', end).resume();

// one that was killed leaves its own
rmSync(socket, { force: true });
createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    const seen = { method, url, headers, body: Buffer.concat(chunks).toString() };
    write({ request: seen });
    if (url?.startsWith('/v1/events')) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('id: 1\ndata: {}\n\n');
      response.on('close', () => write({ closed: url }));
    } else if (url === '/v1/launches/dies') process.kill(process.pid, 'SIGKILL');
    else if (url === '/v1/launches/half') {
      response.writeHead(200, { 'content-length': '100' }).write('half of it');
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
    } else response.setHeader('set-cookie', 'of=node').end(JSON.stringify(seen));
  });
}).listen(socket, () => {
  chmodSync(socket, 0o600);
  process.stdout.write('ready\n');
});
