import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveKeys, makeKeyPair, seal, unseal } from '../../../spawner/src/launch/key-exchange.ts';

const launcher = makeKeyPair();
const agent = makeKeyPair();
const at = (mine = launcher, context = 'a', first = launcher.publicKey, second = agent.publicKey) =>
  deriveKeys(mine, first, second, context);

test('both sides derive the same two keys, each its own', () => {
  const ours = at(launcher);
  expect(at(agent)).toEqual(ours);
  expect(ours.stream).toHaveLength(32);
  expect(ours.stream.equals(ours.seal)).toBe(false);
});

test('another launch, swapped roles or a key from between give other keys', () => {
  const ours = at().stream;
  expect(at(agent, 'b').stream.equals(ours)).toBe(false);
  expect(at(agent, 'a', agent.publicKey, launcher.publicKey).stream.equals(ours)).toBe(false);
  const between = makeKeyPair();
  expect(at(agent, 'a', between.publicKey).stream.equals(ours)).toBe(false);
});

test('keys of another length, and the point that makes every secret zero, are refused', () => {
  for (const length of [0, 31, 33])
    expect(() => at(launcher, 'a', launcher.publicKey, Buffer.alloc(length))).toThrow();
  expect(() => at(launcher, 'a', launcher.publicKey, Buffer.alloc(32))).toThrow();
});

test('property: unseal(seal(text)) = text; every changed byte and every cut are refused', () => {
  const key = at().seal;
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (text, where, flip) => {
        const sealed = seal(key, text);
        expect(unseal(key, sealed)).toBe(text);
        const bytes = Buffer.from(sealed, 'base64');
        expect(() => unseal(key, bytes.subarray(0, where % bytes.length).toString('base64'))).toThrow();
        bytes[where % bytes.length] = (bytes[where % bytes.length] ?? 0) ^ flip;
        expect(() => unseal(key, bytes.toString('base64'))).toThrow();
      },
    ),
  );
  expect(() => unseal(at(agent, 'b').seal, seal(key, 'x'))).toThrow();
});

test('a shortened tag is no tag', () => {
  const key = at().seal;
  const tag = Buffer.from(seal(key, ''), 'base64');
  for (const length of [4, 8, 12, 15])
    expect(() => unseal(key, tag.subarray(0, length).toString('base64'))).toThrow();
});
