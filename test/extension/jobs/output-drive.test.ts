import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NotebookModel } from '@jupyterlab/notebook';
import { OutputDrive, outputOf, outputPath } from '../../../extension/src/jobs/output-drive.ts';
import { type BerthOfTests, berthOf } from '../stand-in/berth.ts';
import { sampleJobs, sampleOutput } from '../stand-in/job-scenes.ts';
import { type StandIn, standInUp } from '../stand-in/stand-in.ts';

let standIn: StandIn;
let tests: BerthOfTests;
let drive: OutputDrive;
beforeEach(async () => {
  standIn = await standInUp('many');
  tests = berthOf(standIn);
  drive = new OutputDrive(tests.session.client);
});
afterEach(async () => {
  drive.dispose();
  tests.down();
  await standIn.down();
});

test('the path of each run names it, and comes back', () => {
  const [one, sweep] = sampleJobs;
  if (!one || !sweep) throw new Error('no jobs');
  expect(outputPath(one, 0)).toBe('BerthJobs:0000000000000001/0/train.ipynb');
  expect(outputPath(sweep, 12)).toBe('BerthJobs:0000000000000002/12/fit 12.ipynb');
  expect(outputOf(outputPath(sweep, 12))).toEqual({ id: '0000000000000002', index: '12' });
  for (const path of ['', 'a.ipynb', 'BerthJobs:../../etc', 'BerthJobs:0000000000000002/x/y'])
    expect(outputOf(path)).toBeUndefined();
});

test('it is a notebook that can only be read', async () => {
  expect(await drive.get('0000000000000001/0/train.ipynb')).toMatchObject({
    type: 'notebook',
    name: 'train.ipynb',
    writable: false,
    content: { nbformat: 4 },
  });
  expect(standIn.asked).toContain('GET /v1/jobs/0000000000000001/elements/0/output');
  expect(await drive.listCheckpoints()).toEqual([]);
  for (const change of [drive.save, drive.delete, drive.rename, drive.newUntitled, drive.createCheckpoint])
    await expect(change()).rejects.toThrow('only be read');
});

test('what it is is told without reading it', async () => {
  expect(await drive.get('0000000000000001/0/train.ipynb', { content: false })).toMatchObject({
    type: 'notebook',
    content: null,
    writable: false,
  });
  expect(standIn.asked.filter((one) => one.endsWith('/output'))).toEqual([]);
});

test('no cell is trusted, whatever it says of itself (T41)', async () => {
  const { content } = (await drive.get('0000000000000001/0/train.ipynb')) as {
    content: { cells: { metadata: Record<string, unknown> }[] };
  };
  expect(sampleOutput.cells[1]?.metadata).toEqual({ trusted: true });
  expect(content.cells.map(({ metadata }) => metadata)).toEqual([{ tags: ['injected-parameters'] }, {}, {}]);
});

test('Lab finds nothing to add to it, which it would ask to save', async () => {
  const { content } = (await drive.get('0000000000000001/0/train.ipynb')) as {
    content: Parameters<NotebookModel['fromJSON']>[0];
  };
  const dirty = (given: typeof content): boolean => {
    const model = new NotebookModel();
    model.fromJSON(given);
    return model.dirty;
  };
  expect(dirty(content)).toBe(false);
  expect(content.metadata).toMatchObject({
    kernelspec: { name: 'climate-1' },
    language_info: { name: 'python' },
  });
  // as the node has it (control)
  expect(dirty(sampleOutput as typeof content)).toBe(true);
});

test('one that is not there says so', async () => {
  await expect(drive.get('00000000000000ff/0/x.ipynb')).rejects.toMatchObject({
    message: 'There is no such thing.',
  });
});
