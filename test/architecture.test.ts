import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const SRC = path.resolve(import.meta.dirname, '../src');
const MOST_LINES = 250;

const MOST_FILES = 20;

type Module =
  | 'base'
  | 'files'
  | 'db'
  | 'web-server'
  | 'host'
  | 'model'
  | 'template'
  | 'incremental'
  | 'output'
  | 'engine'
  | 'container'
  | 'compose'
  | 'firewall'
  | 'event'
  | 'flow'
  | 'features'
  | 'cli';

interface Import {
  /** relative to src: `flow/host-state.ts` */
  readonly from: string;
  /** a file relative to src, or the name of a package */
  readonly to: string;
  readonly isPackage: boolean;
  /** only types: it is gone when the program runs */
  readonly isType: boolean;
  /** `await import(…)`: only where it is called */
  readonly isLate: boolean;
}

const FILES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();
const SOURCES = FILES.map((file) =>
  ts.createSourceFile(file, readFileSync(path.join(SRC, file), 'utf8'), ts.ScriptTarget.Latest, true),
);
const IMPORTS = SOURCES.flatMap(listImports);
const INNER = IMPORTS.filter(({ isPackage }) => !isPackage);

function listImports(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean, isLate = false): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const isPackage = !specifier.text.startsWith('.');
    if (specifier.text.startsWith('node:')) return;
    const to = isPackage
      ? specifier.text
      : path.posix.normalize(path.posix.join(path.posix.dirname(source.fileName), specifier.text));
    imports.push({ from: source.fileName, to, isPackage, isType, isLate });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isOnlyTypes(node.importClause));
    if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false, true);
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
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

function moduleOf(file: string): Module {
  return file.split('/')[0] as Module;
}

/** Imports that leave their module, but for those that may. */
function listBreaches(module: Module, mayImport: (to: string, isType: boolean) => boolean): readonly string[] {
  return INNER.filter(
    ({ from, to, isType }) => moduleOf(from) === module && moduleOf(to) !== module && !mayImport(to, isType),
  ).map(({ from, to, isType }) => `${from} imports ${isType ? 'types of ' : ''}${to}`);
}

const isIn = (to: string, ...modules: readonly Module[]): boolean => modules.includes(moduleOf(to));
/** What everybody may use. */
const isBase = (to: string): boolean => isIn(to, 'base', 'files');
/** Values that modules exchange, and the pure functions that look something up in them. */
const isValue = (to: string): boolean =>
  [
    'db/snapshot.ts',
    'db/secret-values.ts',
    'db/record.ts',
    'db/check-value.ts',
    'db/hosts/host-records.ts',
    'host/facts.ts',
  ].includes(to);
/** Views of records, and the types of what they are made of. */
const isModel = (to: string, isType: boolean): boolean =>
  isIn(to, 'model', 'web-server') || isValue(to) || (isType && isIn(to, 'db', 'host'));

describe('the modules of src', () => {
  const RULES: readonly (readonly [Module, string, (to: string, isType: boolean) => boolean])[] = [
    ['base', 'everybody uses it, so it can use nobody', () => false],
    ['files', 'it replaces, locks and signs files, whatever is in them', (to) => isIn(to, 'base')],
    ['db', 'other programs work on the same files: what a db is does not depend on what we do with it', isBase],
    [
      'web-server',
      'it knows how Apache is laid out and what its directives mean, and nothing of who asks',
      (to) => isIn(to, 'base'),
    ],
    [
      'host',
      'it tells what is there and concludes nothing from it',
      (to, isType) => isBase(to) || isIn(to, 'web-server') || (isType && isIn(to, 'db')),
    ],
    [
      'model',
      'what records mean is decided over values, so that a dry run and the real one decide alike',
      (to, isType) => isBase(to) || isModel(to, isType),
    ],
    [
      'template',
      'templates read a snapshot: they never ask the engine, and never write a db',
      (to, isType) =>
        isBase(to) ||
        isModel(to, isType) ||
        ['db/byte-text.ts', 'db/flat-db.ts'].includes(to) ||
        (isType && to === 'incremental/compiled.ts'),
    ],
    [
      'incremental',
      'it remembers what a rendering looked at, and decides nothing about what is rendered',
      (to, isType) => isBase(to) || isIn(to, 'template', 'db') || (isType && isIn(to, 'host')),
    ],
    [
      'output',
      'it installs bytes and does not care who made them',
      (to, isType) =>
        isBase(to) || (isType && ['template/rendered.ts', 'template/language/origin.ts', 'db/record.ts'].includes(to)),
    ],
    [
      'engine',
      'an engine is told what to do, and knows nothing of records but how an image is got and how long it is waited for',
      (to, isType) => isBase(to) || to === 'db/snapshot.ts' || (isType && to === 'model/image-source.ts'),
    ],
    [
      'container',
      'run specs are all that it knows of what is wanted; it never looks into templates or outputs',
      (to, isType) => isBase(to) || isIn(to, 'engine') || isModel(to, isType),
    ],
    [
      'compose',
      'it turns Compose files into one model with places, and knows nothing of records: run specs are read by the same readers',
      (to) => isBase(to) || to.startsWith('container/spec/'),
    ],
    ['firewall', 'the kernel is told what a file says, whoever wrote it', isBase],
    ['event', 'it runs whatever an admin lays into a folder, and knows nothing of containers', isBase],
    [
      'flow',
      'it is the main path, which works without any other verb: it puts the modules in order',
      (to) => !isIn(to, 'features', 'cli'),
    ],
    [
      'features',
      'each verb stands on the main path, and is put in order by nobody: only the command line is above it',
      (to) => !isIn(to, 'cli'),
    ],
  ];
  test.each(RULES)('%s: %s', (module, _, mayImport) => {
    expect(listBreaches(module, mayImport)).toEqual([]);
  });

  test('each has a rule', () => {
    expect(
      [...new Set(FILES.map(moduleOf))].filter(
        (module) => module !== 'cli' && !RULES.some(([name]) => name === module),
      ),
    ).toEqual([]);
  });

  test('cli: it says what others did: it never writes an output and never calls the engine, and only its db command writes dbs', () => {
    const shown = [
      'output/plan/diff.ts',
      'output/plan/change-set.ts',
      'container/plan/format-plan.ts',
      'container/plan/told.ts',
      'event/runs.ts',
      'event/event-holder.ts',
      'event/events.ts',
      'template/helpers/index.ts',
    ];
    expect(
      listBreaches(
        'cli',
        (to, isType) => isType || isBase(to) || isIn(to, 'flow', 'features', 'db', 'model') || shown.includes(to),
      ),
    ).toEqual([]);
  });

  test('no two import each other, also not over a third: data goes one way', () => {
    const edges = new Map<Module, Set<Module>>();
    for (const { from, to, isType } of INNER)
      if (!isType && moduleOf(from) !== moduleOf(to))
        edges.set(moduleOf(from), (edges.get(moduleOf(from)) ?? new Set<Module>()).add(moduleOf(to)));
    const reaches = (module: Module, seen = new Set<Module>()): ReadonlySet<Module> => {
      for (const next of edges.get(module) ?? []) if (!seen.has(next)) reaches(next, seen.add(next));
      return seen;
    };
    expect([...edges.keys()].filter((module) => reaches(module).has(module))).toEqual([]);
  });

  test("Apache's own paths and commands stand in web-server/ alone", () => {
    const naming = FILES.filter(
      (file) =>
        moduleOf(file) !== 'web-server' && /\/etc\/(httpd|apache2)|apache2ctl|httpd -/.test(readWithoutComments(file)),
    );
    expect(naming).toEqual([]);
  });
});

function readWithoutComments(file: string): string {
  return readFileSync(path.join(SRC, file), 'utf8').replace(/\/\*.*?\*\/|^\s*\/\/.*$/gms, '');
}

describe('the records of containers', () => {
  const find = (
    isWanted: (node: ts.Node, source: ts.SourceFile) => boolean,
    isLeftOut: (file: string) => boolean,
  ): readonly string[] =>
    SOURCES.filter(({ fileName }) => !isLeftOut(fileName)).flatMap((source) => {
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        if (isWanted(node, source))
          found.push(
            `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}: ${node.getText(source)}`,
          );
        ts.forEachChild(node, visit);
      };
      visit(source);
      return found;
    });
  const isOfContainers = (node: ts.Node | undefined): boolean =>
    node !== undefined &&
    ((ts.isIdentifier(node) && node.text === 'CONTAINERS') ||
      (ts.isStringLiteral(node) && node.text === 'docker_containers'));
  const isAsking = (node: ts.Node): boolean =>
    ts.isCallExpression(node) &&
    ts.isIdentifier(node.expression) &&
    ['findProp', 'listProps'].includes(node.expression.text) &&
    isOfContainers(node.arguments[1]);

  test('are asked for a prop by its name in model/container.ts alone: what a prop means, and what it is where it is not set, is said once', () => {
    expect(find(isAsking, (file) => file === 'model/container.ts')).toEqual([]);
  });

  test('and of others likewise: whoever writes the name of a prop is one of the views in model/', () => {
    const VIEWS =
      /^model\/(container|(docker|docksmith|httpd|image)-record|network\/networks?|images\/repository-record|secrets)\.ts$/;
    const isNaming = (node: ts.Node): boolean =>
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'findProp' &&
      node.arguments[3] !== undefined &&
      ts.isStringLiteral(node.arguments[3]);
    const isSingle = (node: ts.Node): boolean =>
      ts.isCallExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'findProp' &&
      node.arguments[1] !== undefined &&
      ts.isStringLiteral(node.arguments[1]) &&
      node.arguments[2] !== undefined &&
      ts.isStringLiteral(node.arguments[2]);
    // of the limits of calls the names are told to users, too
    expect(
      find(
        (node) => isNaming(node) || isSingle(node),
        (file) => VIEWS.test(file) || file === 'engine/engine-limits.ts',
      ),
    ).toEqual([]);
  });

  test('make a container by what model/container.ts says of their type, and by nothing else', () => {
    const isType = (node: ts.Node): boolean =>
      (ts.isIdentifier(node) && node.text === 'type') ||
      (ts.isPropertyAccessExpression(node) && node.name.text === 'type');
    const isComparing = (node: ts.Node): boolean =>
      ts.isBinaryExpression(node) &&
      ['===', '!=='].includes(node.operatorToken.getText()) &&
      [
        [node.left, node.right],
        [node.right, node.left],
      ].some(
        ([type, text]) =>
          type !== undefined &&
          text !== undefined &&
          isType(type) &&
          ts.isStringLiteral(text) &&
          text.text === 'service',
      );
    expect(find(isComparing, (file) => file === 'model/container.ts')).toEqual([]);
  });
});

describe('packages of others', () => {
  const HOMES: Readonly<Record<string, readonly string[]>> = {
    'fast-glob': ['template/list-templates.ts'],
    handlebars: ['template/language/parse-fragment.ts'],
    ini: ['template/metadata.ts'],
    re2js: ['template/language/pattern.ts'],
    yaml: ['template/', 'container/', 'features/export/write-yaml.ts'],
    dockerode: ['engine/docker/docker-client.ts'],
    execa: ['event/run-process.ts'],
    diff: ['output/plan/diff.ts'],
    'yocto-spinner': ['cli/format/console-reporter.ts'],
  };

  test('each has one home, so that replacing it is a matter of one place', () => {
    const strays = IMPORTS.filter(({ isPackage }) => isPackage).filter(
      ({ from, to, isType }) =>
        !(HOMES[to] ?? []).some((home) => from.startsWith(home)) &&
        !(isType && to === 'dockerode' && moduleOf(from) === 'engine') &&
        !(isType && to === 'yocto-spinner'),
    );
    expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
  });

  test('db and config load none of them, and next to nothing of the program: scripts call them by the hundred', () => {
    const loaded = new Set(['cli/main-db.ts']);
    // a set shows what is added to it while it is walked
    for (const file of loaded)
      for (const { from, to, isType, isLate } of IMPORTS) if (from === file && !isType && !isLate) loaded.add(to);
    expect([...new Set([...loaded].map((file) => (file.endsWith('.ts') ? moduleOf(file) : file)))].sort()).toEqual([
      'base',
      'cli',
      'db',
      'files',
    ]);
    expect([...loaded].filter((file) => file.startsWith('cli/')).length).toBeLessThan(9);
  });

  test('they are in what is built: an installed package needs none besides, and its versions are those that were tested', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(path.join(SRC, '../package.json'), 'utf8')) as {
      dependencies?: unknown;
      devDependencies: Readonly<Record<string, string>>;
    };
    expect(dependencies).toBeUndefined();
    expect([...new Set(IMPORTS.flatMap(({ to, isPackage }) => (isPackage ? [to] : [])))].sort()).toEqual(
      Object.keys(HOMES).sort(),
    );
    expect(Object.keys(HOMES).filter((name) => !/^\d+\.\d+\.\d+$/.test(devDependencies[name] ?? ''))).toEqual([]);
  });
});

describe('the files of src', () => {
  test('none has more than 250 lines: a longer one does two things', () => {
    expect(
      SOURCES.filter((source) => source.getLineStarts().length - 1 > MOST_LINES).map(({ fileName }) => fileName),
    ).toEqual([]);
  });

  test('no line of a comment has more than 120 columns: the formatter holds code to that, and leaves comments alone', () => {
    const lines = FILES.flatMap((file) =>
      readFileSync(path.join(SRC, file), 'utf8')
        .split('\n')
        .flatMap((line, n) => (line.length > 120 && /^\s*(\/\*|\*|\/\/)/.test(line) ? [`${file}:${n + 1}`] : [])),
    );
    expect(lines).toEqual([]);
  });

  test('no folder has more than 20 of them: one can see at a glance what is there', () => {
    const sizes = new Map<string, number>();
    for (const file of FILES) sizes.set(path.posix.dirname(file), (sizes.get(path.posix.dirname(file)) ?? 0) + 1);
    expect([...sizes].filter(([, size]) => size > MOST_FILES)).toEqual([]);
  });

  test('each is named in kebab-case, for the noun or the one verb that it exports', () => {
    expect(FILES.filter((file) => !/^([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/.test(file))).toEqual([]);
  });

  test('none has a default export: a name should be the same everywhere', () => {
    const isDefault = (node: ts.Node): boolean =>
      ts.isExportAssignment(node) ||
      (ts.canHaveModifiers(node) &&
        (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword));
    expect(SOURCES.filter(({ statements }) => statements.some(isDefault)).map(({ fileName }) => fileName)).toEqual([]);
  });

  test('none asks whether it is a dry run further in than where the event begins: a dry run is a plan that is printed instead of applied', () => {
    const asking = FILES.filter(
      (file) =>
        !/^(cli|features|flow)\//.test(file) && /dryRun|isDryRun/.test(readFileSync(path.join(SRC, file), 'utf8')),
    );
    expect(asking).toEqual([]);
  });

  test('none imports itself in a circle over others, also not by types', () => {
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
  for (const { from, to } of INNER) edges.set(from, [...(edges.get(from) ?? []), to]);
  return edges;
}
