import { afterEach, expect, test } from '@jest/globals';
import { BerthClient } from '../../../extension/src/client/client.ts';
import { Catalogue } from '../../../extension/src/model/catalogue.ts';
import { kernel, kernels, SCENES } from '../stand-in/scenes.ts';
import { sendTo } from '../stand-in/send-to.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
afterEach(() => standIn.down());

test('shows the first page at once, and all of them in the end', async () => {
  standIn = await standInUp('many');
  const catalogue = new Catalogue(new BerthClient(sendTo(standIn)));
  const sizes: number[] = [];
  catalogue.changed.connect(() => sizes.push(catalogue.kernels.length));
  await catalogue.read();
  expect(sizes.slice(0, 2)).toEqual([100, 200]);
  expect(catalogue.kernels).toEqual(SCENES.many.kernels);
  expect(catalogue).toMatchObject({ total: 1000, reading: false });
});

test('when read again, what was known stays until the new list is whole', async () => {
  standIn = await standInUp('many');
  const catalogue = new Catalogue(new BerthClient(sendTo(standIn)));
  await catalogue.read();
  const sizes = new Set<number>();
  catalogue.changed.connect(() => sizes.add(catalogue.kernels.length));
  standIn.change((scene) => ({ ...scene, kernels: kernels(250) }));
  await Promise.all([catalogue.read(), catalogue.read()]);
  expect([...sizes]).toEqual([250]);
});

test('keeps the list when the server fails, and says why', async () => {
  standIn = await standInUp('one');
  const catalogue = new Catalogue(new BerthClient(sendTo(standIn), () => Promise.resolve()));
  await catalogue.read();
  standIn.stumble(4, 502);
  await catalogue.read();
  expect(catalogue.kernels).toHaveLength(1);
  expect(catalogue.problem?.code).toBe('unreachable');
  await catalogue.read();
  expect(catalogue.problem).toBeUndefined();
});

test('marks a kernel as offered before the server says so', async () => {
  standIn = await standInUp('many');
  const catalogue = new Catalogue(new BerthClient(sendTo(standIn)));
  await catalogue.read();
  catalogue.mark(kernel(500).name, true);
  expect(catalogue.kernels[500]?.offered).toBe(true);
  catalogue.dispose();
});

test('is wanted while somebody looks at it', async () => {
  standIn = await standInUp('one');
  const catalogue = new Catalogue(new BerthClient(sendTo(standIn)));
  expect(catalogue.wanted).toBe(false);
  await catalogue.read();
  expect(catalogue.wanted).toBe(true);
  catalogue.rest();
  expect(catalogue.wanted).toBe(false);
});
