import { createServer } from 'node:net';

// a kernel without ZeroMQ: binds k-1 to k-5 in a directory, echoes with the number in front, does as told
const [directory = '', mode = ''] = process.argv.slice(2);
if (mode === 'fail') {
  process.stderr.write('no module named ipykernel\n');
  process.exit(3);
}
if (mode === 'stubborn') process.on('SIGTERM', () => undefined);
process.on('SIGINT', () => process.stdout.write('interrupted\n'));
for (const number of [1, 2, 3, 4, 5]) {
  createServer((socket) => {
    socket.on('error', () => undefined);
    if (number === 2) socket.write('greeting');
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      if (text === 'segfault') process.kill(process.pid, 'SIGSEGV');
      else if (text === 'last words') socket.end(Buffer.alloc(3_000_000, 'w'), () => process.exit(0));
      else socket.write(`${number}:${text}`);
    });
  }).listen(`${directory}/k-${number}`);
}
