import { basename } from 'node:path';
import ts from 'typescript';
import { nodesOf, placeOf, type SourceFile } from './source-file.ts';

const MOST_LINES = 300;
const SAYS_NOTHING = /^(?:utils?|helpers?|common|misc|managers?)$/;

/** Files of 300 lines and more. */
export const longFiles = (files: readonly SourceFile[]): readonly string[] =>
  files.filter(({ text }) => text.split('\n').length > MOST_LINES).map(({ path }) => path);

/** Files and folders whose name says nothing about what they hold. */
export const emptyNames = (files: readonly SourceFile[]): readonly string[] =>
  files
    .map(({ path }) => path)
    .filter((path) =>
      path.split('/').some((part) =>
        basename(part)
          .replace(/\..*$/, '')
          .split(/[-_]/)
          .some((word) => SAYS_NOTHING.test(word)),
      ),
    );

/** Reading the command line or the environment, and exiting: the composition root's alone. */
export function processUses(files: readonly SourceFile[]): readonly string[] {
  const words = new Set(['env', 'argv', 'exit', 'exitCode']);
  return files.flatMap((file) =>
    [...nodesOf(file)]
      .filter((node) => {
        if (ts.isPropertyAccessExpression(node)) {
          return node.expression.getText() === 'process' && words.has(node.name.text);
        }
        if (ts.isElementAccessExpression(node)) return node.expression.getText() === 'process';
        return ts.isImportDeclaration(node) && /^(?:node:)?process$/.test(specifier(node));
      })
      .map((node) => placeOf(file, node)),
  );
}

/** Whatever puts a shell between us and a command: exec, execSync, `shell: …` other than false (T35). */
export function shellUses(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) =>
    [...nodesOf(file)].filter((node) => shellOption(node) || execImport(node)).map((n) => placeOf(file, n)),
  );
}

/** `shell: true` anywhere; any `shell` but false in what is handed to spawn or execFile. People have shells too. */
function shellOption(node: ts.Node): boolean {
  if (!ts.isPropertyAssignment(node) && !ts.isShorthandPropertyAssignment(node)) return false;
  if (!/^['"]?shell['"]?$/.test(node.name.getText())) return false;
  const value = ts.isPropertyAssignment(node) ? node.initializer.kind : ts.SyntaxKind.Identifier;
  if (value === ts.SyntaxKind.TrueKeyword) return true;
  const call = node.parent.parent;
  const starts =
    ts.isCallExpression(call) && /(?:spawn|execFile|fork)(?:Sync)?$/.test(call.expression.getText());
  return starts && value !== ts.SyntaxKind.FalseKeyword;
}

function execImport(node: ts.Node): boolean {
  if (!ts.isImportDeclaration(node) || !/^(?:node:)?child_process$/.test(specifier(node))) return false;
  const bindings = node.importClause?.namedBindings;
  // a namespace import would hide what is used
  if (node.importClause?.name || (bindings && ts.isNamespaceImport(bindings))) return true;
  return bindings?.elements.some(isExec) ?? false;
}

const isExec = (element: ts.ImportSpecifier): boolean =>
  /^exec(?:Sync)?$/.test((element.propertyName ?? element.name).text);

const specifier = (node: ts.ImportDeclaration): string =>
  ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier.text : '';

/** Tests that do not run, or that keep others from running. */
export function sleepingTests(files: readonly SourceFile[]): readonly string[] {
  const called = /^(?:xit|xtest|xdescribe|fit|fdescribe)$/;
  const member = /^(?:skip|only|todo|failing)$/;
  const subject = /^(?:it|test|describe)(?:\.|$)/;
  return files.flatMap((file) =>
    [...nodesOf(file)]
      .filter((node) =>
        ts.isPropertyAccessExpression(node)
          ? member.test(node.name.text) && subject.test(node.expression.getText())
          : ts.isCallExpression(node) && called.test(node.expression.getText()),
      )
      .map((node) => placeOf(file, node)),
  );
}
