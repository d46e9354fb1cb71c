import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { LabPage } from './lab-page.ts';

const directory = join(import.meta.dirname, '../../reports/browser');

/** How each window of the test that ends looks, and what the Lab has said, for whoever asks why it failed. */
export async function keepEvidence(windows: readonly LabPage[], log: string): Promise<void> {
  const name = (expect.getState().currentTestName ?? 'before all').replace(/[^\w]+/g, '-').slice(0, 80);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, `${name}.log`), log);
  for (const [index, { page }] of windows.entries())
    await page.screenshot({ path: join(directory, `${name}-${index + 1}.png`) }).catch(() => undefined);
}
