/** `count.ts REPORTS STATUS`: the outcome of `npm test` in one last line. Whatever is missing or odd counts as failed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';

/** jest --json. Source: jest documentation, "testResultsProcessor", the shape of its result. */
const JestReport = z.object({
  success: z.boolean(),
  wasInterrupted: z.optional(z.boolean()),
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  numRuntimeErrorTestSuites: z.number(),
});

export interface Count {
  readonly passed: number;
  readonly failed: number;
  /** one line for each thing that failed and is not a test of its own */
  readonly reasons: readonly string[];
}

const STEPS = ['setup', 'types', 'bundle', 'wheel', 'eslint', 'prettier', 'unit', 'live', 'timed'];
const PROJECTS = ['unit', 'live', 'timed'];

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** A test run's report; `undefined` if there is none that can be read. */
function countProject(text: string | undefined, project: string): Count {
  let report;
  try {
    report = JestReport.parse(JSON.parse(text ?? ''));
  } catch {
    return { passed: 0, failed: 1, reasons: [`${project}: no report`] };
  }
  const reasons: string[] = [];
  const { numPassedTests: passed, numRuntimeErrorTestSuites: broken } = report;
  // a skipped test proves nothing
  const skipped = report.numPendingTests + report.numTodoTests;
  let failed = report.numFailedTests + broken + skipped;
  if (broken > 0) reasons.push(`${project}: ${String(broken)} test files could not run`);
  if (skipped > 0) reasons.push(`${project}: ${String(skipped)} tests were skipped`);
  if (passed === 0 && failed === 0) {
    failed = 1;
    reasons.push(`${project}: no test ran`);
  }
  if ((!report.success || report.wasInterrupted === true) && failed === 0) {
    failed = 1;
    reasons.push(`${project}: ended early`);
  }
  return { passed, failed, reasons };
}

/**
 * Counts the reports in `directory` (NAME.json of jest's projects, NAME.step with each step's exit status) of a test
 * command that ended with `status`.
 */
export function count(directory: string, status: number): Count {
  const projects = PROJECTS.map((name) => countProject(read(join(directory, `${name}.json`)), name));
  const passed = projects.reduce((sum, { passed }) => sum + passed, 0);
  let failed = projects.reduce((sum, { failed }) => sum + failed, 0);
  const reasons = projects.flatMap(({ reasons }) => reasons);
  for (const [index, name] of STEPS.entries()) {
    const ended = read(join(directory, `${name}.step`))?.trim();
    // a project whose tests failed has been counted by these tests
    const counted = projects[index - (STEPS.length - PROJECTS.length)];
    if (ended === '0' || (counted && counted.failed > 0)) continue;
    failed += 1;
    reasons.push(ended === undefined ? `${name}: did not run` : `${name}: failed (status ${ended})`);
  }
  if (status !== 0 && failed === 0) {
    failed = 1;
    reasons.push(`npm test ended with status ${String(status)}`);
  }
  return { passed, failed, reasons };
}

if (process.argv[1] === import.meta.filename) {
  const [directory = 'reports', status = '1'] = process.argv.slice(2);
  const { passed, failed, reasons } = count(directory, Number(status));
  for (const reason of reasons) console.log(reason);
  console.log(`${String(passed)} passed, ${String(failed)} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
