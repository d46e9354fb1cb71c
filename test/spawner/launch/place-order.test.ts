import { expect, test } from '@jest/globals';
import { encodeOrder, placeOrder, tellLeft } from '../../../spawner/src/launch/place-order.ts';
import { planLaunch } from '../../../spawner/src/launch/plan.ts';
import { launchRecord } from './launch-fixture.ts';

const record = launchRecord();
const kernel = { ...record.kernel, env: { LINES: 'a\nb' } };

const plan = (cwd: string, home = true, env = {}) =>
  planLaunch(
    { ...record, kernel, container: { ...record.container, home } },
    {
      launchId: '0123456789abcdef',
      env,
      cwd,
      person: { name: 'me', uid: 1000, home: '/home/me', shell: '/bin/sh' },
      addresses: [],
    },
  ).node;

test('all that the node does is in it, and what cannot be passed is named', () => {
  const { order, left } = placeOrder(plan('/home/me/work', true, { TZ: 'Europe/Vienna', TERM: 'xterm' }));
  const hex = 'a'.repeat(64);
  expect(order).toMatchObject({
    launchId: '0123456789abcdef',
    home: '/home/me',
    store: '/home/me/.local/share/berth/store',
    rootfs: { format: 'squashfs', path: `/home/me/.local/share/berth/store/sqfs/sha256/${hex}.sqfs` },
    points: ['/run/berth', '/tmp', '/home/me'],
    directory: '/home/me/work',
    passed: 'TERM\nTZ\n',
  });
  expect(order.hot).toContain(`/hot/sha256/${hex}/opt-env-bin-python`);
  expect(order.command).toEqual(expect.arrayContaining(['--cd', '/home/me/work']));
  expect(left).toEqual(['LINES']);
  const said: string[] = [];
  tellLeft(left, (line) => said.push(line));
  tellLeft([], (line) => said.push(line));
  expect(said).toEqual(['not passed to the kernel, their values have line breaks: LINES']);
});

test('without its current directory a kernel starts in the home, or in the root where that is not mounted', () => {
  const { otherwise } = placeOrder(plan('/scratch/not-here')).order;
  expect(otherwise.directory).toBe('/home/me');
  expect(otherwise.command).toEqual(expect.arrayContaining(['--cd', '/home/me', '/home/me:/home/me']));
  expect(otherwise.command.join(' ')).not.toContain('/scratch');
  expect(placeOrder(plan('/scratch/not-here')).order.command).toContain(
    '/scratch/not-here:/scratch/not-here',
  );
  expect(placeOrder(plan('/scratch/not-here', false)).order.otherwise.directory).toBe('/');
});

test('golden bytes; a NUL is nobody`s', () => {
  const order = {
    ...{ launchId: 'id', home: '/h', mountPoint: '/m', store: '/s', hot: undefined, squashfuse: 'fuse' },
    rootfs: { format: 'directory', path: '/r' } as const,
    ...{ points: ['/a', '/b c'], environment: "A='1'\n", passed: 'A\n', command: ['x', ''], directory: '/d' },
    otherwise: { directory: '/', command: [], enter: ['b'] },
    ...{ slurm: '/usr/bin', berth: '/opt/berth/bin/berth', config: '/etc/berth.yaml', enter: ['a', 'c'] },
  };
  const words =
    "4|id|/h|/m|/s|directory|/r||fuse|/d|/|A='1'\n|A\n|/usr/bin|/opt/berth/bin/berth|/etc/berth.yaml|2|/a|/b c|2|x||0|2|a|c|1|b|";
  expect(encodeOrder(order).toString()).toBe(words.replaceAll('|', '\0'));
  expect(() => encodeOrder({ ...order, command: ['a\0b'] })).toThrow(/NUL/);
});
