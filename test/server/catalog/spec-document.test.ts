/** Hostile kernel.json (T24). */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { findKernels } from '../../../server/src/catalog/index.ts';
import { plainText, readSpec } from '../../../server/src/catalog/spec-document.ts';
import { configOf, DEBIAN_PYTHON, SPEC, treeOfFiles } from './image-of.ts';

const read = (more: object) =>
  readSpec(Buffer.from(JSON.stringify({ ...(JSON.parse(SPEC) as object), ...more })), 'name');

test('names that Jupyter does not admit are refused', () => {
  const names = ['..', 'a b', 'ünï', '<b>'];
  const files = Object.fromEntries(
    names.map((name) => [`usr/share/jupyter/kernels/${name}x ${name}/kernel.json`, SPEC]),
  );
  const { kernels, broken } = findKernels(treeOfFiles({ ...DEBIAN_PYTHON, ...files }), configOf());
  expect(kernels).toEqual([]);
  expect(broken).toHaveLength(names.length);
});

test('10 MB, deep nesting, a huge argv and NUL are refused', () => {
  expect(readSpec(Buffer.alloc(10e6, 0x20), 'x')).toMatch(/longer/);
  expect(readSpec(undefined, 'x')).toMatch(/longer/);
  expect(readSpec(Buffer.from('['.repeat(30_000)), 'x')).toMatch(/expected object/);
  expect(read({ argv: Array.from({ length: 65 }, () => '{connection_file}') })).toMatch(
    /longer than any command/,
  );
  expect(read({ argv: ['a\0b', '{connection_file}'] })).toMatch(/longer than any command/);
  expect(read({ argv: 'sh -c "$(touch /tmp/x) {connection_file}"' })).toMatch(/argv: .*expected array/);
});

describe('display names', () => {
  test('lose control, direction and markup characters', () => {
    expect(read({ display_name: 'Py\u202ethon <img src=x onerror=alert(1)>\u001b[31m\n3' })).toMatchObject({
      displayName: 'Py thon img src=x onerror=alert(1) [31m 3',
    });
    expect(read({ display_name: '\u200b' })).toMatchObject({ displayName: 'name' });
    expect(read({ display_name: 'x'.repeat(60_000) })).toMatchObject({ displayName: `${'x'.repeat(99)}…` });
  });

  test('are one short printable line whatever they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => {
        const plain = plainText(text);
        expect(plain).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}<>]/u);
        expect(Array.from(plain).length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

test('environment variables that change which code runs are dropped, and that is said', () => {
  const env = {
    LD_PRELOAD: '/x.so',
    BASH_ENV: '/x',
    SLURM_CONF: '/x',
    JPY_PARENT_PID: '1',
    'A=B': 'x',
    HOME: '/',
    LD_LIBRARY_PATH: '/l',
    OK: '1',
  };
  const spec = read({ env });
  expect(spec).toMatchObject({ env: { LD_LIBRARY_PATH: '/l', OK: '1' } });
  expect(spec).toMatchObject({
    notices: expect.arrayContaining(['its variable LD_PRELOAD is not taken over']) as unknown,
  });
});

test('metadata cannot speak for Berth, nor be endless', () => {
  expect(read({ metadata: { berth: { image: 'x' }, debugger: true } })).toMatchObject({
    metadata: { debugger: true },
  });
  expect(read({ metadata: { x: 'y'.repeat(20_000) } })).toMatchObject({ metadata: {} });
});
