import { Document, isMap, isPair, isScalar } from 'yaml';
import type { PlainMap } from './compose-document.ts';

/** Comments above a file, and above its keys, by their paths. */
export interface Comments {
  readonly head: readonly string[];
  readonly keys: readonly (readonly [path: readonly string[], lines: readonly string[]])[];
}

/**
 * A map as YAML. Texts are quoted: to readers of YAML 1.1, such as docker-compose 1, `yes` is a truth value, and
 * `22:22` a number.
 */
export function writeYaml(map: PlainMap, { head, keys }: Comments = { head: [], keys: [] }): string {
  const document = new Document(map);
  document.commentBefore = toComment(head);
  for (const [path, lines] of keys) {
    const parent = document.getIn(path.slice(0, -1));
    const name = path.at(-1);
    if (!isMap(parent) || lines.length === 0) continue;
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === name);
    if (isPair(pair) && isScalar(pair.key)) pair.key.commentBefore = toComment(lines);
  }
  return document.toString({ lineWidth: 0, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' });
}

function toComment(lines: readonly string[]): string | null {
  return lines.length === 0 ? null : lines.map((line) => ` ${line}`).join('\n');
}
