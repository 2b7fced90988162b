import { NotSure } from './not-sure.ts';

/** A piece of a fragment in Perl: text that is printed, or a block of code between braces. */
export interface Part {
  readonly kind: 'text' | 'code';
  readonly source: string;
  /** where it begins */
  readonly line: number;
}

/**
 * The blocks of a fragment: braces are counted, in strings and comments too; a backslash counts only in front of a
 * brace. As `perl/lib/Docksmith/Blocks.pm` does it.
 * @throws NotSure
 */
export function splitBlocks(text: string): readonly Part[] {
  const parts: Part[] = [];
  let [depth, line, begun, part] = [0, 1, 1, ''];
  const end = (kind: Part['kind']): void => {
    if (kind === 'code' || part !== '') parts.push({ kind, source: part, line: begun });
    [begun, part] = [line, ''];
  };
  for (const token of text.split(/(\\+[{}]|[{}]|\n)/)) {
    const [, backslashes = '', brace] = /^(\\*)([{}])$/.exec(token) ?? [];
    if (brace === undefined) {
      part += token;
      if (token === '\n') line++;
      continue;
    }
    part += '\\'.repeat(Math.floor(backslashes.length / 2));
    if (backslashes.length % 2 === 1) part += brace;
    else if (brace === '{') {
      if (depth++ === 0) end('text');
      else part += brace;
    } else if (depth === 0) throw new NotSure(line, 'a brace is closed that was not opened');
    else if (--depth === 0) end('code');
    else part += brace;
  }
  if (depth > 0) throw new NotSure(begun, 'this brace is not closed');
  end('text');
  return parts;
}
