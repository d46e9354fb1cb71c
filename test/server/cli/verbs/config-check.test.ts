/** What "config check" says of a configuration is what the other verbs say. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBerth } from '../start-berth.ts';

let home = '';
let file = '';
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-check-'));
  file = join(home, 'config.yaml');
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function berth(text: string, ...args: readonly string[]) {
  await writeFile(file, text);
  return startBerth([...args, '--config', file], { HOME: home }).ended;
}

test.each([
  ['', 1],
  ['kernels: {show: 5}\nsources: {}\n', 2],
])('%j names no source: told, as images ls tells it', async (text, line) => {
  const checked = await berth(text, 'config', 'check');
  expect(checked).toMatchObject({ status: 78, stdout: `${file}:${line}: sources: names no source\n` });
  expect((await berth(text, 'images', 'ls')).status).toBe(78);
});

test('one that is in order says that nobody was asked', async () => {
  const text = 'sources: {lab: {type: registry, url: "http://127.0.0.1:1"}}';
  const { status, stdout } = await berth(text, 'config', 'check');
  expect([status, stdout]).toEqual([0, expect.stringMatching(/: ok \(its sources were not asked/)]);
});

test('doctor: one that is not valid is one problem, not also a missing source', async () => {
  const { stdout } = await berth('sources: [', 'doctor');
  expect(stdout).toMatch(/PROBLEM {2}configuration: /);
  expect(stdout).not.toMatch(/ sources: /);
});
