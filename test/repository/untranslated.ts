import ts from 'typescript';
import { nodesOf, placeOf, type SourceFile } from './source-file.ts';

/** Attributes, and fields of what is handed to Lab, that people read or hear. */
const READ = /^(?:aria-(?:label|description|roledescription|valuetext)|title|placeholder|alt|label)$/;
const SAID = /^(?:label|caption|title|body|placeholder|rememberLabel|sentence|hint|problem)$/;
const TRANSLATOR = /^_(?:_|n|p|np)$/;
const WORD = /\p{L}{2}/u;
const SENTENCE = /^\p{Lu}\p{Ll}+(?:[ ,;:]|[.…!?]$)/u;

/** Words for people that do not pass Lab's translator: in JSX, in what is read aloud, in what Lab shows for us, and any sentence. */
export const untranslated = (files: readonly SourceFile[]): readonly string[] =>
  files.flatMap((file) => [
    ...new Set(
      [...nodesOf(file)]
        .flatMap(shownBy)
        .filter(isWord)
        .map((node) => placeOf(file, node)),
    ),
  ]);

/** The literals that this node shows. */
function shownBy(node: ts.Node): readonly ts.Node[] {
  if (ts.isJsxText(node)) return [node];
  if (ts.isJsxAttribute(node) && READ.test(node.name.getText())) return values(node.initializer);
  if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) return values(node.expression);
  if (ts.isPropertyAssignment(node) && SAID.test(node.name.getText().replace(/['"]/g, '')))
    return values(node.initializer);
  if (ts.isCallExpression(node) && /\.setAttribute$/.test(node.expression.getText()))
    return READ.test(textOf(node.arguments[0])) ? values(node.arguments[1]) : [];
  return isPiece(node) && SENTENCE.test(textOf(node)) && !isForDevelopers(node) ? [node] : [];
}

/** The literals that may become the value of an expression. What a function makes of one is the function's. */
function values(node: ts.Node | undefined): readonly ts.Node[] {
  if (node === undefined) return [];
  if (isPiece(node)) return [node];
  if (ts.isTemplateExpression(node))
    return [
      node.head,
      ...node.templateSpans.flatMap(({ expression, literal }) => [...values(expression), literal]),
    ];
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(values);
  if (ts.isBinaryExpression(node))
    return node.operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken
      ? values(node.right)
      : /^(?:\|\||\?\?|\+)$/.test(node.operatorToken.getText())
        ? [node.left, node.right].flatMap(values)
        : [];
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(values);
  if (ts.isArrowFunction(node)) return ts.isBlock(node.body) ? [] : values(node.body);
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node))
    return values(node.expression);
  if (ts.isJsxExpression(node)) return values(node.expression);
  // what is joined or filtered is shown; the translator's own is not
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression))
    return TRANSLATOR.test(node.expression.name.text) ? [] : values(node.expression.expression);
  return [];
}

type Piece = ts.StringLiteralLike | ts.TemplateHead | ts.TemplateMiddle | ts.TemplateTail;
const isPiece = (node: ts.Node): node is Piece =>
  ts.isStringLiteralLike(node) ||
  ts.isTemplateHead(node) ||
  ts.isTemplateMiddle(node) ||
  ts.isTemplateTail(node);
const textOf = (node: ts.Node | undefined): string =>
  node !== undefined && (isPiece(node) || ts.isJsxText(node)) ? node.text : '';
const isWord = (node: ts.Node): boolean => WORD.test(textOf(node)) && !isTranslated(node);

const isTranslated = (node: ts.Node): boolean =>
  within(
    node,
    (one) =>
      ts.isCallExpression(one) &&
      ts.isPropertyAccessExpression(one.expression) &&
      TRANSLATOR.test(one.expression.name.text),
  );

/** What no person at the page sees: a message for the console, a mistake of ours, what a plugin or a token is. */
const isForDevelopers = (node: ts.Node): boolean =>
  within(
    node,
    (one) =>
      (ts.isCallExpression(one) && /^console\./.test(one.expression.getText())) ||
      (ts.isNewExpression(one) && /^(?:Error|Token)$/.test(one.expression.getText())) ||
      (ts.isPropertyAssignment(one) && one.name.getText() === 'description'),
  );

/** Whether an expression around the node is such; not looked for beyond the statement. */
function within(node: ts.Node, isSuch: (node: ts.Node) => boolean): boolean {
  for (let one = node.parent; one !== undefined && !ts.isStatement(one); one = one.parent)
    if (isSuch(one)) return true;
    else if (ts.isJsxElement(one) || ts.isArrowFunction(one)) return false;
  return false;
}
