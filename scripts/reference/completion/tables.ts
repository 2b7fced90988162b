import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Paths } from '../../../src/base/paths.ts';
import { ALIASES, GROUPS } from '../../../src/cli/command-names.ts';
import type { Command, Operands, Option } from '../../../src/cli/command.ts';
import { EVENT_DOCS } from '../../../src/cli/format/format-events.ts';
import { BATCH, COMMAND_USAGES } from '../../../src/db/commands/commands.ts';
import { readSchema } from '../../../src/db/read-schema.ts';
import type { PropSchema } from '../../../src/db/schema.ts';
import { listRecipes } from '../../../src/features/add/source.ts';
import { HELPERS } from '../../../src/template/helpers/index.ts';

/** What values of a kind can be, where that is known: words, or after @ a kind of complete.awk, with a comma for lists. */
export const VALUES_OF_KINDS: Readonly<Record<string, readonly string[]>> = {
  restart: ['no', 'always', 'unless-stopped', 'on-failure'],
  'network-mode': ['bridge', 'host', 'none'],
  'log-size': ['unlimited'],
  ports: ['exposed'],
  'reload-signal': ['SIGHUP', 'none'],
  'shared-memory': ['host', 'private'],
  image: ['@image'],
  links: ['@container,'],
  dependencies: ['@container,'],
  'volumes-from': ['@container,'],
  secrets: ['@key:secrets,'],
  'secret-variables': ['@key:secrets,'],
  'network-names': ['@key:docker_networks,'],
  path: ['@file'],
  mount: ['@file'],
  mounts: ['@file'],
};

/** What complete.awk knows beforehand, as assignments. */
export function formatTables(commands: readonly Command[], paths: Paths): string {
  const schema = readSchema(paths);
  const lines: string[] = [];
  const set = (name: string, value: string): void => {
    const parts = value.match(/[^]{1,2000}/g) ?? [''];
    for (const [n, part] of parts.entries()) lines.push(`  ${name} = ${n === 0 ? '' : `${name} `}${quote(part)}`);
  };
  for (const command of commands) {
    const key = JSON.stringify(command.name);
    set(`docs[${key}]`, firstClause(command.doc));
    if (Object.keys(command.options).length > 0)
      set(`options[${key}]`, Object.entries(command.options).map(formatOption).join('\n'));
    const { max, ofContainers } = command.operands;
    set(`places[${key}]`, formatPlaces(command.operands));
    if (max === Infinity) lines.push(`  repeats[${key}] = 1`);
    if (ofContainers === true) lines.push(`  ofContainers[${key}]`);
    if (command.operands.passThrough === true) lines.push(`  passesThrough[${key}]`);
  }
  set('commands', commands.map(({ name }) => name).join('\n'));
  for (const [group, doc] of Object.entries(GROUPS)) set(`groups[${JSON.stringify(group)}]`, firstClause(doc));
  for (const [alias, name] of Object.entries(ALIASES)) set(`aliases[${JSON.stringify(alias)}]`, name);
  for (const usage of COMMAND_USAGES) {
    const [verb = '', ...words] = usage.split(' ');
    // `[PROP VALUE]...`, `PROP...`
    const repeated = /(?:\[([A-Z ]+)\]|[A-Z]+)\.\.\.$/.exec(usage);
    const places = words.map((word) => word.replace(/[[\].]/g, ''));
    set(`dbCommands[${JSON.stringify(verb)}]`, places.join(';'));
    if (repeated !== null)
      lines.push(`  dbRepeats[${JSON.stringify(verb)}] = ${(repeated[1] ?? 'one').split(' ').length}`);
  }
  set(
    'dbVerbs',
    formatRows([
      ...COMMAND_USAGES.map((usage) => [usage.split(' ')[0] ?? '', usage] as const),
      [BATCH, 'commands from standard input'],
    ]),
  );
  set('events', formatRows(Object.entries(EVENT_DOCS).map(([event, [, doc]]) => [event, doc])));
  for (const [event, [args]] of Object.entries(EVENT_DOCS))
    if (args !== '') lines.push(`  eventArguments[${JSON.stringify(event)}]`);
  set('dbs', formatRows(Object.keys(schema).map((db) => [db, 'db'])));
  for (const [db, types] of Object.entries(schema)) {
    set(`types[${JSON.stringify(db)}]`, Object.keys(types).join(' '));
    for (const [type, props] of Object.entries(types))
      set(
        `props[${JSON.stringify(db)}, ${JSON.stringify(type)}]`,
        Object.entries(props)
          .map(([prop, each]) => [prop, listValues(each).join(' '), firstClause(each.doc)].join('\t'))
          .join('\n'),
      );
  }
  const props = Object.values(schema).flatMap((types) => Object.values(types).flatMap((each) => Object.entries(each)));
  set('propNames', formatRows([...new Map(props.map(([prop, { doc }]) => [prop, firstClause(doc)]))]));
  set('helpers', formatRows(Object.entries(HELPERS).map(([name, { doc }]) => [name, firstClause(doc)])));
  set('recipes', formatRows(listRecipes(paths).map(({ name, doc }) => [name, doc])));
  set('templates', formatRows(listTemplatePaths(paths).map((file) => [file, 'template'])));
  return lines.join('\n');
}

/** `--lines<tab>-n<tab>LINES<tab>values<tab>doc<tab>many` */
function formatOption([name, option]: readonly [string, Option]): string {
  return [
    `--${name}`,
    option.short === undefined ? '' : `-${option.short}`,
    option.value ?? '',
    [...(option.choices ?? []), ...(option.of ?? []).map((kind) => `@${kind}`)].join(' '),
    firstClause(option.doc),
    option.many === true ? 'many' : '',
  ].join('\t');
}

function formatPlaces({ max, of, ofContainers }: Operands): string {
  if (of !== undefined) return of.map((kinds) => kinds.join(' ')).join(';');
  return max > 0 && ofContainers === true ? 'container' : '';
}

function listValues({ kind, values }: PropSchema): readonly string[] {
  return values ?? VALUES_OF_KINDS[kind] ?? [];
}

/** Paths of the shipped templates that make a file each, or one per record. */
function listTemplatePaths({ packageDir }: Paths): readonly string[] {
  const folder = path.join(packageDir, 'templates.metadata');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `/${path.relative(folder, path.join(parentPath, name))}`)
    .filter((file) => file.startsWith('/etc/'))
    .sort();
}

function formatRows(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([word, doc]) => `${word}\t${doc}`).join('\n');
}

/** What fits beside a word; all of it where that would be a word that is explained behind it. */
function firstClause(doc: string): string {
  const [first = doc] = doc.split(/: |;/);
  return first.includes(' ') ? first : doc;
}

/** As a string of awk, in which no quote of a shell is. mawk takes none of many thousand characters. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll("'", '\\047');
}
