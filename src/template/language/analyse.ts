import type { Place } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { findPropSchema } from '../../db/check-value.ts';
import type { Db } from '../../db/record.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { findBanner, listFragments, readFragment, withBanner } from './fragment.ts';
import type { Fragment } from './program.ts';
import type { HelperTable } from './helper.ts';
import type { ForEach, Language, Metadata } from '../metadata.ts';
import { parseFragment } from './parse-fragment.ts';
import { formatStaticRead, recordsIn, type Shapes, type StaticRead } from './shape.ts';
import { type Findings, walkFragment } from './walk-fragment.ts';

export interface PlacedRead extends StaticRead {
  /** where it is read first */
  readonly at: Place;
}

/** A name with two meanings. */
export interface Double {
  readonly name: string;
  /** of the item */
  readonly db: string;
  readonly at: Place;
}

/** What the text of a template says, whatever the dbs hold. */
export interface Analysis {
  /** each once: what its outputs are made of, names and existence included */
  readonly reads: readonly PlacedRead[];
  /** what only its CHECK reads */
  readonly checkReads: readonly PlacedRead[];
  /** templates that its fragments expand, theirs too */
  readonly parts: ReadonlySet<string>;
  /** a fragment computes the path of a template that it expands */
  readonly computesParts: boolean;
  /** names in blocks that may be a prop of the item and a record of `configuration` */
  readonly doubles: readonly Double[];
  /** helpers that it calls, and that are none */
  readonly lacking: readonly { readonly helper: string; readonly at: Place }[];
  /** files of its fragments, without the root, and of those of its parts */
  readonly files: readonly string[];
}

/**
 * Reads the fragments of a template, and of all that they expand, without rendering them: a
 * condition hides nothing, and no record has to be there.
 * @param names which records and props there are, where a name may be either; undefined: it is a prop
 * @throws Failure with file, line and column of a syntax error
 */
export function analyseTemplate(
  paths: Paths,
  helpers: HelperTable,
  metadata: Metadata,
  names?: Pick<Snapshot, 'dbs' | 'schema'>,
): Analysis {
  const whole = new Collected(paths, helpers, names, metadata.language);
  const variables = new Map<string, Shapes>([['templatePath', []]]);
  if (metadata.forEach !== undefined) {
    variables.set('record', [
      { kind: 'record', of: whole.listing(metadata.forEach, metadata.file ?? metadata.template) },
    ]);
  }
  const inline = (collected: Collected, text: string | undefined): void => {
    if (text?.includes('{{') !== true) return;
    const file = metadata.file ?? metadata.template;
    const findings = collected.findings([]);
    // a line of the text alone is none of the file
    walkFragment(parseFragment(file, text), new Map(variables), {
      ...findings,
      note: (read) => findings.note(read, { file }),
      lacks: (helper) => findings.lacks(helper, { file }),
    });
  };
  inline(whole, metadata.outputFilename);
  inline(whole, metadata.group);
  inline(whole, metadata.delete);
  whole.template(metadata.template, variables, [], metadata.format !== 'json');
  const check = new Collected(paths, helpers, names, metadata.language);
  inline(check, metadata.check);
  return {
    reads: whole.reads(),
    checkReads: check.reads(),
    parts: whole.parts,
    computesParts: whole.computesParts,
    doubles: [...whole.doubles.values()],
    lacking: [...whole.lacking, ...check.lacking],
    files: [...whole.files],
  };
}

/** What was found so far. */
class Collected {
  readonly #paths: Paths;
  readonly #helpers: HelperTable;
  readonly #language: Language;
  readonly #reads = new Map<string, PlacedRead>();
  readonly #fragments = new Map<string, Fragment>();
  readonly #names: Pick<Snapshot, 'dbs' | 'schema'> | undefined;
  readonly doubles = new Map<string, Double>();
  readonly lacking: { readonly helper: string; readonly at: Place }[] = [];
  readonly parts = new Set<string>();
  readonly files = new Set<string>();
  computesParts = false;

  constructor(
    paths: Paths,
    helpers: HelperTable,
    names: Pick<Snapshot, 'dbs' | 'schema'> | undefined,
    language: Language,
  ) {
    this.#names = names;
    this.#paths = paths;
    this.#helpers = helpers;
    this.#language = language;
  }

  reads(): readonly PlacedRead[] {
    return [...this.#reads.values()];
  }

  note(read: StaticRead, at: Place): void {
    const name = formatStaticRead(read);
    if (!this.#reads.has(name)) this.#reads.set(name, { ...read, at });
  }

  /** Notes a listing, and gives the records that it lists. */
  listing({ db, filter }: ForEach, file: string): Omit<StaticRead, 'prop'> {
    const [key, type] = [filter.get('key'), filter.get('type')];
    const of = { db, ...(key === undefined ? {} : { key }), ...(type === undefined ? {} : { type }) };
    this.note(of, { file });
    for (const prop of filter.keys()) if (prop !== 'key' && prop !== 'type') this.note({ ...of, prop }, { file });
    return of;
  }

  /** @param stack templates that are being expanded: one of them again would never end */
  template(template: string, variables: ReadonlyMap<string, Shapes>, stack: readonly string[], banner = false): void {
    if (stack.includes(template)) return;
    const list = listFragments(this.#paths, template);
    const own = new Map(variables);
    for (const { file, isBanner } of (banner ? withBanner(list, () => findBanner(this.#paths).files) : list)?.files ??
      []) {
      let fragment = this.#fragments.get(file);
      const language = isBanner === true ? 'handlebars' : this.#language;
      if (fragment === undefined) this.#fragments.set(file, (fragment = readFragment(this.#paths, file, language)));
      this.files.add(fragment.file);
      walkFragment(fragment, own, this.findings([...stack, template]));
    }
  }

  #mayBeRecord(item: Shapes, name: string, at: Place): boolean {
    const { dbs, schema } = this.#names ?? { dbs: new Map<string, Db>(), schema: {} };
    const isThere = dbs.get('configuration')?.has(name) === true;
    if (!isThere && !Object.hasOwn(schema['configuration'] ?? {}, name)) return false;
    // what the schema has for an item is the item's, set or not
    const isOwn = ({ db, key, type }: Omit<StaticRead, 'prop'>): boolean => {
      const kind = db === 'configuration' ? key : type;
      const kinds = kind === undefined ? Object.values(schema[db] ?? {}) : [schema[db]?.[kind] ?? {}];
      return kinds.some((props) => findPropSchema(props, name) !== undefined);
    };
    const records = recordsIn(item);
    const others = records.filter((of) => !isOwn(of));
    const double = others.find(({ db }) => [...(dbs.get(db)?.values() ?? [])].some(({ props }) => props.has(name)));
    if (isThere && double !== undefined)
      this.doubles.set(`${at.file} ${at.line ?? ''} ${name}`, { name, db: double.db, at });
    return records.length === 0 || others.length > 0;
  }

  /** What a fragment of the last of these templates tells. */
  findings(stack: readonly string[]): Findings {
    return {
      helpers: this.#helpers,
      note: (read, at) => this.note(read, at),
      mayBeRecord: (item, name, at) => this.#mayBeRecord(item, name, at),
      lacks: (helper, at) => void this.lacking.push({ helper, at }),
      expand: (template, variables) => {
        if (template === undefined) this.computesParts = true;
        else {
          this.parts.add(template);
          this.template(template, variables, stack);
        }
      },
    };
  }
}
