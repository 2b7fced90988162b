import { Failure, reasonOf, throwAll } from '../base/errors.ts';
import { type Input, parseInputs } from '../container/spec/input.ts';
import { fillVariables, NotSet } from '../container/spec/variables/interpolate.ts';
import { NotText, readText } from '../files/read-file.ts';
import { tryTo, withParts } from './inputs.ts';
import type { Notes } from './notes.ts';
import type { Variables } from './variables.ts';

export interface Scope {
  readonly variables: Variables;
  readonly notes: Notes;
}

/** The documents of a Compose file. Each text is looked at when it is read. @throws Failure(s) */
export function readSource(file: string, { variables, notes }: Scope): readonly Input[] {
  const text = readComposeFile(file);
  const documents = parseInputs(file, text, {
    what: 'the Compose file',
    fill: (written, refuse, place) => {
      try {
        return fillVariables(written, variables, { onUnset: (name) => notes.addUnset(name, place) });
      } catch (error) {
        if (error instanceof NotSet) return refuse(error.message, 'set it, or give it a default: ${NAME:-default}');
        throw error;
      }
    },
  });
  if (documents.length === 0) throw new Failure('cannot read the Compose file', { why: 'it is empty', at: { file } });
  return documents;
}

function readComposeFile(file: string): string {
  try {
    return readText(file);
  } catch (error) {
    if (error instanceof NotText) throw error;
    throw new Failure(`cannot read the Compose file "${file}"`, { why: reasonOf(error), cause: error });
  }
}

/** With all variables filled in: nothing is made of half a file. @throws whatever cannot be filled in, at once */
export function fillAll(input: Input): Input {
  const failures: Failure[] = [];
  const fill = (part: Input): Input => {
    const { items, entries, tag } = part;
    if (items !== undefined) return withParts(part, { tag, items: items.map(fill) });
    if (entries !== undefined)
      return withParts(part, { tag, entries: entries.map(([name, value]) => [name, fill(value)]) });
    const read = tryTo(() => part.scalar);
    failures.push(...(read.failures ?? []));
    return withParts(part, { tag, scalar: read.result });
  };
  const filled = fill(input);
  throwAll(failures);
  return filled;
}
