import { NotSure } from '../perl/not-sure.ts';

const TOKEN = new RegExp(
  [
    '\\\\[dwsDWnt]|\\\\[^\\w\\s]',
    '\\[\\^?(?:\\\\[dwsnt]|\\\\[^\\w\\s]|[\\w .,:;@#%&=+*?!/()|{}<>\'"~^_-])+\\]',
    '\\(\\?:|\\((?!\\?)|[)|^]|\\$(?=$|[)|])|[.](?=[*+])|[*+?]\\??|\\{\\d+(?:,\\d*)?\\}|[\\w ,:;#%&=!/<>\'"~_-]',
  ].join('|'),
  'y',
);

/**
 * A pattern of Perl that means the same to the helpers, which know RE2.
 * @throws NotSure
 */
export function convertPattern(pattern: string, flags: string, line: number): string {
  if (/[^i]/.test(flags)) throw new NotSure(line, `a pattern with the flags ${flags}`);
  let made = '';
  for (let at = 0; at < pattern.length; ) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(pattern)?.[0];
    if (token === undefined) throw new NotSure(line, `"${pattern.slice(at, at + 4)}" in a pattern`);
    at += token.length;
    // what is a letter to us may be two bytes to Perl
    if ((token.startsWith('[^') || /^\\[DW]$/.test(token)) && !/^[*+]/.test(pattern.slice(at)))
      throw new NotSure(line, `"${token}" in a pattern, which is one byte to Perl`);
    made += token === '$' ? '\\n?$' : token.replaceAll('\\s', token.startsWith('[') ? '\\s\\x0b' : '[\\s\\x0b]');
  }
  return (flags.includes('i') ? '(?i)' : '') + made;
}
