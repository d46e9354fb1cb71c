import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProfile, type Touched } from '../store/start-profile.ts';

/** A start is over when nothing was opened for so long; imports from slow storage make shorter pauses. */
const QUIET_MS = 3000;
/** What a person opens after that is not the start any more. */
const LONGEST_MS = 60_000;

/** Reads what a mount was asked until the start opens no more files. */
export async function settledStart(asked: string, signal: AbortSignal): Promise<Touched> {
  const profile = startProfile();
  const file = await open(asked, 'r');
  const chunk = Buffer.alloc(64 * 1024);
  try {
    const began = performance.now();
    let grew = began;
    for (let now = began; now - grew < QUIET_MS && now - began < LONGEST_MS; now = performance.now()) {
      await sleep(QUIET_MS / 6, undefined, { signal, ref: false });
      const before = profile.opened.size;
      for (let more = await file.read(chunk); more.bytesRead > 0; more = await file.read(chunk)) {
        profile.push(chunk.toString('latin1', 0, more.bytesRead));
      }
      if (profile.opened.size > before) grew = performance.now();
    }
    return profile;
  } finally {
    await file.close();
  }
}
