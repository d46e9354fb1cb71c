import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { placeEvents, placeFailure, type PlaceEvent } from '../../../spawner/src/launch/place-events.ts';

async function events(...frames: readonly (readonly [string, string])[]): Promise<PlaceEvent[]> {
  const bytes = frames.map(([type, text]) => {
    const header = Buffer.alloc(5, type);
    header.writeUInt32BE(Buffer.byteLength(text), 1);
    return Buffer.concat([header, Buffer.from(text)]);
  });
  const all: PlaceEvent[] = [];
  for await (const event of placeEvents(Readable.from([Buffer.concat(bytes)]))) all.push(event);
  return all;
}

test('what each frame says', async () => {
  const said = await events(
    ['H', '7 1'],
    ['B', '8 1 2 3'],
    ['E', '0 9 1'],
    ['E', '3 0 0'],
    ['F', 'a\nb\nc'],
    ['D', '5 h'],
  );
  expect(said).toEqual([
    { type: 'mounted', pid: 7, learn: true },
    { type: 'began', pid: 8, stages: { rootfs: 1, mounted: 2, spawned: 3 } },
    { type: 'ended', code: null, signal: 'SIGKILL', terminated: true },
    { type: 'ended', code: 3, signal: null, terminated: false },
    { type: 'failed', code: 'a', why: 'b c' },
    { type: 'dial', dial: { addresses: ['h'], port: 5 } },
  ]);
});

test.each([
  ['Z', ''],
  ['H', ''],
  ['H', '7'],
  ['B', '8 1 2 x'],
  ['E', '1 2 3 4'],
  ['E', '-1 0 0'],
] as const)('a frame %s with %j is an error', async (type, text) => {
  await expect(events([type, text])).rejects.toThrow(/berth-place says/);
});

describe('why a place gave up', () => {
  const where = { mountPoint: '/m', store: '/s' };
  test.each(['mount-point-refused', 'store-refused', 'namespace-failed', 'container-lost'])('%s', (code) => {
    const failure = placeFailure({ code, why: 'it is so' }, where, 'n1');
    expect(failure).toMatchObject({ name: 'Failure', code });
    expect(failure.message).toContain('it is so');
  });
  test('a fault of ours is no failure', () => {
    expect(placeFailure({ code: 'internal', why: 'x' }, where, 'n1')).not.toHaveProperty('code');
  });
});
