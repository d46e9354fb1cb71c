import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { startProfile } from '../../../spawner/src/store/start-profile.ts';

// as squashfuse_ll 0.1.104 with libfuse 3.14 writes it
const SAID = `FUSE library version: 3.14.0
unique: 2, opcode: INIT (26), nodeid: 0, insize: 104, pid: 0
unique: 14, opcode: LOOKUP (1), nodeid: 10279321764, insize: 46, pid: 13937
   unique: 14, success, outsize: 144
unique: 16, opcode: OPEN (14), nodeid: 10279321764, insize: 48, pid: 13937
unique: 18, opcode: OPENDIR (27), nodeid: 7, insize: 48, pid: 13937
unique: 20, opcode: OPEN (14), nodeid: 12, insize: 48, pid: 13937
unique: 22, opcode: OPEN (14), nodeid: 10279321764, insize: 48, pid: 13937
unique: 24, opcode: READ (15), nodeid: 99, insize: 80, pid: 13937
`;

test('the first openings are kept, in their order', () => {
  const profile = startProfile();
  profile.push(SAID);
  expect([...profile.opened]).toEqual(['10279321764', '12']);
  expect([...profile.lookups]).toEqual([['10279321764', 1]]);
});

test('pieces may end anywhere', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(SAID.length)), (cuts) => {
      const profile = startProfile();
      const ends = [0, ...cuts.sort((a, b) => a - b), SAID.length];
      ends.forEach((end, at) => profile.push(SAID.slice(ends[at - 1] ?? 0, end)));
      expect([...profile.opened]).toEqual(['10279321764', '12']);
    }),
  );
});

test('whatever else is said opens nothing, and is not remembered', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
      const profile = startProfile();
      for (const text of texts) profile.push(text);
      profile.push('x'.repeat(100_000));
      profile.push('\nunique: 1, opcode: OPEN (14), nodeid: 5, insize: 48, pid: 1\n');
      expect([...profile.opened]).toEqual(['5']);
    }),
  );
});
