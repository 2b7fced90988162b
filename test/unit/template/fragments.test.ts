import { cpSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure, Failures } from '../../../src/base/errors.ts';
import type { Paths } from '../../../src/base/paths.ts';
import { FlatDb } from '../../../src/db/flat-db.ts';
import { FACTS } from '../../../src/db/record.ts';
import type { Snapshot } from '../../../src/db/snapshot.ts';
import type { Facts } from '../../../src/host/facts.ts';
import { readLookups } from '../../../src/host/lookups.ts';
import { DbDiff } from '../../../src/incremental/db-diff.ts';
import { digestOfFact } from '../../../src/incremental/render-cache.ts';
import type { RenderedTemplate } from '../../../src/template/render-request.ts';
import { makeRoot, writeTree } from '../../support/folder.ts';
import { render } from '../../support/render.ts';
import { SAMPLE_FACTS, snapshotOf } from '../../support/sample.ts';

/** Idioms of fragments in Perl, with what the SME Server's engine made of them, and the same in Handlebars. */
const FOLDER = path.resolve(import.meta.dirname, '../../data/fragments-hbs');

type Parameter = string | readonly string[] | Readonly<Record<string, string>>;
interface State {
  readonly dbs: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** null: it fails, and there is no file */
  readonly output: string | null;
}
interface Case {
  readonly template: string;
  readonly idiom: string;
  readonly states: readonly State[];
}

const CASES = Object.entries(
  JSON.parse(readFileSync(path.join(FOLDER, 'cases.json'), 'utf8')) as Readonly<Record<string, Case>>,
);

const quote = (text: string): string => JSON.stringify(text);

/** A value handed in, as a fragment writes it. */
function write(value: Parameter): string {
  if (typeof value === 'string') return quote(value);
  const words = Array.isArray(value)
    ? ['list', ...value.map(quote)]
    : ['dict', ...Object.entries(value).flat().map(quote)];
  return `(${words.join(' ')})`;
}

interface Laid {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly dbs: ReadonlyMap<string, FlatDb>;
  readonly facts: Facts;
}

function layOut(name: string, template: string, { dbs, files = {}, parameters }: State): Laid {
  const paths = makeRoot({ [`templates${template}/template-begin`]: '{{! no banner }}' });
  cpSync(path.join(FOLDER, name), path.join(paths.root, 'etc/docksmith'), { recursive: true });
  writeTree(paths.root, files);
  if (parameters !== undefined) {
    const hash = Object.entries(parameters).map(([key, value]) => `${key}=${write(value)}`);
    writeTree(path.join(paths.root, 'etc/docksmith/templates/etc/outer'), {
      '10call': `{{expand "${template}" ${hash.join(' ')}}}\n`,
      'template-begin': '{{! no banner }}',
    });
  }
  const parsed = new Map(Object.entries(dbs).map(([db, text]) => [db, FlatDb.parse(Buffer.from(text))] as const));
  return { paths, snapshot: snapshotOf(parsed), dbs: parsed, facts: { ...SAMPLE_FACTS, lookups: readLookups(paths) } };
}

function expand({ template }: Case, { parameters }: State, laid: Laid): RenderedTemplate {
  return render({ template: parameters === undefined ? template : '/etc/outer' }, laid);
}

function textOf({ outputs }: RenderedTemplate): string {
  return outputs.map(({ content }) => content.toString()).join('');
}

describe('fragments of the SME Server in Handlebars', () => {
  it('are there for all cases that are listed', () => {
    expect(readdirSync(FOLDER).filter((name) => name !== 'cases.json')).toEqual(CASES.map(([name]) => name).sort());
  });

  it.each(CASES.flatMap(([name, one]) => one.states.map((state, n) => [name, n + 1, one, state] as const)))(
    '%s gives in state %i what the original gives, byte for byte',
    (name, _, one, state) => {
      const laid = layOut(name, one.template, state);
      if (state.output === null) {
        let thrown: unknown;
        try {
          expand(one, state, laid);
        } catch (error) {
          thrown = error;
        }
        expect(thrown instanceof Failure || thrown instanceof Failures).toBe(true);
      } else expect(textOf(expand(one, state, laid))).toBe(state.output);
    },
  );

  const PAIRS = CASES.flatMap(([name, one]) =>
    one.states.flatMap((from, n) =>
      one.states.flatMap((to, m) =>
        n === m || from.output === null || to.output === null || from.parameters !== undefined
          ? []
          : [[name, n + 1, m + 1, one, from, to] as const],
      ),
    ),
  );

  it.each(PAIRS)(
    '%s says what it read: from state %i to %i a change of its text is noticed',
    (name, _n, _m, one, from, to) => {
      const [before, after] = [layOut(name, one.template, from), layOut(name, one.template, to)];
      const diff = new DbDiff(before.dbs, after.snapshot, []);
      const reads = expand(one, from, before).instances.flatMap((instance) => instance.reads);
      const isStale = reads.some((read) =>
        read.db === FACTS
          ? digestOfFact(before.facts, read) !== digestOfFact(after.facts, read)
          : diff.isAffected(read),
      );
      if (from.output !== to.output) expect(isStale).toBe(true);
    },
  );
});
