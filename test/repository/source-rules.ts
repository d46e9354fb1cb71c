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

/** What of the process the parts below may use: who it is and how it fares, and files and signals of its own. */
const OF_PROCESS = new Set(['pid', 'getuid', 'geteuid', 'kill', 'umask', 'hrtime', 'memoryUsage']);
const GLOBAL = /^(?:globalThis|global)$/;

/** The process itself in another's hands, and all of it but a few members: reading and ending it is the composition root's. */
export function processUses(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap((file) => [...nodesOf(file)].filter(isProcessUse).map((node) => placeOf(file, node)));
}

function isProcessUse(node: ts.Node): boolean {
  if (/^(?:node:)?process$/.test(moduleNamed(node))) return true;
  if (ts.isElementAccessExpression(node) && GLOBAL.test(node.expression.getText()))
    return ts.isStringLiteral(node.argumentExpression) && node.argumentExpression.text === 'process';
  if (!ts.isIdentifier(node) || node.text !== 'process') return false;
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.name === node
      ? GLOBAL.test(parent.expression.getText())
      : !OF_PROCESS.has(parent.name.text);
  // a key of that name, or the import that was found already
  return !(ts.isPropertyAssignment(parent) && parent.name === node) && !ts.isImportClause(parent);
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
  if (!/^(?:node:)?child_process$/.test(moduleNamed(node))) return false;
  if (!ts.isImportDeclaration(node)) return !isTakenApart(node);
  const bindings = node.importClause?.namedBindings;
  // a namespace import would hide what is used
  if (node.importClause?.name || (bindings && ts.isNamespaceImport(bindings))) return true;
  return bindings?.elements.some(isExec) ?? false;
}

const isExec = (element: ts.ImportSpecifier | ts.BindingElement): boolean =>
  /^exec(?:Sync)?$/.test((element.propertyName ?? element.name).getText());

/** `const { spawn } = await import(…)`: what is used can be seen, and exec is not. */
function isTakenApart(node: ts.Node): boolean {
  const declared = ts.isAwaitExpression(node.parent) ? node.parent.parent : node.parent;
  if (!ts.isVariableDeclaration(declared) || !ts.isObjectBindingPattern(declared.name)) return false;
  return !declared.name.elements.some((element) => element.dotDotDotToken !== undefined || isExec(element));
}

/** The module that a node brings in: by an import, `import()` or `require()`; else `""`. */
function moduleNamed(node: ts.Node): string {
  if (ts.isImportDeclaration(node)) return textOf(node.moduleSpecifier);
  const calls =
    ts.isCallExpression(node) &&
    (node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require');
  return calls ? textOf(node.arguments[0]) : '';
}

const textOf = (node: ts.Node | undefined): string =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : '';

const SHELL = /^(?:\/(?:usr\/)?bin\/)?(?:ba|da|z|k)?sh$/;

/**
 * A shell that we start ourselves with a script that is not a constant, and a shell named as an option (T35). With a constant,
 * what is foreign comes as an argument, and no shell reads it as a script. For what is delivered: tests make scripts as they
 * like.
 */
export function shellScripts(files: readonly SourceFile[]): readonly string[] {
  const texts = new Set(files.flatMap((file) => constants(file, ts.isStringLiteralLike)));
  // and what is made of them alone
  const made = (node: ts.Expression): boolean =>
    ts.isTemplateExpression(node) &&
    node.templateSpans.every(({ expression }) => texts.has(expression.getText()));
  for (const name of files.flatMap((file) => constants(file, made))) texts.add(name);
  const isConstant = (script: ts.Node | undefined): boolean =>
    script !== undefined && (ts.isStringLiteralLike(script) || texts.has(script.getText()));
  return files.flatMap((file) =>
    [...nodesOf(file)].filter((node) => startsShell(node, isConstant)).map((node) => placeOf(file, node)),
  );
}

/** Names in capitals whose value is such: of any file, for a script may be imported. */
const constants = (file: SourceFile, isSuch: (value: ts.Expression) => boolean): readonly string[] =>
  [...nodesOf(file)]
    .filter((node) => ts.isVariableDeclaration(node))
    .filter(({ name, initializer }) => /^[A-Z_]+$/.test(name.getText()) && initializer && isSuch(initializer))
    .map(({ name }) => name.getText());

const isScriptOption = (node: ts.Node | undefined): boolean => /^-[a-z]*c$/.test(textOf(node));

function startsShell(node: ts.Node, isConstant: (script: ts.Node | undefined) => boolean): boolean {
  if (!ts.isStringLiteralLike(node) || !SHELL.test(node.text)) return false;
  const { parent } = node;
  if (ts.isPropertyAssignment(parent)) return /^['"]?shell['"]?$/.test(parent.name.getText());
  const words = ts.isCallExpression(parent) && parent.arguments[0] === node ? parent.arguments[1] : parent;
  if (words === undefined || !ts.isArrayLiteralExpression(words)) return ts.isCallExpression(parent);
  const at = words === parent ? words.elements.indexOf(node) + 1 : 0;
  // behind a script stands its $0, often "sh" as well
  if (words === parent && isScriptOption(words.elements[at - 3])) return false;
  return !(isScriptOption(words.elements[at]) && isConstant(words.elements[at + 1]));
}

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
