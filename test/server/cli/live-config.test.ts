import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveConfig } from '../../../server/src/cli/live-config.ts';

let home = '';
let file = '';
let time = 0;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'berth-live-'));
  file = join(home, 'config.yaml');
  time = 0;
});
afterEach(() => rm(home, { recursive: true, force: true }));

const open = () => new LiveConfig({ option: file, home }, () => time);
const put = async (text: string): Promise<void> => {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
};
const SOURCE = 'sources: { lab: { type: registry, url: "http://x" } }\n';

test('the same object while the file has not changed, another one after; looked at once a second', async () => {
  await put(SOURCE);
  const live = open();
  const first = await live.config();
  expect(await live.config()).toBe(first);
  await put(`${SOURCE}defaultProfile: a\nprofiles: { a: {} }\n`);
  expect(await live.config()).toBe(first);
  time += 1_001;
  const second = await live.config();
  expect([second.defaultProfile, await live.config()]).toEqual(['a', second]);
});

test('missing, broken, mended, gone: each is told, and the next state is seen', async () => {
  const live = open();
  await expect(live.config()).rejects.toMatchObject({ code: 'config-missing' });
  await expect(live.config()).rejects.toMatchObject({ code: 'config-missing' });
  for (const [text, code] of [
    ['nonsense: 1\n', 'config-invalid'],
    [SOURCE, undefined],
  ] as const) {
    time += 1_001;
    await put(text);
    if (code === undefined) expect(Object.keys((await live.config()).sources)).toEqual(['lab']);
    else await expect(live.config()).rejects.toMatchObject({ code });
  }
  time += 1_001;
  await rm(file);
  await expect(live.config()).rejects.toMatchObject({ code: 'config-missing' });
});

test('a configuration without sources is refused for a scan only', async () => {
  await put('profiles: {}\n');
  const live = open();
  const config = await live.config();
  expect(() => live.demandSources(config)).toThrow(/names no source/);
});
