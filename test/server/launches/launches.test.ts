import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Config, Failure } from '@berth/schema';
import type { ServerEvent } from '@berth/schema/rest';
import { LAUNCH_SOCKET } from '@berth/spawner/launch';
import { openLaunches } from '../../../server/src/launches/launches.ts';
import { SOCKETS } from '../../../server/src/cli/serve-sockets.ts';
import { until } from '../../cluster/until.ts';
import { begin, idOf, LARGE, SMALL } from './board-fixture.ts';

test('launchers dial where the server listens', () => expect(SOCKETS.launch).toBe(LAUNCH_SOCKET));

test.each([true, false])(
  'a launcher dials, waits and is told what Slurm says; with a configuration: %s',
  async (configured) => {
    const directory = await mkdtemp(join(tmpdir(), 'launches-'));
    await mkdir(join(directory, 'kernels/python'), { recursive: true });
    await writeFile(join(directory, 'kernels/python/berth.json'), JSON.stringify({ resources: SMALL }));
    const events: ServerEvent[] = [];
    const asked: string[] = [];
    const launches = openLaunches({
      stateDirectory: join(directory, 'state'),
      root: directory,
      config: async () => {
        if (!configured) throw new Failure('config-missing', { file: '/x', example: 'x' });
        return Config.parse({
          kernels: { directory: join(directory, 'kernels') },
          slurm: { binDirectory: '/opt/slurm/bin', queryInterval: 1 },
        });
      },
      run: async ([command = '']) => {
        asked.push(command);
        const stdout = `berth:${idOf(1)}|1:00|1G|N/A|x|N/A|7|PENDING|N/A|1:00|main|1||Priority\n`;
        return { status: 0, signal: null, stdout, stderr: '' };
      },
      publish: (event) => events.push(event),
      listening: () => 1,
      note: () => undefined,
      decided: () => undefined,
      listed: () => undefined,
      now: () => Date.now(),
    });
    const { board, server } = launches;
    server.listen(join(directory, 's'));
    await once(server, 'listening');
    await chmod(join(directory, 's'), 0o600);
    const socket = connect(join(directory, 's'));
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => (said += text));
    try {
      socket.write(`${JSON.stringify(begin(1))}\n`);
      expect(await until(() => said.includes('asking'), 30_000)).toBe(true);
      await board.answer(idOf(1), { start: true, resources: LARGE });
      expect(await until(() => said.includes('"queue"'), 10_000)).toBe(true);
      expect(asked[0]).toBe(configured ? '/opt/slurm/bin/squeue' : '/usr/bin/squeue');
      expect(await launches.allocations.list()).toMatchObject({
        allocations: [{ why: 'other jobs are before it (Priority)', kernels: [{ launch: idOf(1) }] }],
      });
      const known = board.wish('b.ipynb', 'python');
      if (configured) expect(await known).toMatchObject({ resources: SMALL, confirmed: false });
      else await expect(known).rejects.toMatchObject({ code: 'config-missing' });
    } finally {
      launches.close();
      launches.close();
      await once(socket, 'close');
      await rm(directory, { recursive: true, force: true });
    }
  },
);
