/** Load for a server on a Unix socket, in a process of its own: `SOCKET PATH CLIENTS SECONDS`; prints what it saw as JSON. */
import { connect } from 'node:net';

const [socketPath = '', path = '', clients = '1', seconds = '1'] = process.argv.slice(2);
const WARM_UP = 1_000;
const HEAD_END = Buffer.from('\r\n\r\n');
const request = `GET ${path} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\n\r\n`;

const begin = performance.now();
const from = begin + WARM_UP;
const until = from + Number(seconds) * 1_000;
const times: number[] = [];
let errors = 0;
let bodyBytes = 0;
let ended = 0;

/** One client: asks, takes the whole answer, asks again. An answer is whole when its head and the length it names are there. */
function client(): void {
  const socket = connect(socketPath);
  let asked = 0;
  let rest = -1;
  let head: Buffer = Buffer.alloc(0);
  const ask = (): void => {
    asked = performance.now();
    rest = -1;
    head = Buffer.alloc(0);
    socket.write(request);
  };
  const finish = (): void => {
    const now = performance.now();
    if (now >= from && now < until) times.push(now - asked);
    if (now < until) ask();
    else socket.end();
  };
  const fail = (): void => {
    errors += 1;
    socket.destroy();
  };
  const readHead = (): void => {
    const end = head.indexOf(HEAD_END);
    if (end < 0) return;
    const text = head.toString('latin1', 0, end);
    const length = Number(/^content-length: ([0-9]+)/im.exec(text)?.[1] ?? NaN);
    if (!text.startsWith('HTTP/1.1 200 ') || !(length > 0) || (bodyBytes > 0 && length !== bodyBytes)) {
      fail();
      return;
    }
    bodyBytes = length;
    rest = end + HEAD_END.length + length - head.length;
  };
  socket.on('connect', ask);
  socket.on('data', (chunk: Buffer) => {
    if (rest >= 0) rest -= chunk.length;
    else {
      head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
      readHead();
    }
    if (rest === 0) finish();
    else if (rest < -1) fail();
  });
  socket.on('error', () => (errors += 1));
  socket.on('close', () => {
    ended += 1;
    if (performance.now() < until) errors += 1;
    if (ended === Number(clients)) tell();
  });
}

function tell(): void {
  const sorted = times.toSorted((a, b) => a - b);
  const p99 = sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;
  console.log(JSON.stringify({ perSecond: times.length / Number(seconds), p99, errors, bodyBytes }));
}

for (let at = 0; at < Number(clients); at += 1) client();
