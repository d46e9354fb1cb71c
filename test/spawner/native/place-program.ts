import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const sources = join(root, 'spawner/native');

/** The built berth-place, as it is installed; compiled only when a source has changed. */
export const placeProgram = (): Promise<string> => make(sources, join(root, '.berth/native'), 'berth-place');

/** The same with the address and undefined behaviour sanitizers, which end it loudly at the first mistake. */
export const hardenedPlace = (): Promise<string> =>
  make(sources, join(root, '.berth/native'), 'berth-place-hardened', 'hardened');

/** What is beside it: the gate, and the shim in containers; built likewise. */
export async function gatePrograms(hardened = false): Promise<{ gate: string; shim: string }> {
  const end = hardened ? '-hardened' : '';
  const place = await (hardened ? hardenedPlace() : placeProgram());
  const beside = (name: string): string => join(dirname(place), `${name}${end}`);
  return { gate: beside('berth-gate'), shim: beside('berth-shim') };
}

/** Both as valgrind can look at them. */
export async function checkedPrograms(): Promise<{ gate: string; shim: string }> {
  const gate = await make(sources, join(root, '.berth/native'), 'berth-gate-checked', 'checked');
  return { gate, shim: join(dirname(gate), 'berth-shim-checked') };
}

/** One in which, in that source file, `from` (which must be there, once) has become `to`. */
export interface ChangedSource {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Built in `directory` from changed sources: the product itself has no switch that takes a guard out. */
export async function changedPlace(
  changes: readonly ChangedSource[],
  directory: string,
  kind: 'plain' | 'hardened' = 'plain',
): Promise<string> {
  const copy = join(directory, 'native');
  await mkdir(directory, { recursive: true });
  await cp(sources, copy, { recursive: true });
  for (const { file, from, to } of changes) {
    const path = join(copy, file.replace(/^spawner\/native\//, ''));
    const parts = (await readFile(path, 'utf8')).split(from);
    if (parts.length !== 2) throw new Error(`${file} does not have, once: ${from}`);
    await writeFile(path, parts.join(to));
  }
  return kind === 'plain'
    ? make(copy, directory, 'berth-place')
    : make(copy, directory, 'berth-place-hardened', 'hardened');
}

async function make(from: string, out: string, name: string, ...targets: string[]): Promise<string> {
  await run('make', ['--silent', '-C', from, `OUT=${out}`, ...targets]);
  return join(out, name);
}
