import { isUtf8 } from 'node:buffer';
import { Failure } from '../../base/errors.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { toByteString } from '../../db/byte-text.ts';
import { contentOf } from '../../db/flat-db.ts';
import { FACTS, type Read } from '../../db/record.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';
import type { Fragment } from '../language/program.ts';
import { type Piece, ReadScope } from '../language/tracked-text.ts';
import type { Value } from '../language/value.ts';
import type { RenderContext } from '../render-request.ts';
import type { Sources } from '../sources.ts';
import type { Message } from './messages.ts';
import { formatParameters } from './parameters.ts';
import { NoPerl, type PerlSettings, runPerl } from './run-perl.ts';
import { listNested, looksOutside } from './scan.ts';

/** Where nothing is set. */
const LIMIT_SECONDS = 30;

/** What they are expanded with; `warnings` gets what they warn of. */
interface Expansion {
  readonly context: RenderContext;
  readonly sources: Sources;
  readonly variables: ReadonlyMap<string, Value>;
  readonly warnings?: string[];
}

/** The Perl fragments of one template, which are run together when the first of them is asked for. */
export class PerlFragments {
  readonly #expansion: Expansion;
  readonly #template: string;
  readonly #fragments: readonly Fragment[];
  #pieces: ReadonlyMap<string, readonly Piece[]> | undefined;

  constructor(expansion: Expansion, template: string, fragments: readonly Fragment[]) {
    this.#expansion = expansion;
    this.#template = template;
    this.#fragments = fragments.filter((fragment) => sourceOf(fragment) !== undefined);
  }

  /** @throws Failure with the fragment and the line */
  piecesOf(file: string, around: ReadScope): readonly Piece[] {
    this.#pieces ??= this.#run(around);
    return this.#pieces.get(file) ?? [];
  }

  #run(around: ReadScope): ReadonlyMap<string, readonly Piece[]> {
    // fragments share variables: what one has read may decide what a later one prints
    const shared = new ReadScope(around);
    // what it printed for one record says nothing of another
    shared.noteIndividual();
    const sources = new Map<string, readonly Fragment[]>();
    const add = (template: string, fragments: readonly Fragment[]): void => {
      if (sources.has(template)) return;
      sources.set(template, fragments);
      for (const source of fragments.flatMap((fragment) => sourceOf(fragment) ?? [])) {
        if (looksOutside(source)) shared.note({ db: FACTS, key: 'outside' });
        for (const nested of listNested(source)) add(nested, this.#listNested(nested));
      }
    };
    add(this.#template, this.#fragments);
    for (;;) {
      const messages = this.#call(sources, shared);
      const wanted = messages.find(([kind]) => kind === 'template')?.[1];
      if (wanted === undefined) return this.#read(messages, shared, around);
      if (sources.has(wanted)) throw this.#failure(`it asks for template "${wanted}" again and again`);
      add(wanted, this.#listNested(wanted));
    }
  }

  /** What is expanded from within Perl is Perl. None for a template that is not there. */
  #listNested(template: string): readonly Fragment[] {
    const { sources } = this.#expansion;
    return (sources.list(template, false)?.files ?? []).map((file) => sources.fragment(file, true));
  }

  #call(sources: ReadonlyMap<string, readonly Fragment[]>, scope: ReadScope): readonly Message[] {
    const { context, variables } = this.#expansion;
    const { snapshot } = context;
    const record = new DocksmithRecord(snapshot);
    const settings: PerlSettings = {
      isConfined: record.perlTemplates !== 'unconfined',
      limitSeconds: Math.ceil((parseMilliseconds(record.perlWait) ?? 0) / 1000) || LIMIT_SECONDS,
    };
    const job: Message[] = [...sources].flatMap(([template, fragments]): Message[] => [
      ['template', template],
      ...fragments.map(
        (fragment): Message => ['fragment', template, toByteString(fragment.file), sourceOf(fragment) ?? ''],
      ),
    ]);
    const dbs = new Map([...snapshot.dbs].map(([name, db]) => [name, contentOf(db)]));
    try {
      return runPerl(context.paths, [...job, ...formatParameters(variables, scope)], dbs, settings);
    } catch (error) {
      if (!(error instanceof NoPerl)) throw error;
      throw this.#failure(error.message, error.hint);
    }
  }

  #failure(why: string, hint?: string): Failure {
    return new Failure(`cannot render the Perl fragments of "${this.#template}"`, {
      why,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #read(messages: readonly Message[], shared: ReadScope, around: ReadScope): ReadonlyMap<string, readonly Piece[]> {
    const pieces = new Map<string, Piece[]>();
    let scope = new ReadScope(shared);
    for (const [kind, ...fields] of messages) {
      if (kind === 'read') {
        const read = parseRead(fields);
        scope.note(read);
        shared.note(read);
      } else if (kind === 'warning') this.#expansion.warnings?.push(toText(fields[0] ?? '').trim());
      else if (kind === 'failure') throw failureOf(fields);
      else if (kind === 'text' || kind === 'block') {
        const [file = '', line = '1', bytes = ''] = fields;
        const name = toText(file);
        const place = { file: name, line: Number(line) };
        if (!isUtf8(Buffer.from(bytes, 'latin1')))
          throw new Failure('cannot use what the fragment prints', {
            why: 'it holds bytes that are not UTF-8',
            at: place,
          });
        const [literal, text] = [kind === 'text', toText(bytes)];
        const made = pieces.get(name) ?? [];
        pieces.set(name, made);
        made.push({ text, fragment: name, line: place.line, literal, scope: literal ? around : scope });
        scope = new ReadScope(shared);
      }
    }
    return pieces;
  }
}

function sourceOf({ program: [statement] }: Fragment): string | undefined {
  return statement?.kind === 'perl' ? statement.source : undefined;
}

/** Each field has a `+` in front, or is `-` where there is none. */
function parseRead(fields: readonly string[]): Read {
  const [db = '', key, prop, filter] = fields.map((field) => (field === '-' ? undefined : toText(field.slice(1))));
  return {
    db,
    ...(key === undefined ? {} : { key }),
    ...(prop === undefined ? {} : { prop }),
    ...(filter === undefined ? {} : { filter }),
  };
}

function failureOf([file = '', line = '', message = '']: readonly string[]): Failure {
  const text = toText(message).trim();
  const [, why, said] = /^(.*?) at \S.*? line (\d+)\b/s.exec(text) ?? [];
  return new Failure('cannot render the fragment', {
    why: (why ?? text).replace(/\s*\n\s*/g, '; '),
    at: { file: toText(file), line: Number(said ?? line) || 1 },
  });
}

function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
