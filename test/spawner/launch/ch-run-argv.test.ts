import { describe, expect, test } from '@jest/globals';
import type { Container } from '@berth/schema';
import fc from 'fast-check';
import { environmentFile, kernelCommand } from '../../../spawner/src/launch/ch-run-argv.ts';
import { launchRecord } from './launch-fixture.ts';

const { image } = launchRecord();
const container: Container = {
  rootfs: { format: 'squashfs', digest: image.digest },
  mounts: [{ source: '/srv/alice', target: '/srv/alice' }],
  env: {},
  passed: [],
  cwd: '/srv/alice/my work',
  argv: ['/opt/env/bin/python', '-m', 'k', '-f', '{connection_file}', '--f={connection_file}', '$HOME'],
};

test('the command line of a kernel: golden argv', () => {
  expect(kernelCommand(container, { mountPoint: '/mnt/b', chRun: '/usr/bin/ch-run' })).toEqual([
    ...['/usr/bin/ch-run', '--private-tmp'],
    ...['--bind', '/mnt/b/run:/run/berth', '--bind', '/mnt/b/tmp:/tmp'],
    ...['--bind', '/srv/alice:/srv/alice', '--cd', '/srv/alice/my work'],
    ...['--unset-env=*', '--env-no-expand', '--set-env=/mnt/b/run/environment', '/mnt/b/root', '--'],
    ...[
      '/opt/env/bin/python',
      '-m',
      'k',
      '-f',
      '/run/berth/connection.json',
      '--f=/run/berth/connection.json',
      '$HOME',
    ],
  ]);
});

describe('the environment file', () => {
  test('one pair of quotes is ch-run`s, what is inside is the value: quotes, $, spaces, nothing', () => {
    const { text, left } = environmentFile({ A: `it's "q"`, B: '$HOME ${x}', C: '', D: ' = ', E: `'` });
    expect(text).toBe(`A='it's "q"'\nB='$HOME \${x}'\nC=''\nD=' = '\nE='''\n`);
    expect(left).toEqual([]);
  });
  test('line breaks, NUL and names that are none cannot be written: left out and named', () => {
    const { text, left } = environmentFile({
      OK: '1',
      A: 'x\ny',
      B: 'x\0',
      'C D': '1',
      '': '1',
      'E\nX': '1',
      'F\0G': '1',
    });
    expect(text).toBe(`OK='1'\n`);
    expect(left).toEqual(['A', 'B', 'C D', '', 'E\nX', 'F\0G']);
  });
  test('property: read the way ch-run reads it, the same environment comes out', () => {
    const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/);
    const values = fc.string({ unit: fc.constantFrom(...`ab'"$ =\\\n#é`.split('')), maxLength: 12 });
    fc.assert(
      fc.property(fc.dictionary(names, values), (env) => {
        const { text, left } = environmentFile(env);
        const read = text
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => {
            const at = line.indexOf('=');
            return [line.slice(0, at), line.slice(at + 1).replace(/^'([^]*)'$/, '$1')] as const;
          });
        expect(read).toEqual(Object.entries(env).filter(([name]) => !left.includes(name)));
        for (const name of left) expect(env[name]).toContain('\n');
      }),
    );
  });
});
