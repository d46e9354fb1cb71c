import { readFileSync } from 'node:fs';

/** Where in a connection file a launcher leaves its last word. */
export const OUTCOME_KEY = 'berth_outcome';

/** Whether a last word may be in there: every start looks, hardly one finds any, so nothing is parsed for it. */
export function mentionsOutcome(connectionFile: string): boolean {
  try {
    return readFileSync(connectionFile, 'utf8').includes(`"${OUTCOME_KEY}"`);
  } catch {
    // who needs the file says what is wrong with it
    return false;
  }
}
