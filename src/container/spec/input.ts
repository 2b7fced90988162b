import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type YAMLMap,
} from 'yaml';
import { Failure, failuresOf, type Place, throwAll } from '../../base/errors.ts';
import { parseYaml } from './yaml/documents.ts';
import { readScalar } from './yaml/scalar.ts';

/** A node of the YAML file, with its place, for those who make something of it. */
export interface Input {
  /** `services.wiki.ports[0]` */
  readonly path: string;
  readonly place: Place;
  /** where it is named, for what stands in a map */
  readonly keyPlace?: Place | undefined;
  /** a tag of its own: `!reset` */
  readonly tag?: string | undefined;
  /** what a scalar holds; `$$` already read as `$`. Undefined for lists and maps */
  readonly scalar: string | number | boolean | null | undefined;
  readonly items: readonly Input[] | undefined;
  readonly entries: readonly (readonly [name: string, value: Input])[] | undefined;
  /** told of a field that no reader knows, where that is no mistake: the rest of its map is read */
  readonly onUnknown?: ((field: Input) => void) | undefined;
  /** Throws a `Failure` with path and place. */
  refuse(why: string, hint?: string): never;
}

const WHAT = 'the run spec';

/** So many nodes may stand in a file by `*alias` beside those that are written. */
const MOST_COPIED = 50_000;

/** How files are read that are not run specs. */
export interface InputOptions {
  /** in messages: `the run spec` */
  readonly what?: string;
  /**
   * what a text with dollar signs means; without it each has to be written twice, since docksmith fills in
   * no variables
   */
  readonly fill?: (text: string, refuse: Input['refuse'], place: Place) => string;
}

/** Reads YAML text that holds one document; throws all mistakes of its syntax. */
export function parseInput(file: string, text: string, options: InputOptions = {}): Input {
  const [input, more] = parseInputs(file, text, options);
  if (input === undefined)
    throw new Failure(`cannot read ${options.what ?? WHAT}`, { why: 'it is empty', at: { file } });
  return more === undefined ? input : more.refuse('it holds several documents, and only the first would be read');
}

/** Its documents, but for empty ones. */
export function parseInputs(
  file: string,
  text: string,
  { what = WHAT, fill = readDollars }: InputOptions = {},
): readonly Input[] {
  const cannotRead = `cannot read ${what}`;
  const { documents, lines } = parseYaml(file, text, cannotRead);
  return documents.flatMap((document) =>
    document.contents === null || (isScalar(document.contents) && document.contents.value === null)
      ? []
      : [
          makeInput(document.contents, '', {
            file,
            lines,
            document,
            fill,
            cannotRead,
            copied: 0,
            meant: new Map(),
            open: new Set(),
          }),
        ],
  );
}

/** Tries all of them and throws all their failures at once. */
export function collectAll<T, R>(values: readonly T[], read: (value: T) => R): readonly R[] {
  const failures: Failure[] = [];
  const results = values.flatMap((value) => {
    try {
      return [read(value)];
    } catch (error) {
      failures.push(...failuresOf(error));
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
  /** how many were made of nodes that stand elsewhere, so far */
  copied: number;
  readonly meant: Map<Alias, Node>;
  /** what aliases stand for that are being read */
  readonly open: Set<Node>;
}

function makeInput(written: Node | null, path: string, source: Source, parent?: Place, isCopy = false): Input {
  const place = findPlace(written, source) ?? parent ?? { file: source.file };
  const refuse = (why: string, hint?: string): never => {
    throw new Failure(
      path === '' ? source.cannotRead : `cannot use "${path}"`,
      hint === undefined ? { why, at: place } : { why, at: place, hint },
    );
  };
  const isCopied = isCopy || isAlias(written);
  if (isCopied && ++source.copied > MOST_COPIED)
    throw new Failure(source.cannotRead, {
      why: `its aliases stand for more than ${MOST_COPIED} values`,
      at: place,
      hint: 'an alias of a list of aliases grows with each step: write out what is meant',
    });
  if (!isAlias(written)) return makeOwn(written, path, source, { place, parent, refuse, isCopied });
  const node = source.meant.get(written) ?? written.resolve(source.document) ?? null;
  if (node === null) return refuse(`nothing above has the anchor "&${written.source}"`);
  if (source.open.has(node)) return refuse(`"*${written.source}" stands in what it stands for`);
  source.meant.set(written, node);
  source.open.add(node);
  const input = makeOwn(node, path, source, { place, parent, refuse, isCopied });
  source.open.delete(node);
  return input;
}

interface Own extends Pick<Input, 'place' | 'refuse'> {
  readonly parent: Place | undefined;
  readonly isCopied: boolean;
}

function makeOwn(node: Node | null, path: string, source: Source, { place, parent, refuse, isCopied }: Own): Input {
  const tag = node?.tag?.startsWith('!') === true ? { tag: node.tag } : {};
  const input = {
    path,
    place,
    keyPlace: parent,
    scalar: undefined,
    items: undefined,
    entries: undefined,
    refuse,
    ...tag,
  };
  if (isSeq<Node>(node))
    return {
      ...input,
      items: node.items.map((item, index) => makeInput(item, `${path}[${index}]`, source, place, isCopied)),
    };
  if (isMap<Node, Node | null>(node)) return { ...input, entries: listEntries(node, path, source, place, isCopied) };
  const scalar = readScalar(node);
  // looked at when it is read, so that a mistake in it is found beside the others
  return {
    ...tag,
    path,
    place,
    keyPlace: parent,
    items: undefined,
    entries: undefined,
    refuse,
    get scalar() {
      if (typeof scalar === 'string') return source.fill(scalar, refuse, place);
      return scalar === undefined ? refuse('is no text, number or true/false') : scalar;
    },
  };
}

/** A map's entries, those that `<<` takes from others behind its own. */
function listEntries(
  node: YAMLMap<Node, Node | null>,
  path: string,
  source: Source,
  place: Place,
  isCopy: boolean,
): NonNullable<Input['entries']> {
  const entries = node.items.map(({ key, value }) => {
    const name = isScalar(key) ? (key.source ?? String(key.value)) : String(key);
    // a mistake about a key with nothing behind it is shown at the key
    const keyPlace = findPlace(key, source) ?? place;
    return [name, makeInput(value, path === '' ? name : `${path}.${name}`, source, keyPlace, isCopy)] as const;
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
