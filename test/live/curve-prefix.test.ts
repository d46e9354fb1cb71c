import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LaunchRecord } from '@berth/schema';
import { siteUp, type Site } from './site.ts';

jest.setTimeout(60_000);

let site: Site;
beforeAll(async () => {
  site = await siteUp({ images: ['bare-python'] });
}, 180_000);
afterAll(() => site?.down(), 60_000);

test('an ipykernel that has no kernelspec in the image is offered for encryption too, and speaks it', async () => {
  const name = await site.kernel('bare-python');
  const directory = join(site.person('alice').kernels, name);
  const read = async (file: string): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, file), 'utf8'));
  const record = LaunchRecord.parse(await read('berth.json'));
  expect(record.kernel.origin).toBe('python-prefix');
  expect(await read('kernel.json')).toMatchObject({ metadata: { supported_encryption: ['curve'] } });
  const driver = await site.driver();
  const kernel = await driver.kernel(name, { encryption: 'required' });
  const connection: unknown = JSON.parse(await readFile(kernel.connectionFile, 'utf8'));
  expect(connection).toMatchObject({ curve_publickey: expect.stringMatching(/^.{40}$/) });
  expect(await kernel.output('print(6 * 7)')).toBe('42\n');
  await kernel.shutdown();
  expect(await kernel.ended()).toBe(0);
  await site.untilClean(10_000);
});
