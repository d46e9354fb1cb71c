import { createDecipheriv } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { deriveKeys, makeKeyPair, seal } from '../../../spawner/src/launch/key-exchange.ts';

// that the node's half, in C, derives and opens the same is tested in test/spawner/native/seal.test.ts
const launcher = makeKeyPair();
const agent = makeKeyPair();

test('two keys, each its own, bound to the launch and to both public keys', () => {
  const ours = deriveKeys(launcher, agent.publicKey, 'a');
  expect(ours.stream).toHaveLength(32);
  expect(ours.seal).toHaveLength(32);
  expect(deriveKeys(launcher, agent.publicKey, 'a')).toEqual(ours);
  const others = [
    deriveKeys(launcher, agent.publicKey, 'b'),
    deriveKeys(agent, launcher.publicKey, 'a'),
    deriveKeys(launcher, makeKeyPair().publicKey, 'a'),
  ];
  const all = [ours, ...others].flatMap(({ stream, seal: key }) =>
    [stream, key].map((one) => one.toString('hex')),
  );
  expect(new Set(all).size).toBe(8);
});

test('keys of another length, and the point that makes every secret zero, are refused', () => {
  for (const length of [0, 31, 33])
    expect(() => deriveKeys(launcher, Buffer.alloc(length), 'a')).toThrow('32 bytes');
  expect(() => deriveKeys(launcher, Buffer.alloc(32), 'a')).toThrow();
});

test('property: sealed as RFC 8439 has it, so that every changed byte is noticed', () => {
  const key = deriveKeys(launcher, agent.publicKey, 'a').seal;
  const open = (bytes: Buffer): string => {
    const decipher = createDecipheriv('chacha20-poly1305', key, Buffer.alloc(12), { authTagLength: 16 });
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  };
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (text, where, flip) => {
        const sealed = seal(key, text);
        expect(open(sealed)).toBe(text);
        expect(sealed).toHaveLength(Buffer.byteLength(text) + 16);
        sealed[where % sealed.length] = (sealed[where % sealed.length] ?? 0) ^ flip;
        expect(() => open(sealed)).toThrow();
      },
    ),
  );
});
