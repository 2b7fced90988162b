import { readSchema } from '../../../db/read-schema.ts';
import type { PropSchema } from '../../../db/schema.ts';
import { Failure } from '../../../base/errors.ts';
import { didYouMean } from '../../../base/nearest.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { wrapWords } from '../../format/terminal.ts';

const WIDTH = 80;

interface Row extends PropSchema {
  readonly db: string;
  /** the type of the records, or in `configuration` their key */
  readonly of: string;
  readonly prop: string;
}

/** The schema of the props, of all dbs, of one db, of one record's kind or of one prop. */
export const propsCommand = defineCommand({
  name: 'props',
  doc: 'show the props that records may have, or one of them',
  effect: 'prints',
  unmasked: true,
  operands: { usage: '[NAME]', min: 0, max: 1, of: [['prop-name', 'db']] },
  options: JSON_OPTION,
  run: runProps,
});

function runProps(
  { values, words: [name] }: Given<typeof JSON_OPTION>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const rows = Object.entries(readSchema(paths)).flatMap(([db, kinds]) =>
    Object.entries(kinds).flatMap(([of, props]) =>
      Object.entries(props).map(([prop, schema]): Row => ({ db, of, prop, ...schema })),
    ),
  );
  const found =
    name === undefined
      ? rows
      : rows.filter(({ prop, db, of }) => prop === name || db === name || (db === 'configuration' && of === name));
  if (found.length === 0) {
    throw new Failure(`cannot find prop "${name ?? ''}"`, {
      why: 'no schema knows it',
      ...didYouMean(
        name ?? '',
        rows.map(({ prop }) => prop),
      ),
    });
  }
  stdout.write(values.json === true ? formatJson(found) : formatProps(found));
  return Promise.resolve(0);
}

/**
 * A heading for the records of each kind, below it the props in a column of their own; no line is longer than
 * 80 characters unless a word is.
 */
export function formatProps(rows: readonly Row[]): string {
  const kinds = new Set(rows.map(({ db, of }) => `${db} ${of}`));
  return [...kinds]
    .map((kind) => {
      const props = rows.filter(({ db, of }) => `${db} ${of}` === kind);
      const column = Math.min(Math.max(...props.map(({ prop }) => prop.length)), 22) + 4;
      const lines = props.flatMap((row) => {
        const [first = '', ...others] = wrapWords(describe(row), WIDTH - column);
        const name = `  ${row.prop}`;
        return [
          ...(name.length + 2 > column ? [name, `${' '.repeat(column)}${first}`] : [`${name.padEnd(column)}${first}`]),
          ...others.map((line) => `${' '.repeat(column)}${line}`),
        ];
      });
      return [kind, ...lines].map((line) => `${line}\n`).join('');
    })
    .join('\n');
}

function describe({ doc, values, default: fallback, local = false }: Row): string {
  return `${doc}${local ? ', of this host alone' : ''}${values === undefined ? '' : ` [${values.join(', ')}]`}${fallback === undefined || fallback === '' ? '' : ` (default ${fallback})`}`;
}
