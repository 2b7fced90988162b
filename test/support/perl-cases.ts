import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readLookups } from '../../src/host/lookups.ts';
import { FlatDb } from '../../src/db/flat-db.ts';
import type { Snapshot } from '../../src/db/snapshot.ts';
import { textArgument } from '../../src/template/helpers/arguments.ts';
import { HELPERS } from '../../src/template/helpers/index.ts';
import type { HelperTable } from '../../src/template/language/helper.ts';
import { type Value, VariableMap } from '../../src/template/language/value.ts';
import { Renderer } from '../../src/template/render.ts';
import { makeRoot, writeTree } from './folder.ts';
import { SAMPLE_FACTS } from './sample.ts';

/** The text of each db's file. */
export type DbTexts = Readonly<Record<string, string>>;

type Parameter = string | readonly string[] | Readonly<Record<string, string>>;

export interface PerlState {
  readonly dbs: DbTexts;
  readonly files?: Readonly<Record<string, string>>;
  readonly parameters?: Readonly<Record<string, Parameter>>;
  /** null: there is no file */
  readonly output: string | null;
}

type Fragments = Readonly<Record<string, string>>;

export interface PerlCase extends PerlState {
  readonly name: string;
  readonly path: string;
  readonly fragments: Fragments;
  readonly nested?: Readonly<Record<string, Fragments>>;
  readonly more_states?: readonly PerlState[];
  readonly mechanical: boolean;
}

/** Fragments in Perl with what SME Server made of them. */
export function readPerlCases(): readonly PerlCase[] {
  const file = path.join(import.meta.dirname, '../data/fragments/cases.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly PerlCase[] }).cases;
}

export function listStates(of: PerlCase): readonly PerlState[] {
  return [of, ...(of.more_states ?? [])];
}

const DBS = ['configuration', 'accounts', 'domains', 'hosts', 'networks'];

export function snapshotOfTexts(texts: DbTexts): Snapshot {
  const all = { ...Object.fromEntries(DBS.map((name) => [name, ''])), ...texts };
  return {
    dbs: new Map(Object.entries(all).map(([name, text]) => [name, FlatDb.parse(Buffer.from(text))])),
    schema: {},
  };
}

/** Renders templates in a root of their own. @param templates path -> its fragments. @throws Failure(s) */
export function renderFragments(
  template: string,
  templates: Readonly<Record<string, Fragments>>,
  { dbs, files = {}, parameters }: Omit<PerlState, 'output'>,
  metadata = 'LANGUAGE = perl\nESCAPE = none',
): string {
  const paths = makeRoot();
  for (const [name, text] of Object.entries(files)) writeTree(paths.root, { [name.slice(1)]: text });
  const words = Object.keys(parameters ?? {}).map((name) => `${name}=(given "${name}")`);
  const given: Record<string, string> = {};
  for (const [name, fragments] of Object.entries(templates)) {
    given[`templates.metadata${name}`] = metadata;
    for (const [fragment, text] of Object.entries(fragments)) given[`templates${name}/${fragment}`] = text;
  }
  writeTree(`${paths.root}/etc/docksmith`, {
    'templates-default/template-begin': '',
    ...given,
    ...(parameters === undefined
      ? {}
      : { 'templates/outer/10x': `{{{expand "${template}" ${words.join(' ')}}}}\n`, 'templates.metadata/outer': '' }),
  });
  const helpers: HelperTable = {
    ...HELPERS,
    given: {
      doc: 'a parameter',
      example: { fragment: '', gives: '' },
      call: (call) => toValue(parameters?.[textArgument(call, 0)] ?? ''),
    },
  };
  const context = {
    paths,
    snapshot: snapshotOfTexts(dbs),
    facts: { ...SAMPLE_FACTS, lookups: readLookups(paths) },
    helpers,
    findOwner: () => 0,
  };
  return new Renderer(context)
    .render({ template: parameters === undefined ? template : '/outer' })
    .outputs.map(({ content }) => content.toString())
    .join('');
}

function toValue(value: Parameter): Value {
  if (typeof value === 'string') return value;
  return isList(value) ? value : new VariableMap(Object.entries<string>(value));
}

function isList(value: Exclude<Parameter, string>): value is readonly string[] {
  return Array.isArray(value);
}
