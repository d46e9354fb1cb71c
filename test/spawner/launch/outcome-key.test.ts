import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { writeOutcome } from '../../../spawner/src/launch/outcome-file.ts';
import { mentionsOutcome } from '../../../spawner/src/launch/outcome-key.ts';
import { connectionFile, inDirectory } from './launch-fixture.ts';

test('seen when it is there, and only then', () =>
  inDirectory(async (directory) => {
    const file = `${directory}/kernel-1.json`;
    expect(mentionsOutcome(file)).toBe(false);
    await writeFile(file, JSON.stringify(connectionFile()));
    expect(mentionsOutcome(file)).toBe(false);
    await writeOutcome(file, { kind: 'lost', sentence: 'x', status: 1, at: '2026-11-21T03:00:00Z' });
    expect(mentionsOutcome(file)).toBe(true);
  }));
