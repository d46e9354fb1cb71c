/** The least that serves the same: Express and helmet, one page from memory. `SOCKET FILE`; prints a line when it listens. */
import express from 'express';
import helmet from 'helmet';
import { readFileSync } from 'node:fs';

const [socket = '', file = ''] = process.argv.slice(2);
const page = readFileSync(file);
const app = express();
app.use(helmet());
app.get('/v1/kernels', (_, response) => {
  response.type('application/json').send(page);
});
app.listen(socket, () => console.log('ready'));
process.stdin.on('end', () => process.exit(0)).resume();
