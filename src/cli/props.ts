import { readSchema } from '../db/read-schema.ts';
import { Failure } from '../errors.ts';
import { findNearest } from '../nearest.ts';
import { type CommandContext, formatJson, readOptions } from './command.ts';
import { formatTable } from './terminal.ts';

/** `docksmith props [NAME]`: the schema of the props, of all dbs or of one prop. */
export async function runProps(args: readonly string[], { paths, stdout }: CommandContext): Promise<number> {
  const { values, words: [name] } = readOptions('docksmith props', args, { json: { type: 'boolean' } });
  const rows = Object.entries(readSchema(paths)).flatMap(([db, kinds]) => Object.entries(kinds).flatMap(([kind, props]) =>
    Object.entries(props).map(([prop, schema]) => ({ db, of: kind, prop, ...schema }))));
  const found = name === undefined ? rows : rows.filter(({ prop, db }) => prop === name || db === name);
  if (found.length === 0) {
    const nearest = findNearest(name ?? '', rows.map(({ prop }) => prop));
    throw new Failure(`cannot find prop "${name ?? ''}"`, { why: 'no schema knows it', ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }) });
  }
  stdout.write(values.json === true ? formatJson(found) : formatTable(found.map(({ db, of, prop, doc, values: allowed, default: fallback }) => [
    `${db} ${of}`, prop, `${doc}${allowed === undefined ? '' : ` [${allowed.join(', ')}]`}${fallback === undefined ? '' : ` (default ${fallback})`}`,
  ])));
  return Promise.resolve(0);
}
