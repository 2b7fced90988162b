import { Composer, type CST, type Document, LineCounter, Parser } from 'yaml';
import { Failure, throwAll } from '../../../base/errors.ts';

/** Nobody writes anything deeper, and the parser would end by taking all memory. */
const MOST_LEVELS = 100;

/** The documents of a YAML file. @throws all mistakes of its syntax */
export function parseYaml(
  file: string,
  text: string,
  cannotRead: string,
): { readonly documents: readonly Document[]; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const at = (offset: number): { file: string; line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = findTooDeep(tokens);
  if (deep !== undefined)
    throw new Failure(cannotRead, { why: `it has more than ${MOST_LEVELS} levels`, at: at(deep.offset) });
  const documents = [...new Composer().compose(tokens, true, text.length)];
  throwAll(
    documents.flatMap(({ errors }) =>
      errors.map(({ message, pos: [offset] }) => new Failure(cannotRead, { why: message, at: at(offset) })),
    ),
  );
  return { documents, lines };
}

/** Goes through them without calling itself. */
function findTooDeep(tokens: readonly CST.Token[]): CST.Token | undefined {
  const rest: [token: CST.Token, level: number][] = tokens.map((token) => [token, 0]);
  for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
    const [token, level] = next;
    if (level > MOST_LEVELS) return token;
    if (token.type === 'document' && token.value !== undefined) rest.push([token.value, level]);
    if ('items' in token)
      for (const { key, value } of token.items) {
        if (key != null) rest.push([key, level + 1]);
        if (value != null) rest.push([value, level + 1]);
      }
  }
  return undefined;
}
