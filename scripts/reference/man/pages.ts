import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { RootContent } from 'mdast';
import type { Paths } from '../../../src/base/paths.ts';
import { ALIASES } from '../../../src/cli/command-names.ts';
import { type Command, titleOf } from '../../../src/cli/command.ts';
import { EVENT_DOCS } from '../../../src/cli/format/format-events.ts';
import { formatOption, formatUsage } from '../../../src/cli/read-arguments.ts';
import { type PropSchema } from '../../../src/db/schema.ts';
import { readSchema } from '../../../src/db/read-schema.ts';
import { HELPERS } from '../../../src/template/helpers/index.ts';
import { listExamples } from './examples.ts';
import { bold, formatPage, heading, type Page, paragraph, readMarkdown, term, verbatim } from './to-man.ts';

/** What `--help` is given to fit into: a page indents it, and a terminal has 80. */
const WIDTH = 66;

/** All pages. @returns `man/docksmith-status.1` -> text */
export function listPages(commands: readonly Command[], paths: Paths, version: string): ReadonlyMap<string, string> {
  const read = (file: string): string => readFileSync(path.join(paths.packageDir, file), 'utf8');
  const pages: readonly Page[] = [
    overview(commands, read),
    ...commands.flatMap((command) => [
      commandPage(command, pageName(command.name), paths),
      ...(command.isProgram === true ? [commandPage(command, command.name, paths)] : []),
    ]),
    {
      name: 'docksmith-props',
      section: 5,
      doc: 'the props that records of docksmith may have',
      blocks: [...propBlocks(paths), ...seeAlso('docksmith-db(5)', 'docksmith-props(1)')],
    },
    {
      name: 'docksmith-db',
      section: 5,
      doc: 'defaults, forced values, migrations and schemas of the dbs of docksmith',
      blocks: [
        heading('Description'),
        ...readMarkdown(read('db/README.md')),
        ...seeAlso('docksmith-db(1)', 'docksmith-props(5)'),
      ],
    },
    {
      name: 'docksmith-events',
      section: 7,
      doc: 'the events of docksmith, their steps, and how to change them',
      blocks: [
        heading('Description'),
        ...readMarkdown(read('events/README.md')),
        ...seeAlso('docksmith-signal-event(1)', 'docksmith-runs(1)'),
      ],
    },
    {
      name: 'docksmith-templates',
      section: 7,
      doc: 'fragments, custom ones, and what they can call',
      blocks: [
        heading('Description'),
        ...readMarkdown(read('templates/README.md')),
        heading('Custom fragments'),
        ...readMarkdown(read('templates-custom/README.md')).map((block) =>
          block.type === 'heading' ? { ...block, depth: 3 as const } : block,
        ),
        heading('Helpers'),
        ...Object.entries(HELPERS).map(([name, { doc, example }]) => term([bold(name)], `${doc}. ${example.fragment}`)),
        ...seeAlso('docksmith-expand-template(1)', 'docksmith-why(1)', 'docksmith-lint(1)'),
      ],
    },
  ];
  return new Map(pages.map((page) => [`man/${page.name}.${page.section}`, formatPage(page, version)]));
}

/** `docksmith-app-list` */
export function pageName(command: string): string {
  return `docksmith-${command.replaceAll(' ', '-')}`;
}

function overview(commands: readonly Command[], read: (file: string) => string): Page {
  const readme = read('README.md');
  const [intro = ''] = /(?<=^# docksmith\n)[^\n]+/.exec(readme) ?? [];
  const [, files = ''] = /\n## Where things are\n([^]*?\|)\n\n/.exec(readme) ?? [];
  return {
    name: 'docksmith',
    section: 1,
    doc: "turns a small flat-file db into a server's configuration and its running containers",
    blocks: [
      heading('Synopsis'),
      paragraph(bold('docksmith'), ' COMMAND …'),
      heading('Description'),
      ...readMarkdown(intro),
      heading('Commands'),
      ...commands.map((command) => term([bold(titleOf(command))], `${command.doc}; see ${pageName(command.name)}(1)`)),
      heading('Events'),
      ...Object.entries(EVENT_DOCS).map(([event, [args, doc]]) => term([bold(event), ` ${args}`], doc)),
      heading('Files'),
      ...readMarkdown(files),
      ...environment(),
      ...seeAlso('docksmith-db(5)', 'docksmith-props(5)', 'docksmith-events(7)', 'docksmith-templates(7)'),
    ],
  };
}

/** @param name `docksmith-db`, and of a program of its own also `db` */
function commandPage(command: Command, name: string, paths: Paths): Page {
  const title = titleOf(command);
  const [, usage = ''] = formatUsage(command).split(title);
  const names = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === command.name);
  const options = Object.entries(command.options);
  const examples = listExamples(paths.packageDir, title);
  const program = command.isProgram === true ? [`docksmith ${command.name} is the same as ${command.name}.`] : [];
  const others = names.map((name) => `docksmith ${name} is another name of it.`);
  return {
    name,
    section: 1,
    doc: command.doc,
    blocks: [
      heading('Synopsis'),
      paragraph(bold(title), usage),
      heading('Description'),
      paragraph([`${capitalized(command.doc)}.`, ...program, ...others].join(' ')),
      ...(options.length === 0 ? [] : [heading('Options')]),
      ...options.map(([each, option]) => term([bold(formatOption(each, option))], option.doc)),
      ...(command.more === undefined ? [] : [heading('More'), verbatim(command.more(paths, WIDTH))]),
      ...(examples.length === 0 ? [] : [heading('Examples'), verbatim(examples.join('\n'))]),
      ...environment(command.effect === 'hands over' ? [term(['any other'], 'that of the command')] : []),
      ...seeAlso('docksmith(1)', 'docksmith-props(5)', 'docksmith-events(7)'),
    ],
  };
}

function environment(codes: readonly RootContent[] = []): readonly RootContent[] {
  return [
    heading('Environment'),
    term([bold('DOCKSMITH_ROOT')], 'a folder in which a host is laid out, in place of this one'),
    term([bold('DOCKER_HOST')], 'the socket of the engine, as unix:///run/docker.sock'),
    heading('Exit status'),
    term([bold('0')], 'done'),
    term([bold('1')], 'failed, or not found'),
    term([bold('2')], 'wrong usage'),
    ...codes,
  ];
}

/** A section for each db, in it one for each type of record. */
function propBlocks(paths: Paths): readonly RootContent[] {
  return Object.entries(readSchema(paths)).flatMap(([db, types]) => [
    heading(`db ${db}`),
    ...Object.entries(types).flatMap(([type, props]) => [
      heading(db === 'configuration' ? `The record ${type}` : `Records of type ${type}`, 3),
      ...Object.entries(props).map(([prop, schema]) => term([bold(prop)], describe(schema))),
    ]),
  ]);
}

function describe({ doc, values, kind, default: fallback }: PropSchema): string {
  return [
    `${capitalized(doc)}.`,
    values === undefined ? `Kind: ${kind}.` : `One of ${values.join(', ')}.`,
    ...(fallback === undefined || fallback === '' ? [] : [`Default: ${fallback}.`]),
  ].join(' ');
}

function seeAlso(...pages: readonly string[]): readonly RootContent[] {
  return [heading('See also'), paragraph(...pages.flatMap((page, n) => [...(n === 0 ? [] : [', ']), bold(page)]))];
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
