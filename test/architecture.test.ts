import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../src');
const MOST_LINES = 250;

type Room = 'top' | 'db' | 'facts' | 'model' | 'template' | 'reads' | 'container' | 'output' | 'filter' | 'event' | 'flow' | 'cli';

interface Import {
  /** relative to src: `flow/world.ts` */
  readonly from: string;
  /** a file relative to src, or the name of a package */
  readonly to: string;
  readonly isPackage: boolean;
  /** only types: it is gone when the program runs */
  readonly isType: boolean;
  /** `await import(…)`: only where it is called */
  readonly isLate: boolean;
}

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).sort();
const SOURCES = FILES.map((file) => ts.createSourceFile(file, readFileSync(path.join(SRC, file), 'utf8'), ts.ScriptTarget.Latest, true));
const IMPORTS = SOURCES.flatMap(listImports);
const INNER = IMPORTS.filter(({ isPackage }) => !isPackage);

function listImports(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean, isLate = false): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const isPackage = !specifier.text.startsWith('.');
    if (specifier.text.startsWith('node:')) return;
    const to = isPackage ? specifier.text : path.posix.normalize(path.posix.join(path.posix.dirname(source.fileName), specifier.text));
    imports.push({ from: source.fileName, to, isPackage, isType, isLate });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isOnlyTypes(node.importClause));
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false, true);
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

/** `import type …`, and `import { type A, type B }` */
function isOnlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = clause;
  return name === undefined && namedBindings !== undefined && ts.isNamedImports(namedBindings) && namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly);
}

function roomOf(file: string): Room {
  const [folder, rest] = file.split('/');
  return rest === undefined ? 'top' : folder as Room;
}

/** Imports that leave their room, but for those that may. */
function listBreaches(room: Room, mayImport: (to: string, isType: boolean) => boolean): readonly string[] {
  return INNER.filter(({ from, to, isType }) => roomOf(from) === room && roomOf(to) !== room && !mayImport(to, isType)).map(({ from, to, isType }) => `${from} imports ${isType ? 'types of ' : ''}${to}`);
}

const isIn = (to: string, ...rooms: readonly Room[]): boolean => rooms.includes(roomOf(to));
/** Values that rooms exchange, and the pure functions that look something up in them. */
const isValue = (to: string): boolean => ['db/snapshot.ts', 'db/secret-values.ts', 'db/record.ts', 'db/check-value.ts', 'facts/facts.ts'].includes(to);

describe('the rooms of src', () => {
  const RULES: readonly (readonly [Room, string, (to: string, isType: boolean) => boolean])[] = [
    ['top', 'everybody uses it, so it can use nobody', () => false],
    ['db', 'other programs work on the same files: what a db is does not depend on what we do with it', (to) => isIn(to, 'top')],
    ['facts', 'it tells what is there and concludes nothing from it', (to, isType) => isIn(to, 'top') || (isType && isIn(to, 'db'))],
    ['model', 'what records mean is decided over values, so that a dry run and the real one decide alike', (to, isType) => isIn(to, 'top') || isValue(to) || (isType && isIn(to, 'db', 'facts'))],
    ['template', 'templates read a snapshot: they never ask the engine, and never write a db', (to, isType) => isIn(to, 'top', 'model') || isValue(to) || (isType && isIn(to, 'db', 'facts'))],
    ['reads', 'it remembers what a rendering looked at, and decides nothing about what is rendered', (to, isType) => isIn(to, 'top', 'template', 'db') || (isType && isIn(to, 'facts'))],
    ['filter', 'the kernel is told what a file says, whoever wrote it', (to) => isIn(to, 'top')],
    ['container', 'run specs are all that it knows of what is wanted; it never looks into templates or files', (to, isType) => isIn(to, 'top', 'model') || isValue(to) || (isType && isIn(to, 'db', 'facts'))],
    ['output', 'it installs bytes and does not care who made them', (to, isType) => isIn(to, 'top') || (isType && to === 'template/rendered.ts')],
    ['event', 'it runs whatever an admin lays into a folder, and knows nothing of containers', (to) => isIn(to, 'top')],
    ['flow', 'it puts the rooms in order, and is put in order by nobody: only the command line is above it', (to) => !isIn(to, 'cli')],
  ];
  test.each(RULES)('%s: %s', (room, _, mayImport) => {
    expect(listBreaches(room, mayImport)).toEqual([]);
  });

  test('cli: it says what others did: it never writes an output and never calls the engine, and only its db command writes dbs', () => {
    const shown = ['output/diff.ts', 'output/change-set.ts', 'container/format-plan.ts', 'event/runs.ts', 'event/events.ts', 'template/helpers/index.ts'];
    expect(listBreaches('cli', (to, isType) => isType || isIn(to, 'top', 'flow', 'db', 'model') || shown.includes(to))).toEqual([]);
  });

  test('no two rooms import each other, also not over a third: data goes one way through the house', () => {
    const edges = new Map<Room, Set<Room>>();
    for (const { from, to, isType } of INNER) if (!isType && roomOf(from) !== roomOf(to)) edges.set(roomOf(from), (edges.get(roomOf(from)) ?? new Set<Room>()).add(roomOf(to)));
    const reaches = (room: Room, seen = new Set<Room>()): ReadonlySet<Room> => {
      for (const next of edges.get(room) ?? []) if (!seen.has(next)) reaches(next, seen.add(next));
      return seen;
    };
    expect([...edges.keys()].filter((room) => reaches(room).has(room))).toEqual([]);
  });
});

describe('the records of containers', () => {
  const find = (isWanted: (node: ts.Node, source: ts.SourceFile) => boolean, isLeftOut: (file: string) => boolean): readonly string[] => SOURCES.filter(({ fileName }) => !isLeftOut(fileName)).flatMap((source) => {
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      if (isWanted(node, source)) found.push(`${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}: ${node.getText(source)}`);
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  });
  const isOfContainers = (node: ts.Node | undefined): boolean => node !== undefined && ((ts.isIdentifier(node) && node.text === 'CONTAINERS') || (ts.isStringLiteral(node) && node.text === 'docker_containers'));
  const isAsking = (node: ts.Node): boolean => ts.isCallExpression(node) && ts.isIdentifier(node.expression) && ['findProp', 'listProps'].includes(node.expression.text) && isOfContainers(node.arguments[1]);

  test('are asked for a prop by its name in model/container.ts alone: what a prop means, and what it is where it is not set, is said once', () => {
    expect(find(isAsking, (file) => file === 'model/container.ts')).toEqual([]);
  });

  test('and of others likewise: whoever writes the name of a prop is one of the views in model/', () => {
    const VIEWS = /^model\/(container|(docker|docksmith|httpd|image)-record|networks?|secrets)\.ts$/;
    const isNaming = (node: ts.Node): boolean => ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'findProp' && node.arguments[3] !== undefined && ts.isStringLiteral(node.arguments[3]);
    const isSingle = (node: ts.Node): boolean => ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'findProp'
      && node.arguments[1] !== undefined && ts.isStringLiteral(node.arguments[1]) && node.arguments[2] !== undefined && ts.isStringLiteral(node.arguments[2]);
    // of the limits of calls the names are told to users, too
    expect(find((node) => isNaming(node) || isSingle(node), (file) => VIEWS.test(file) || file === 'container/engine-limits.ts')).toEqual([]);
  });

  test('make a container by what model/container.ts says of their type, and by nothing else', () => {
    const isType = (node: ts.Node): boolean => (ts.isIdentifier(node) && node.text === 'type') || (ts.isPropertyAccessExpression(node) && node.name.text === 'type');
    const isComparing = (node: ts.Node): boolean => ts.isBinaryExpression(node) && ['===', '!=='].includes(node.operatorToken.getText()) && [[node.left, node.right], [node.right, node.left]]
      .some(([type, text]) => type !== undefined && text !== undefined && isType(type) && ts.isStringLiteral(text) && text.text === 'service');
    expect(find(isComparing, (file) => file === 'model/container.ts')).toEqual([]);
  });
});

describe('packages of others', () => {
  const HOMES: Readonly<Record<string, readonly string[]>> = {
    handlebars: ['template/parse-fragment.ts'], ini: ['template/metadata.ts'], yaml: ['template/', 'container/'], dockerode: ['container/docker-client.ts'],
    execa: ['event/run-process.ts'], diff: ['output/diff.ts'], 'yocto-spinner': ['cli/console-reporter.ts'],
  };

  test('each has one home, so that replacing it is a matter of one place', () => {
    const strays = IMPORTS.filter(({ isPackage }) => isPackage).filter(({ from, to, isType }) => !(HOMES[to] ?? []).some((home) => from.startsWith(home)) && !(isType && to === 'dockerode' && roomOf(from) === 'container')
      && !(isType && to === 'yocto-spinner'));
    expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('db and config load none of them, and next to nothing of the program: scripts call them by the hundred', () => {
    const loaded = new Set(['cli/main-db.ts']);
    // a set shows what is added to it while it is walked
    for (const file of loaded) for (const { from, to, isType, isLate } of IMPORTS) if (from === file && !isType && !isLate) loaded.add(to);
    expect([...new Set([...loaded].map((file) => (file.includes('/') ? file.split('/')[0] : file.endsWith('.ts') ? 'top' : file)))].sort()).toEqual(['cli', 'db', 'top']);
    expect([...loaded].filter((file) => file.startsWith('cli/')).length).toBeLessThan(9);
  });

  test('they are in what is built: an installed package needs none besides, and its versions are those that were tested', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(SRC, '../package.json'), 'utf8')) as { dependencies?: unknown; devDependencies: Readonly<Record<string, string>> };
    expect(dependencies).toBeUndefined();
    expect([...new Set(IMPORTS.flatMap(({ to, isPackage }) => (isPackage ? [to] : [])))].sort()).toEqual(Object.keys(HOMES).sort());
    expect(Object.keys(HOMES).filter((name) => !/^\d+\.\d+\.\d+$/.test(devDependencies[name] ?? ''))).toEqual([]);
  });
});

describe('the files of src', () => {
  test('none has more than 250 lines: a longer one is asking for a second room', () => {
    expect(SOURCES.filter((source) => source.getLineStarts().length - 1 > MOST_LINES).map(({ fileName }) => fileName)).toEqual([]);
  });

  test('each is named in kebab-case, for the noun or the one verb that it exports', () => {
    expect(FILES.filter((file) => !/^([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(file))).toEqual([]);
  });

  test('none has a default export: a name should be the same everywhere', () => {
    const isDefault = (node: ts.Node): boolean => ts.isExportAssignment(node) || (ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword));
    expect(SOURCES.filter(({ statements }) => statements.some(isDefault)).map(({ fileName }) => fileName)).toEqual([]);
  });

  test('none asks whether it is a dry run further in than where the event begins: a dry run is a plan that is printed instead of applied', () => {
    const asking = FILES.filter((file) => !/^(cli|flow)\//.test(file) && /dryRun|isDryRun/.test(readFileSync(path.join(SRC, file), 'utf8')));
    expect(asking).toEqual([]);
  });

  test('none imports itself in a circle with others of its room, but for types', () => {
    const edges = groupImports();
    const circles: string[] = [];
    const walk = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
      else if (!done.has(file)) for (const next of edges.get(file) ?? []) walk(next, [...way, file]);
      done.add(file);
    };
    const done = new Set<string>();
    for (const file of FILES) walk(file, []);
    expect(circles).toEqual([]);
  });
});

function groupImports(): ReadonlyMap<string, readonly string[]> {
  const edges = new Map<string, string[]>();
  for (const { from, to, isType } of INNER) if (!isType) edges.set(from, [...(edges.get(from) ?? []), to]);
  return edges;
}
