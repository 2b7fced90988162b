import { Failure, throwAll } from '../../base/errors.ts';
import type { DbRecord } from '../../db/record.ts';
import type { RecordSchema } from '../../db/schema.ts';
import { wrapWords } from './terminal.ts';

const WIDTH = 78;
const TYPE = 'type';

const RULES = [
  'First the type, then a prop on each line: its name, a blank, its value up to the end of the line.',
  'In a value \\n is a newline. One that begins or ends with a blank stands in "…", as in JSON.',
  'Remove a line to remove its prop. What is behind # does not count.',
];

/**
 * A record as a text for an editor.
 * @param kind what may be set as well, which stands below it as comments
 */
export function formatForm(title: string, { type, props }: Omit<DbRecord, 'key'>, kind: RecordSchema = {}): string {
  const unset = Object.entries(kind).filter(([prop]) => !props.has(prop));
  const comment = (words: string, indent = ''): readonly string[] =>
    wrapWords(words, WIDTH - indent.length).map((line) => `# ${indent}${line}`);
  return [
    ...[title, ...RULES].flatMap((words) => comment(words)),
    '',
    ...[[TYPE, type] as const, ...props].map(([name, value]) => `${quoteName(name)} ${quote(value)}`.trimEnd()),
    ...(unset.length === 0 ? [] : ['', '# Not set, with what they then are:']),
    ...unset.flatMap(([prop, { doc, values, default: usual = '' }]) => [
      `#${quoteName(prop)} ${quote(usual)}`.trimEnd(),
      ...comment(`${doc}${values === undefined ? '' : ` [${values.join(', ')}]`}`, '    '),
    ]),
    '',
  ].join('\n');
}

/**
 * What the editor left.
 * @param file for messages
 * @throws Failure(s) for each line that cannot be meant
 */
export function parseForm(text: string, file: string): Omit<DbRecord, 'key'> {
  const mistakes: Failure[] = [];
  let type: string | undefined;
  const props = new Map<string, string>();
  for (const [n, line] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const why = ((): string | undefined => {
      const [, first = '', rest = ''] = /^\s*("(?:[^"\\]|\\.)*"|\S+)(?:\s+(.*?))?\s*$/s.exec(line) ?? [];
      const [name, value] = [unquote(first), unquote(rest)];
      if (name === undefined || value === undefined) return 'it has a quote and is not quoted as in JSON';
      if (type === undefined) {
        type = value;
        return name === TYPE && value !== '' ? undefined : `the first line has to be "${TYPE} …"`;
      }
      if (name.includes('=') && value === '') return `"${name}" has a = where a blank belongs`;
      if (props.has(name)) return `prop ${name} is there twice`;
      props.set(name, value);
      return undefined;
    })();
    if (why !== undefined) mistakes.push(new Failure('cannot read the record', { why, at: { file, line: n + 1 } }));
  }
  if (type === undefined)
    mistakes.push(
      new Failure('cannot read the record', {
        why: 'no line is left; db DB delete KEY deletes a record',
        at: { file },
      }),
    );
  throwAll(mistakes);
  return { type: type ?? '', props };
}

function quoteName(name: string): string {
  return /[\s"#\\]/.test(name) ? JSON.stringify(name) : name;
}

function quote(word: string): string {
  return /^[\s"#]|\s$|[\r\t]/.test(word) || word.includes('\\n') ? JSON.stringify(word) : word.replaceAll('\n', '\\n');
}

/** @returns undefined where the quotes are not right */
function unquote(word: string): string | undefined {
  if (!word.startsWith('"')) return word.replaceAll('\\n', '\n');
  try {
    return JSON.parse(word) as string;
  } catch {
    return undefined;
  }
}
