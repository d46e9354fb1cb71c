import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

export const root = join(import.meta.dirname, '../..');

/** A TypeScript file of the repository; `path` is relative to its root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const SOURCES = ['schema/src', 'spawner/src', 'server/src', 'extension/src'];
const NOT_OURS = new Set(['lib', 'dist', 'node_modules', 'samples']);

function filesBelow(folder: string): readonly SourceFile[] {
  const directory = join(root, folder);
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesBelow(path);
    return /\.tsx?$/.test(entry.name) ? [{ path, text: readFileSync(join(root, path), 'utf8') }] : [];
  });
}

/** What is delivered. */
export const productFiles = (): readonly SourceFile[] => SOURCES.flatMap(filesBelow);
/** C, which no rule for TypeScript is for. */
export const nativeFiles = (): readonly SourceFile[] =>
  readdirSync(join(root, 'spawner/native'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[ch]$/.test(name))
    .map((name) => join('spawner/native', name))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
export const testFiles = (): readonly SourceFile[] => filesBelow('test');
export const scriptFiles = (): readonly SourceFile[] => filesBelow('scripts');
export const allFiles = (): readonly SourceFile[] => [...productFiles(), ...testFiles(), ...scriptFiles()];

/** All module specifiers that a file names: import, import type, export from, import(). */
export function importsOf(file: SourceFile): readonly string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** Every node of the file's syntax tree. */
export function* nodesOf(file: SourceFile): Generator<ts.Node> {
  const walk = function* (node: ts.Node): Generator<ts.Node> {
    yield node;
    // getChildren would also give the tokens; forEachChild takes a callback, so it is collected first
    const children: ts.Node[] = [];
    node.forEachChild((child) => void children.push(child));
    for (const child of children) yield* walk(child);
  };
  yield* walk(ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true));
}

/** `path:line`, for messages. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  const { line } = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart());
  return `${relative('.', file.path)}:${String(line + 1)}`;
}
