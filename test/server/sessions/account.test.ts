import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { accountIn, systemAccounts } from '../../../server/src/sessions/account.ts';

describe('one line of passwd (T39)', () => {
  test('of an ordinary person', () => {
    expect(accountIn('alice:x:2001:2001:Alice:/home/alice:/bin/bash\n', 'alice', 1000)).toBe(2001);
  });
  test.each([
    'root:x:0:0:root:/root:/bin/bash',
    'alice:x:0:0::/home/alice:/bin/sh',
    'alice:x:999:999::/home/alice:/bin/sh',
    'alice:x:2001:0::/home/alice:/bin/sh',
    'alice:x:65534:65534::/home/alice:/bin/sh',
    'alice:x:4294967295:5::/home/alice:/bin/sh',
    'alice:x:-1:5::/home/alice:/bin/sh',
    'alice:x:2001:5:::/bin/sh',
    'bob:x:2001:5::/home/bob:/bin/sh',
    '',
  ])('%j is refused', (line) => {
    expect(() => accountIn(line, 'alice', 1000)).toThrow('No server is started');
  });
});

test('only plain names are ever asked for', async () => {
  const asked: (readonly string[])[] = [];
  const accounts = systemAccounts(
    async (argv) => {
      asked.push(argv);
      return { status: 2, signal: null, stdout: '', stderr: '' };
    },
    () => 1000,
    () => 0,
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.constantFrom('-rf', '0', '#0', 'аlice', 'a b')),
      async (name) => {
        await expect(accounts.find(name)).rejects.toThrow('No server is started');
      },
    ),
  );
  for (const argv of asked) expect(argv[2]).toMatch(/^[a-z_][a-z0-9_-]{0,31}$/);
});

function directoryOf() {
  const state = { asked: 0, away: false, now: 0 };
  const accounts = systemAccounts(
    async ([program = '']) => {
      state.asked += 1;
      const stdout = program.endsWith('id')
        ? 'alice\0domain users\0project-x\0'
        : 'alice:x:2001:2001:Alice:/home/alice:/bin/bash\n';
      return { status: state.away ? 2 : 0, signal: null, stdout, stderr: '' };
    },
    () => 1000,
    () => state.now,
  );
  return { state, accounts };
}

test('a group whose name has a blank is one group, not two', async () => {
  const { groups } = await directoryOf().accounts.find('alice');
  expect(groups).toEqual(['alice', 'domain users', 'project-x']);
});

test('a group without a name keeps nobody out: id tells its number, and ends with 1', async () => {
  const accounts = systemAccounts(
    async ([program = '']) =>
      program.endsWith('id')
        ? {
            status: 1,
            signal: null,
            stdout: 'alice\x0054321\0lab\0',
            stderr: 'id: cannot find name for group ID 54321',
          }
        : { status: 0, signal: null, stdout: 'alice:x:2001:2001::/home/alice:/bin/sh\n', stderr: '' },
    () => 1000,
    () => 0,
  );
  const alice = await accounts.find('alice');
  expect(alice.groups).toEqual(['alice', '54321', 'lab']);
  expect(alice.hasNameless).toBe(true);
});

test('a directory that takes too long refuses nobody: it is to be asked again (F1)', async () => {
  for (const slow of ['getent', 'id']) {
    const accounts = systemAccounts(
      async ([program = '']) => ({
        status: program.endsWith(slow) ? null : 0,
        signal: null,
        stdout: 'alice:x:2001:2001::/home/alice:/bin/sh\n',
        stderr: '',
      }),
      () => 1000,
      () => 0,
    );
    await expect(accounts.find('alice')).rejects.toMatchObject({ code: 'accounts-unreachable' });
  }
});

test('many pages at once ask the directory once; what it did not know it is asked again; nothing is believed for long', async () => {
  const { state, accounts } = directoryOf();
  await Promise.all(Array.from({ length: 200 }, () => accounts.find('alice')));
  expect(state.asked).toBe(2);
  state.away = true;
  await accounts.find('alice');
  state.now = 31_000;
  await expect(accounts.find('alice')).rejects.toThrow('No server is started');
  state.away = false;
  expect((await accounts.find('alice')).uid).toBe(2001);
});
