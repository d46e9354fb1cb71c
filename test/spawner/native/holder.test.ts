import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeOrder } from '../../../spawner/src/launch/place-order.ts';
import { endPlaces, fed, orderIn, placed, workspace } from './placed.ts';
import { changedPlace, hardenedPlace } from './place-program.ts';

let path: string;
let remove: () => Promise<void>;
let program: string;
beforeEach(async () => {
  program = await hardenedPlace();
  ({ path, remove } = await workspace());
});
afterEach(async () => {
  await endPlaces();
  await remove();
});

const frame = (type: string, data: Uint8Array | string = '', size = Buffer.from(data).length): Buffer => {
  const header = Buffer.alloc(5, type);
  header.writeUInt32BE(size, 1);
  return Buffer.concat([header, Buffer.from(data)]);
};
/** what the sanitizers say before they end a program */
const COMPLAINT = /Sanitizer|runtime error/;
const order = (): Buffer =>
  frame('P', encodeOrder(orderIn(path, 'true', { rootfs: { format: 'directory', path: '/nowhere' } })));

/** The order goes to a place as srun starts it, with an agent that ends at once. */
const said = async (...parts: readonly Buffer[]) => {
  const { status, stderr } = await fed(program, ['agent', '/bin/true'], Buffer.concat(parts));
  expect(stderr).not.toMatch(COMPLAINT);
  return { status, stderr };
};

test('control: the sanitizers are in, and are heard', async () => {
  // a byte less is asked for than is written
  const from = 'char *copy = malloc(size + 1);';
  const changed = [{ file: 'spawner/native/order.c', from, to: 'char *copy = malloc(size);' }];
  const broken = await changedPlace(changed, join(path, 'broken'), 'hardened');
  const whole = frame('P', encodeOrder(orderIn(path, 'true')));
  const { stderr } = await fed(broken, ['agent', '/bin/true'], whole);
  expect(stderr).toMatch(COMPLAINT);
});

describe('what is no order, before anything is made', () => {
  test.each([
    ['nothing', ''],
    ['text', 'hello\n'],
    ['a JSON line of an older launcher', '{"type":"plan","plan":{}}\n'],
    ['half a header', 'P\0\0'],
    ['a length that nothing has', 'P\xff\xff\xff\xff'],
    ['a letter that is none', 'p\0\0\0\0'],
    ['another frame first', 'S\0\0\0\0'],
    ['an empty order', 'P\0\0\0\0'],
  ])('%s: 64, and one sentence', async (_name, text) => {
    const { status, stderr } = await said(Buffer.from(text, 'latin1'));
    expect(status).toBe(64);
    expect(stderr).toContain('started by "berth kernel"');
  });

  test('an order that is cut anywhere, or has a byte more', async () => {
    const whole = encodeOrder(orderIn(path, 'true'));
    const cuts = [1, 2, 20, whole.length >> 1, whole.length - 2, whole.length - 1];
    for (const cut of cuts) expect((await said(frame('P', whole.subarray(0, cut)))).status).toBe(64);
    expect((await said(frame('P', Buffer.concat([whole, Buffer.from('x\0')])))).status).toBe(64);
  });

  test('counts that lie, and paths that are none', async () => {
    const words = (text: string): Buffer => Buffer.from(text.replaceAll('|', '\0'), 'latin1');
    const head = `4|id|${path}|${path}/mnt|${path}/store|directory|${path}/image|||/|/|env||/usr/bin|||`;
    // control: without a mistake in it, it is understood
    expect((await said(frame('P', words(`${head}0|0|0|0|0|`)))).status).not.toBe(64);
    expect((await said(frame('P', words(`${head.replace('/usr/bin', 'bin')}0|0|0|0|0|`)))).status).toBe(64);
    for (const tail of [
      '99999999999999999999|0|0|0|0|',
      '-1|0|0|0|0|',
      '4294967295|0|0|0|0|',
      '3|/a|0|0|0|0|',
      '1|a|0|0|0|0|',
      '1|/a/../b|0|0|0|0|',
      'x|0|0|0|0|',
      '|0|0|0|0|',
    ])
      expect((await said(frame('P', words(head + tail)))).status).toBe(64);
    for (const bad of ['relative', ''])
      expect((await said(frame('P', words(head.replace(`${path}/mnt`, bad) + '0|0|0|0|0|')))).status).toBe(
        64,
      );
    expect((await said(frame('P', words(head.replace('directory', 'zip') + '0|0|0|0|0|')))).status).toBe(64);
    expect((await said(frame('P', words(head.replace('4|', '3|') + '0|0|0|0|0|')))).status).toBe(64);
  });
});

test('property: whatever follows an order, it ends by itself and without a mistake', async () => {
  const letters = fc.constantFrom(...'PNDSCRGXWHBEFLKZ~\0'.split(''));
  const frames = fc.array(
    fc.tuple(letters, fc.uint8Array({ maxLength: 90 }), fc.constantFrom(0, 0, 0, 1, 1000, 2 ** 31)),
    {
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(frames, async (all) => {
      const parts = all.map(([type, data, more]) => frame(type, data, data.length + more));
      const { status } = await said(order(), ...parts);
      expect([0, 64]).toContain(status);
    }),
    { numRuns: 60 },
  );
});

test('property: an order of random words', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.string(), fc.nat(20).map(String), fc.constant('/x')), { maxLength: 30 }),
      async (all) => {
        const { status } = await said(
          frame('P', ['1', ...all].map((word) => `${word.replaceAll('\0', '')}\0`).join('')),
        );
        expect([0, 64]).toContain(status);
      },
    ),
    { numRuns: 60 },
  );
});

describe('what only one side may send', () => {
  test('a connection file in the clear is not taken from a launcher elsewhere', async () => {
    const { stderr } = await fed(program, ['agent', '/bin/cat'], Buffer.concat([order(), frame('C', '{}')]));
    expect(stderr).not.toMatch(COMPLAINT);
  });

  test('the end of its frames comes when what was said makes no sense', async () => {
    const one = await placed(orderIn(path, 'exec sleep 1000'), { program });
    one.tell('C', '{}');
    await one.has('began');
    one.tell('Z');
    expect(await one.has('log')).toEqual({ type: 'log', line: 'a message was not understood' });
    expect(await one.place.ended).not.toMatch(COMPLAINT);
  });

  test('a second order', async () => {
    const one = await placed(orderIn(path, 'exec sleep 1000'), { program });
    await one.has('mounted');
    one.tell('P', encodeOrder(orderIn(path, 'exec sleep 1000')));
    expect(await one.has('log')).toMatchObject({ line: 'a message was not understood' });
    expect(await one.place.ended).not.toMatch(COMPLAINT);
  });
});

test('a whole life under the sanitizers', async () => {
  const one = await placed(orderIn(path, 'setsid sleep 1000 & echo up; exit 4'), {
    program,
    env: { SLURM_X: 'a\nb' },
  });
  one.tell('C', '{}');
  expect(await one.has('ended')).toMatchObject({ code: 4 });
  expect(await one.end()).not.toMatch(COMPLAINT);
});
