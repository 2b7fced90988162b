import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { ALL_NAMES } from '../../src/cli/command-names.ts';
import { readSchema } from '../../src/db/read-schema.ts';
import { listEvents } from '../../src/event/events.ts';
import { listSteps } from '../../src/event/steps.ts';
import { findPaths } from '../../src/base/paths.ts';
import { parseExamples, patternOf } from '../support/console.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SKIPPED = ['node_modules', '.git', 'dist'];
const FILES = listFiles(ROOT);
const PAGES = FILES.filter((file) => file.endsWith('.md'));
const SHIPPED = findPaths({ DOCKSMITH_ROOT: '/nowhere' });

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (SKIPPED.includes(entry.name)) return [];
    return entry.isDirectory() ? listFiles(file) : [path.relative(ROOT, file)];
  });
}

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** `## Files that are there already` is `files-that-are-there-already` in a link. */
function anchorsOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

/** The right column of the table "use | not" in CONTRIBUTING.md. */
function listAvoided(): readonly string[] {
  const [, table = ''] = /^\| use \| not \|\n\|[- |]*\n((?:\|.*\n)+)/m.exec(read('CONTRIBUTING.md')) ?? [];
  return [...table.matchAll(/\| (.*) \|$/gm)].flatMap(([, row = '']) => (row.split(' | ')[1] ?? '').split(', '));
}

function findAvoided(text: string, avoided: readonly string[]): readonly string[] {
  return avoided.filter((words) => new RegExp(`\\b${words}`, 'i').test(text.replace(/\s+/g, ' ')));
}

/** Strings and templates of a source file, without what is imported and without comments. */
function listStrings(file: string): readonly string[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node))
      found.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('words to avoid', () => {
  const avoided = listAvoided();

  test('are found in any line and case, by their beginning', () => {
    expect(avoided.length).toBeGreaterThan(15);
    expect(avoided.filter((words) => !findAvoided(`it: ${words.toUpperCase()}.`, avoided).includes(words))).toEqual([]);
    expect(findAvoided('the checksum is\nanother one', ['is another one'])).toEqual(['is another one']);
    expect(findAvoided('recommended', ['mend'])).toEqual([]);
  });

  test('are in no text of the sources', () => {
    const found = FILES.filter((file) => /^src\/.*\.ts$/.test(file)).flatMap((file) =>
      listStrings(file).flatMap((text) => (findAvoided(text, avoided).length > 0 ? [`${file}: ${text}`] : [])),
    );
    expect(found).toEqual([]);
  });

  test('are in no schema, template, event or action', () => {
    const shipped = FILES.filter((file) => /^(db|templates|templates-default|events)\//.test(file));
    expect(shipped.filter((file) => findAvoided(read(file), avoided).length > 0)).toEqual([]);
  });

  test.each(PAGES)('are not in %s', (page) => {
    const text = read(page).replace(/^\| use \| not \|\n(?:\|.*\n)+/m, '');
    expect(text.split('\n').filter((line) => findAvoided(line, avoided).length > 0)).toEqual([]);
  });
});

describe('the written word', () => {
  test.each(PAGES)('every link of %s leads somewhere', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, target = '', anchor]) => {
      const file = target === '' ? page : path.normalize(path.join(path.dirname(page), target));
      return !existsSync(path.join(ROOT, file)) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test('every folder that a person would open has a page of its own, and the README leads to it', () => {
    const folders = ['src', 'db', 'events', 'templates', 'templates-custom', 'test'];
    expect(folders.filter((folder) => !PAGES.includes(`${folder}/README.md`))).toEqual([]);
    expect(
      folders.filter(
        (folder) => folder !== 'templates-custom' && !read('README.md').includes(`](${folder}/README.md)`),
      ),
    ).toEqual([]);
  });

  test('package, program and changelog speak of the same version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(/^## (\S+)$/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version);
    expect(read('src/cli/main.ts')).toContain(`VERSION = '${version}'`);
  });

  test('each example of a page says what is printed as it is printed, `…` for what varies', () => {
    expect(parseExamples('```console\n$ a <<END\n> b\nc\n$ d\n```\n')).toEqual([
      { line: 2, command: 'a <<END\nb', expected: 'c\n' },
      { line: 5, command: 'd', expected: '' },
    ]);
    expect('a 1 b\nx\ny\nend\n').toMatch(patternOf('a … b\n…\nend\n'));
    expect('a 1 b\nend, or not\n').not.toMatch(patternOf('a … b\n…\nend\n'));
  });

  test('no page shows a command that does not exist', () => {
    const called = PAGES.flatMap((page) =>
      [...read(page).matchAll(/(?<=`|^\$ |&& )docksmith ([a-z][a-z-]+)/gm)].map(([, name = '']) => name),
    );
    expect(called.length).toBeGreaterThan(5);
    expect([...new Set(called)].filter((name) => ![...ALL_NAMES, 'help'].includes(name))).toEqual([]);
  });

  test('no example sets a prop that no schema knows', () => {
    const ofPackages = readdirSync(path.join(SHIPPED.packageDir, 'packaging'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /schema\.d\/.*\.json$/.test(name))
      .map((name) => JSON.parse(read(path.join('packaging', name))) as Record<string, object>);
    const props = new Set(
      [...Object.values(readSchema(SHIPPED)), ...ofPackages].flatMap((kinds) =>
        Object.values(kinds).flatMap((kind) => Object.keys(kind)),
      ),
    );
    // that page brings a db of its own
    const pages = PAGES.filter((page) => /^(README\.md|docs\/)/.test(page) && page !== 'docs/writing-a-package.md');
    const set = pages.flatMap((page) => [...read(page).matchAll(/setprop \S+ ([\w.]+)/g)].map(([, prop = '']) => prop));
    expect(set.length).toBeGreaterThan(20);
    expect(set.filter((prop) => !props.has(prop) && !props.has(prop.replace(/\..*/, '.*')))).toEqual([]);
  });

  test('the page of the events names every event that is shipped, and they run in the order that it tells', () => {
    const page = read('events/README.md');
    const shown = page
      .replaceAll('`…-stop`', '`docker-container-stop`')
      .replaceAll('`…-restart`', '`docker-container-restart`');
    expect(listEvents(SHIPPED).filter((event) => !shown.includes(`\`${event}`))).toEqual([]);
    expect(listSteps(SHIPPED, 'post-install').steps.map(({ name }) => name.slice(0, 3))).toEqual([
      'S01',
      'S01',
      'S02',
      'S05',
      'S20',
      'S30',
      'S40',
      'S45',
      'S50',
      'S60',
      'S90',
    ]);
  });

  test('the page of the tests and that of the sources name every module and helper that they tell of as it is', () => {
    const modules = readdirSync(path.join(ROOT, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    expect(modules.filter((module) => !read('src/README.md').includes(`| \`${module}/`))).toEqual([]);
    const support = FILES.filter((file) => file.startsWith('test/support/'))
      .map(read)
      .join('\n');
    const helpers = [...read('test/README.md').matchAll(/`(start\w+|make\w+|needs\w*)\(?/g)]
      .map(([, name = '']) => name)
      .filter((name) => name !== 'needs');
    expect(helpers.filter((name) => !support.includes(`function ${name}(`))).toEqual([]);
  });
});
