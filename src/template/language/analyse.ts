import type { Place } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { findBanner, listFragments, readFragment, withBanner } from './fragment.ts';
import type { Fragment } from './program.ts';
import type { HelperTable } from './helper.ts';
import type { ForEach, Metadata } from '../metadata.ts';
import { parseFragment } from './parse-fragment.ts';
import { formatStaticRead, type Shapes, type StaticRead } from './shape.ts';
import { type Findings, walkFragment } from './walk-fragment.ts';

export interface PlacedRead extends StaticRead {
  /** where it is read first */
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
  /** files of its fragments, without the root, and of those of its parts */
  readonly files: readonly string[];
}

/**
 * Reads the fragments of a template, and of all that they expand, without rendering them: a
 * condition hides nothing, and no record has to be there.
 * @throws Failure with file, line and column of a syntax error
 */
export function analyseTemplate(paths: Paths, helpers: HelperTable, metadata: Metadata): Analysis {
  const whole = new Collected(paths, helpers);
  const variables = new Map<string, Shapes>([['templatePath', []]]);
  if (metadata.forEach !== undefined) {
    variables.set('record', [
      { kind: 'record', of: whole.listing(metadata.forEach, metadata.file ?? metadata.template) },
    ]);
  }
  const inline = (collected: Collected, text: string | undefined): void => {
    if (text?.includes('{{') === true)
      walkFragment(parseFragment(metadata.file ?? metadata.template, text), variables, collected.findings([]));
  };
  inline(whole, metadata.outputFilename);
  inline(whole, metadata.group);
  inline(whole, metadata.delete);
  whole.template(metadata.template, variables, [], metadata.format !== 'json');
  const check = new Collected(paths, helpers);
  inline(check, metadata.check);
  return {
    reads: whole.reads(),
    checkReads: check.reads(),
    parts: whole.parts,
    computesParts: whole.computesParts,
    files: [...whole.files],
  };
}

/** What was found so far. */
class Collected {
  readonly #paths: Paths;
  readonly #helpers: HelperTable;
  readonly #reads = new Map<string, PlacedRead>();
  readonly #fragments = new Map<string, Fragment>();
  readonly parts = new Set<string>();
  readonly files = new Set<string>();
  computesParts = false;

  constructor(paths: Paths, helpers: HelperTable) {
    this.#paths = paths;
    this.#helpers = helpers;
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
    for (const { file } of (banner ? withBanner(list, () => findBanner(this.#paths).files) : list)?.files ?? []) {
      let fragment = this.#fragments.get(file);
      if (fragment === undefined) this.#fragments.set(file, (fragment = readFragment(this.#paths, file)));
      this.files.add(fragment.file);
      walkFragment(fragment, variables, this.findings([...stack, template]));
    }
  }

  /** What a fragment of the last of these templates tells. */
  findings(stack: readonly string[]): Findings {
    return {
      helpers: this.#helpers,
      note: (read, at) => this.note(read, at),
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
