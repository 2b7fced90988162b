import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { Failure, Failures, type Place, throwAll } from '../../base/errors.ts';

/** A node of the YAML file, with its place, for those who make something of it. */
export interface Input {
  /** `services.wiki.ports[0]` */
  readonly path: string;
  readonly place: Place;
  /** where it is named, for what stands in a map */
  readonly keyPlace?: Place | undefined;
  /** what a scalar holds; `$$` already read as `$`. Undefined for lists and maps */
  readonly scalar: string | number | boolean | null | undefined;
  readonly items: readonly Input[] | undefined;
  readonly entries: readonly (readonly [name: string, value: Input])[] | undefined;
  /** Throws a `Failure` with path and place. */
  refuse(why: string, hint?: string): never;
}

/** How files are read that are not run specs. */
export interface InputOptions {
  /** in messages: `the run spec` */
  readonly what?: string;
  /**
   * what a text with dollar signs means; without it each has to be written twice, since docksmith fills in
   * no variables
   */
  readonly fill?: (text: string, refuse: Input['refuse']) => string;
}

/** Reads YAML text; throws all mistakes of its syntax. */
export function parseInput(
  file: string,
  text: string,
  { what = 'the run spec', fill = readDollars }: InputOptions = {},
): Input {
  const cannotRead = `cannot read ${what}`;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  throwAll(
    document.errors.map(({ message, linePos }) => {
      const at = { file, line: linePos?.[0].line ?? 1, column: linePos?.[0].col ?? 1 };
      return new Failure(cannotRead, {
        why: message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? message,
        at,
      });
    }),
  );
  if (document.contents === null) throw new Failure(cannotRead, { why: 'it is empty', at: { file } });
  return makeInput(document.contents, '', { file, lines, document, fill, cannotRead });
}

/** Tries all of them and throws all their failures at once. */
export function collectAll<T, R>(values: readonly T[], read: (value: T) => R): readonly R[] {
  const failures: Failure[] = [];
  const results = values.flatMap((value) => {
    try {
      return [read(value)];
    } catch (error) {
      if (error instanceof Failures) failures.push(...error.failures);
      else if (error instanceof Failure) failures.push(error);
      else throw error;
      return [];
    }
  });
  throwAll(failures);
  return results;
}

interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document;
  readonly fill: NonNullable<InputOptions['fill']>;
  readonly cannotRead: string;
}

function makeInput(written: Node | null, path: string, source: Source, parent?: Place): Input {
  const node = isAlias(written) ? written.resolve(source.document) : written;
  const place = findPlace(written, source) ?? parent ?? { file: source.file };
  const refuse = (why: string, hint?: string): never => {
    throw new Failure(
      path === '' ? source.cannotRead : `cannot use "${path}"`,
      hint === undefined ? { why, at: place } : { why, at: place, hint },
    );
  };
  const input = { path, place, keyPlace: parent, scalar: undefined, items: undefined, entries: undefined, refuse };
  if (isSeq<Node>(node))
    return { ...input, items: node.items.map((item, index) => makeInput(item, `${path}[${index}]`, source, place)) };
  if (isMap<Node, Node | null>(node)) return { ...input, entries: listEntries(node, path, source, place) };
  const scalar = isScalar(node) ? node.value : null;
  // looked at when it is read, so that a mistake in it is found beside the others
  return {
    path,
    place,
    keyPlace: parent,
    items: undefined,
    entries: undefined,
    refuse,
    get scalar() {
      if (typeof scalar === 'string') return source.fill(scalar, refuse);
      return typeof scalar === 'number' || typeof scalar === 'boolean' || scalar === null
        ? scalar
        : refuse('is no text, number or true/false');
    },
  };
}

/** A map's entries, those that `<<` takes from others behind its own. */
function listEntries(
  node: YAMLMap<Node, Node | null>,
  path: string,
  source: Source,
  place: Place,
): NonNullable<Input['entries']> {
  const entries = node.items.map(({ key, value }) => {
    const name = isScalar(key) ? String(key.value) : String(key);
    // a mistake about a key with nothing behind it is shown at the key
    const keyPlace = findPlace(key, source) ?? place;
    return [name, makeInput(value, path === '' ? name : `${path}.${name}`, source, keyPlace)] as const;
  });
  const merged = entries
    .filter(([name]) => name === '<<')
    .flatMap(([, { entries: one, items = [] }]) => one ?? items.flatMap((item) => item.entries ?? []));
  const own = entries.filter(([name]) => name !== '<<');
  return [
    ...own,
    ...merged.filter(
      ([name], n) => !own.some(([other]) => other === name) && merged.findIndex(([other]) => other === name) === n,
    ),
  ];
}

function findPlace(node: Node | null, { file, lines }: Source): Place | undefined {
  if (!node?.range) return undefined;
  const { line, col } = lines.linePos(node.range[0]);
  return { file, line, column: col };
}

/** Compose would put a variable of its environment there; docksmith has none to put. */
function readDollars(text: string, refuse: Input['refuse']): string {
  const single = /^(?:[^$]|\$\$)*\$(?!\$)(\{[^}]*\}|\w*)/.exec(text)?.[1];
  if (single !== undefined)
    refuse(`"$${single}" would be a variable, and docksmith fills in none`, 'write $$ for a dollar sign');
  return text.replaceAll('$$', '$');
}
