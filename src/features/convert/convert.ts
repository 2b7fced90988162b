import { compareBytes } from '../../base/layers.ts';
import type { Schema } from '../../db/schema.ts';
import { convertFragment } from './generate/fragment.ts';
import type { Whole } from './generate/scope.ts';

/** What came of the fragments of one template. */
export interface ConvertedTemplate {
  /** name -> Handlebars; those that are to stay in Perl are not among them */
  readonly fragments: ReadonlyMap<string, string>;
  /** what is to be done by hand */
  readonly left: readonly { readonly name: string; readonly line: number; readonly why: string }[];
  /** files and folders that have to be named as READS in the metadata */
  readonly reads: readonly string[];
}

/**
 * Converts what is sure to print the same. Variables that fragments share are converted in all of them or in none.
 * @param fragments name -> text
 */
export function convertTemplate(fragments: ReadonlyMap<string, string>, schema: Schema): ConvertedTemplate {
  const names = [...fragments.keys()].sort(compareBytes);
  const shared = new Set([...fragments.values()].flatMap(listShared));
  const done = new Map<string, string>();
  const left: { name: string; line: number; why: string }[] = [];
  const reads = new Set<string>();
  for (const name of names) {
    const text = fragments.get(name) ?? '';
    const others = names.filter((other) => other !== name).map((other) => fragments.get(other) ?? '');
    const whole: Whole = {
      elsewhere: new Set(others.flatMap((other) => other.match(/[A-Za-z_]\w*/g) ?? [])),
      shared,
      hasDefault: (db, key, prop) => hasDefault(schema, db, key, prop),
    };
    const converted = convertFragment(text, whole);
    if ('mistakes' in converted) {
      for (const { line, message } of converted.mistakes) left.push({ name, line, why: message });
      continue;
    }
    done.set(name, converted.text);
    for (const file of converted.files) reads.add(file);
  }
  keepTogether(fragments, done, left, shared);
  return { fragments: done, left, reads: [...reads].sort(compareBytes) };
}

/** A variable that one fragment has in Perl is not seen by those in Handlebars. */
function keepTogether(
  fragments: ReadonlyMap<string, string>,
  done: Map<string, string>,
  left: { name: string; line: number; why: string }[],
  shared: ReadonlySet<string>,
): void {
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const variable of shared) {
      const users = [...fragments].filter(([, text]) => new RegExp(`[$@%]\\{?${variable}\\b`).test(text));
      const inPerl = users.find(([name]) => !done.has(name));
      if (inPerl === undefined) continue;
      for (const [name] of users) {
        if (!done.delete(name)) continue;
        isChanged = true;
        left.push({ name, line: 1, why: `it shares ${variable} with ${inPerl[0]}, which stays in Perl` });
      }
    }
  }
}

/** Variables that a fragment sets without `my`, as far as its text tells: one too many costs a conversion. */
function listShared(text: string): readonly string[] {
  const own = new Set(
    [...text.matchAll(/\bmy\b\s*\(?([^;={]*)/g)].flatMap(([, vars = '']) => vars.match(/\w+/g) ?? []),
  );
  const set = [
    ...text.matchAll(/[$@%](\w+)(?:\{[^}]*\})?\s*(?:[.+*\/|&x-]|\|\||\/\/)?=(?![=~>])/g),
    ...text.matchAll(/[$@%](\w+)(?:\{[^}]*\})?\s*(?:=~\s*(?:s|tr|y)\W|\+\+|--)/g),
    ...text.matchAll(/\b(?:push|unshift|chomp|undef|splice)\b\s*\(?\s*[$@%]\{?\$?(\w+)/g),
    ...text.matchAll(/\bsub\s+(\w+)/g),
  ].map(([, name = '']) => name);
  return set.filter((name) => name !== 'OUT' && !own.has(name));
}

function hasDefault(schema: Schema, db: string, key: string | undefined, prop: string): boolean {
  const kinds = Object.entries(schema[db] ?? {}).filter(([kind]) => key === undefined || kind === key);
  return kinds.some(([, props]) => props[prop]?.default !== undefined);
}
