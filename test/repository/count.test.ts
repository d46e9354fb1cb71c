import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { count } from '../../scripts/count.ts';

let reports: string;
beforeEach(() => {
  reports = mkdtempSync(join(tmpdir(), 'berth-count-'));
  for (const name of ['setup', 'types', 'bundle', 'wheel', 'eslint', 'prettier', 'unit', 'live', 'timed'])
    step(name, 0);
  for (const name of ['unit', 'live', 'timed']) report(name, {});
});
afterEach(() => {
  rmSync(reports, { recursive: true });
});

const step = (name: string, status: number) => {
  writeFileSync(join(reports, `${name}.step`), `${String(status)}\n`);
};
const report = (name: string, changes: object) => {
  const all = {
    success: true,
    wasInterrupted: false,
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
  };
  writeFileSync(join(reports, `${name}.json`), JSON.stringify({ ...all, ...changes }));
};

test('all passed', () => {
  expect(count(reports, 0)).toEqual({ passed: 9, failed: 0, reasons: [] });
});

test('a failed test counts once, although its step and npm failed too', () => {
  report('unit', { numFailedTests: 1, success: false });
  step('unit', 1);
  expect(count(reports, 1)).toEqual({ passed: 9, failed: 1, reasons: [] });
});

test.each([
  [
    'a test file that could not run',
    () => {
      report('live', { numRuntimeErrorTestSuites: 1, success: false });
    },
  ],
  [
    'a skipped test',
    () => {
      report('live', { numPendingTests: 1 });
    },
  ],
  [
    'a run in which no test ran',
    () => {
      report('live', { numPassedTests: 0 });
    },
  ],
  [
    'an interrupted run',
    () => {
      report('live', { wasInterrupted: true });
    },
  ],
  [
    'a run that failed for another reason',
    () => {
      report('live', { success: false });
    },
  ],
  [
    'half a report',
    () => {
      writeFileSync(join(reports, 'live.json'), '{"success": tr');
    },
  ],
  [
    'no report',
    () => {
      rmSync(join(reports, 'live.json'));
    },
  ],
  [
    'a failing linter',
    () => {
      step('eslint', 1);
    },
  ],
  [
    'types that do not fit',
    () => {
      step('types', 2);
    },
  ],
  [
    'a step that never ran',
    () => {
      rmSync(join(reports, 'prettier.step'));
    },
  ],
  [
    'coverage below its mark: jest fails without a failed test',
    () => {
      step('unit', 1);
    },
  ],
])('%s counts as failed', (_, spoil) => {
  spoil();
  const { failed, reasons } = count(reports, 0);
  expect(failed).toBe(1);
  expect(reasons).toHaveLength(1);
});

test('npm failing without any report at all', () => {
  expect(count(join(reports, 'none'), 1)).toMatchObject({ passed: 0, failed: 9 });
});

test('a status without a reason is a failure', () => {
  expect(count(reports, 1)).toMatchObject({ passed: 9, failed: 1 });
});
