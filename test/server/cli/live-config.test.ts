import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Failure } from '@berth/schema';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../server/src/cli/config-file.ts';
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

const open = () => new LiveConfig({ option: file, home }, () => time, { load: loadConfig, patience: 60_000 });
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

describe('a file system that is not well', () => {
  /** Every load is `fault()` first. A load that does not hang may take its time on a busy machine. */
  const ill = (fault: () => Promise<void>, patience = 10_000) =>
    new LiveConfig({ option: file, home }, () => time, {
      load: async (place) => {
        await fault();
        return loadConfig(place);
      },
      patience,
    });
  const failing = (code: string) => async (): Promise<never> => {
    const cause = Object.assign(new Error(code), { errno: -24, code });
    throw new Failure('config-invalid', { file, why: code }, { cause });
  };
  const well = async (): Promise<void> => undefined;

  test('a failure of the moment is forgotten at the next look, although the file is the same', async () => {
    await put(SOURCE);
    let fault: () => Promise<void> = failing('EMFILE');
    const live = ill(() => fault());
    await expect(live.config()).rejects.toMatchObject({ code: 'config-invalid' });
    fault = well;
    time += 1_001;
    expect(Object.keys((await live.config()).sources)).toEqual(['lab']);
  });

  test('what was good stays in force meanwhile; what was forbidden is told', async () => {
    await put(SOURCE);
    let fault: () => Promise<void> = well;
    const live = ill(() => fault());
    const good = await live.config();
    await put(`${SOURCE}profiles: { a: {} }\n`);
    fault = failing('EIO');
    time += 1_001;
    expect(await live.config()).toBe(good);
    fault = failing('EACCES');
    time += 1_001;
    await expect(live.config()).rejects.toMatchObject({ code: 'config-invalid' });
    fault = well;
    time += 1_001;
    expect(Object.keys((await live.config()).profiles)).toEqual(['a']);
  });

  test('a home that hangs: one look, waited for once, then the last configuration; and on when it is back', async () => {
    await put(SOURCE);
    let loads = 0;
    let fault: () => Promise<void> = well;
    const live = ill(() => {
      loads += 1;
      return fault();
    });
    const good = await live.config();
    await put(`${SOURCE}profiles: { a: {} }\n`);
    let back = (): void => undefined;
    fault = () => new Promise((resolve) => (back = resolve));
    for (let at = 0; at < 5; at += 1) {
      time += 1_001;
      expect(await live.config()).toBe(good);
    }
    expect(loads).toBe(2);
    back();
    fault = well;
    while ((await live.config()) === good) {
      time += 1_001;
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(Object.keys((await live.config()).profiles)).toEqual(['a']);
  });

  test('one that hangs from the beginning is told instead of waited for', async () => {
    await put(SOURCE);
    const live = ill(() => new Promise(() => undefined), 20);
    await expect(live.config()).rejects.toThrow(/its file system does not answer/);
  });
});
