/** A launcher's part against a server of the test's own: what it waits for, what it says, what it does when that breaks. */
import { chmod } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Resources, type Outcome } from '@berth/schema';
import { inDirectory } from './launch-fixture.ts';
import { closeServers, exited, Fake, inJob, launch, resources } from './served-fixture.ts';
import { until } from './until.ts';

const LARGE = Resources.parse({ memory: '64G' });
afterEach(closeServers);

describe('an answer', () => {
  test('it waits, goes with what was wished, and tells the whole story', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, ran, reports, told, exit, written } = launch(directory);
      expect(await server.said('begin')).toMatchObject({ resources, path: 'a.ipynb' });
      server.say({ type: 'asking', resources: LARGE });
      await until(() => reports.length === 1);
      expect([reports, ran]).toEqual([[{ state: 'asking', resources: LARGE }], []]);
      server.say({ type: 'go', resources: LARGE });
      const context = await told();
      expect(ran).toEqual([LARGE]);
      context.report({ state: 'ready', node: 'n1', pid: 7 });
      context.errors.write('one\ntw');
      context.errors.write('o\nthree');
      context.log('four');
      exit();
      expect(await end).toEqual({ outcome: exited, keep: true });
      await server.said('state', 4);
      expect(server.lines.flatMap((line) => (line.type === 'state' ? [line.launch.state] : []))).toEqual([
        'asking',
        'queued',
        'ready',
        'ended',
      ]);
      expect(server.lines.flatMap((line) => (line.type === 'log' ? [line.line] : []))).toEqual([
        'one',
        'two',
        'four',
      ]);
      expect(written()).toBe('one\ntwo\nthree');
    }));
  test('no: nothing runs, and the no is kept for the next launcher', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, ran } = launch(directory);
      await server.said('begin');
      server.say({ type: 'refuse', sentence: 'You did not agree.' });
      expect(await end).toMatchObject({
        keep: true,
        outcome: { kind: 'refused', sentence: 'You did not agree.' },
      });
      expect(ran).toEqual([]);
      expect(await server.said('state')).toMatchObject({ launch: { state: 'failed' } });
    }));
  test('a refusal after an earlier end leaves that the last word, with its status', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const after: Outcome = { kind: 'time-limit', sentence: 'x', status: 143, at: '2026-11-21T03:00:00Z' };
      const { end } = launch(directory, { after });
      expect(await server.said('begin')).toMatchObject({ after });
      server.say({ type: 'refuse', sentence: 'Not again.' });
      expect(await end).toMatchObject({ keep: false, outcome: { status: 143 } });
    }));
  test('a shutdown ends the wait', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, stop, ran } = launch(directory);
      await server.said('begin');
      stop();
      expect(await end).toMatchObject({ keep: false, outcome: { kind: 'exited' } });
      expect(ran).toEqual([]);
    }));
  test('cancel ends one that runs: cancelled by the person, and kept', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, told } = launch(directory);
      await server.said('begin');
      server.say({ type: 'go' });
      await told();
      server.say({ type: 'cancel' });
      expect(await end).toMatchObject({
        keep: true,
        outcome: { kind: 'cancelled', sentence: 'Cancelled by you, in JupyterLab.', status: 143 },
      });
    }));
  test('in a job that is there it runs at once, without asking; the server may be absent', () =>
    inDirectory(async (directory) => {
      const { end, told, exit } = launch(directory, { plan: inJob });
      const context = await told();
      const server = await new Fake().listen(directory);
      const begin = await server.said('begin');
      expect('resources' in begin).toBe(false);
      expect(begin).toMatchObject({ launch: { state: 'starting', jobId: '7' } });
      context.report({ state: 'ready', node: 'n1', pid: 7 });
      await server.said('state');
      exit();
      expect(await end).toEqual({ outcome: exited, keep: true });
    }));
  test('what Slurm says comes from the server, in words', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, told, exit } = launch(directory);
      await server.said('begin');
      server.say({ type: 'go' });
      const context = await told();
      const words: unknown[] = [];
      const watch = context.queueWords?.((one) => words.push(one));
      const allocation = {
        jobId: '7',
        state: 'PENDING',
        reason: 'Priority',
        nodes: '',
        partition: 'm',
        cpus: 1,
      };
      server.say({ type: 'queue', allocation: { ...allocation, estimatedStart: '2026-11-21T04:00:00Z' } });
      await until(() => words.length === 1);
      expect(words).toEqual([
        { jobId: '7', reason: 'other jobs are before it (Priority)', estimatedStart: '2026-11-21T04:00:00Z' },
      ]);
      watch?.stop();
      exit();
      await end;
    }));
});

describe('nobody answers', () => {
  const unreachable = { kind: 'refused', status: 69, hint: expect.stringContaining('Nothing was submitted') };
  test('no server: a named failure when patience is over, which forbids no later start', () =>
    inDirectory(async (directory) => {
      const { end, ran } = launch(directory, { patienceMs: 300 });
      expect(await end).toMatchObject({ keep: false, outcome: unreachable });
      expect(ran).toEqual([]);
    }));
  test('a server that takes the call and says nothing', () =>
    inDirectory(async (directory) => {
      await new Fake().listen(directory);
      const { end } = launch(directory, { patienceMs: 2000 });
      expect((await end).outcome.sentence).toContain('it took the call and says nothing');
    }));
  test('a directory into which others may write: at once, whatever the patience (T5)', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      await chmod(directory, 0o777);
      expect((await launch(directory).end).outcome).toMatchObject({
        ...unreachable,
        sentence: expect.stringContaining('others may write'),
      });
      expect(server.sockets).toEqual([]);
    }));
  test('where Jupyter has no place for a server: at once, and nothing runs', async () => {
    const { end, ran } = launch('/dev/null');
    expect(await end).toMatchObject({
      keep: false,
      outcome: { ...unreachable, sentence: expect.stringContaining('/dev/null') },
    });
    expect(ran).toEqual([]);
  });
  test('negative control: one that asks is waited for beyond that', () =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, told, exit } = launch(directory, { patienceMs: 2000 });
      await server.said('begin');
      server.say({ type: 'asking', resources });
      await sleep(2500); // the patience is what is tested
      server.say({ type: 'go' });
      await told();
      exit();
      expect(await end).toMatchObject({ outcome: exited });
    }));
  test('one that comes late is in time', () =>
    inDirectory(async (directory) => {
      const { end, told, exit } = launch(directory, { patienceMs: 5000 });
      await sleep(300); // it starts later than the launcher
      const server = await new Fake().listen(directory);
      await server.said('begin');
      server.say({ type: 'go' });
      await told();
      exit();
      expect(await end).toMatchObject({ outcome: exited });
    }));
  test.each([
    ['garbage', '\0\0{not json}\n'],
    ['wrong types', '{"type":"go","resources":{"memory":"--uid=0"}}\n{"type":7}\n[]\nnull\n'],
    ['a line without end', 'x'.repeat(200_000)],
  ])('%s is no answer', (_, text) =>
    inDirectory(async (directory) => {
      const server = await new Fake().listen(directory);
      const { end, ran } = launch(directory, { patienceMs: 600 });
      await server.said('begin');
      server.say(text);
      expect(await end).toMatchObject({ outcome: unreachable });
      expect(ran).toEqual([]);
    }),
  );
});

describe('a server that is killed', () => {
  test('is dialled again, and told where the launch stands and what was said meanwhile; the kernel notices nothing', () =>
    inDirectory(async (directory) => {
      const first = await new Fake().listen(directory);
      const { end, told, exit } = launch(directory);
      await first.said('begin');
      first.say({ type: 'go' });
      const context = await told();
      context.report({ state: 'ready', node: 'n1', pid: 7 });
      await first.said('state', 2);
      await first.close();
      await sleep(100); // what is said before it is known that nobody listens is lost
      context.log('said while nobody listened');
      const second = await new Fake().listen(directory);
      expect(await second.said('begin')).toMatchObject({ launch: { state: 'ready', pid: 7 } });
      expect(await second.said('log')).toMatchObject({ line: 'said while nobody listened' });
      exit();
      expect(await end).toEqual({ outcome: exited, keep: true });
      expect(await second.said('state')).toMatchObject({ launch: { state: 'ended' } });
    }));
  test('while it asks: the next one is asked', () =>
    inDirectory(async (directory) => {
      const first = await new Fake().listen(directory);
      const { end, told, exit, reports } = launch(directory, { patienceMs: 2000 });
      await first.said('begin');
      first.say({ type: 'asking', resources });
      await until(() => reports.length === 1);
      await first.close();
      await sleep(2500); // longer than the patience for the first word
      const second = await new Fake().listen(directory);
      expect(await second.said('begin')).toMatchObject({ launch: { state: 'asking' } });
      second.say({ type: 'go' });
      await told();
      exit();
      expect(await end).toMatchObject({ outcome: exited });
    }));
});
