import { isCollection, isScalar, visit, type Document, type LineCounter, type YAMLError } from 'yaml';
import type { ConfigProblem } from './config-problems.ts';

/** No configuration nests deeper; far below what the stack of the readers after this bears. */
const MOST_DEPTH = 64;

/** To follow each takes a walk over the document. */
const MOST_ALIASES = 200;

/** For yaml's words that speak to programmers. */
const WORDS: Readonly<Record<string, string>> = {
  MULTIPLE_DOCS: 'a second document begins here; a configuration is one',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
};

/** The line is told apart; the excerpt that follows shows nothing that an editor does not. */
const wordsOf = ({ code, message }: YAMLError): string =>
  WORDS[code] ??
  message
    .split('\n', 1)[0]
    ?.replace(/:$/, '')
    .replace(/ at line \d+, column \d+$/, '') ??
  'not YAML';

/** What is wrong in a document before it is compared with any schema; pure. */
export function yamlProblems(doc: Document.Parsed, counter: LineCounter): readonly ConfigProblem[] {
  const syntax = [...doc.errors, ...doc.warnings].map((error) => ({
    line: error.linePos?.[0].line ?? 1,
    key: '',
    why: wordsOf(error),
  }));
  const tooDeep = syntax.find(({ why }) => why === WORDS['RESOURCE_EXHAUSTION']);
  // a reader that ran out of stack has more to say, none of it of use
  if (tooDeep !== undefined) return [tooDeep];
  return syntax.length > 0 ? syntax : structureProblems(doc, counter);
}

/** What is lost, or cannot be followed, when the document becomes a value of JavaScript. */
function structureProblems(doc: Document.Parsed, counter: LineCounter): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  let aliases = 0;
  const add = (
    node: { readonly range?: readonly number[] | null | undefined },
    key: string,
    why: string,
  ): void => void problems.push({ line: counter.linePos(node.range?.[0] ?? 0).line, key, why });
  visit(doc, {
    Node: (_, node, path) => {
      if (path.filter(isCollection).length <= MOST_DEPTH) return undefined;
      add(node, '', 'it is nested too deeply');
      return visit.BREAK;
    },
    Pair: (_, { key }) => {
      if (!isScalar(key)) {
        add(key ?? {}, '', 'a key must be a text');
        return visit.SKIP;
      }
      // an object would take it as its prototype: gone, without a word
      if (key.value === '__proto__') add(key, '__proto__', 'not a valid name');
      return undefined;
    },
    Alias: (_, alias) => {
      if ((aliases += 1) > MOST_ALIASES) {
        add(alias, '', 'too many aliases');
        return visit.BREAK;
      }
      if (alias.resolve(doc) === undefined)
        add(alias, '', `"*${alias.source}" stands for nothing: there is no "&${alias.source}" before it`);
      return undefined;
    },
  });
  return problems;
}
