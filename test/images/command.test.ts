import { expect, test } from '@jest/globals';
import { command } from './command.ts';

test('gives what a command printed, its arguments untouched by any shell', async () => {
  expect(await command(['printf', '%s', '$HOME `id` "'])).toBe('$HOME `id` "');
});

test('a failure tells the command and its last lines', async () => {
  await expect(command(['tar', '--list', '--file=/nonexistent'])).rejects.toThrow(
    /tar --list --file=\/nonexistent failed:\n[^]*No such file/,
  );
});

test('an environment that is given replaces ours', async () => {
  expect(await command(['/usr/bin/env'], { env: { ONLY: '1' } })).toBe('ONLY=1\n');
});
