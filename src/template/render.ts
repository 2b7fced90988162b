import type { Facts } from '../facts/facts.ts';
import { getDb, isSecretRead, type Snapshot } from '../db/snapshot.ts';
import { Failure, Failures, throwAll } from '../errors.ts';
import { isPlainPath, type Paths } from '../paths.ts';
import { mergeParts, type Part, parsePart } from './documents.ts';
import { emitIni, emitJson, emitYaml } from './emit.ts';
import { ESCAPES, type Escape } from './escape.ts';
import { type Evaluation, evaluateFragment } from './evaluate.ts';
import { filterLines } from './filter-lines.ts';
import { type Fragment, listFragments, parseFragment, readFragment } from './fragment.ts';
import { HelperFailure, type HelperTable } from './helper.ts';
import { parseIniPart } from './ini-part.ts';
import { formatFilter, matches } from './matches.ts';
import { type ForEach, type Metadata, readMetadata } from './metadata.ts';
import type { Read, RecordRef, Rendered } from './rendered.ts';
import { formatRead, ReadScope, TrackedText } from './tracked-text.ts';
import { RecordView, type Value } from './value.ts';

export interface RenderContext {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly helpers: HelperTable;
  /** user or group name (or number) -> id; undefined when the host has none of that name */
  readonly findOwner: (kind: 'user' | 'group', name: string) => number | undefined;
}

export interface RenderRequest {
  /** the template's path, which is its output's unless metadata says otherwise */
  readonly template: string;
  /** metadata that an event adds */
  readonly metadata?: { readonly file: string; readonly text: string };
  /** arguments of the event: the records to expand for, where metadata says `ONLY = arguments` */
  readonly args?: readonly string[];
  /** replaces OUTPUT_FILENAME */
  readonly outputFilename?: string;
}

export interface RenderedTemplate {
  readonly template: string;
  readonly outputs: readonly Rendered[];
  readonly warnings: readonly string[];
  /** outputs that metadata DELETE names */
  readonly deleted: readonly string[];
  /** what the outputs are all of: the whole template, or with `ONLY = arguments` these records */
  readonly scope: 'all' | readonly RecordRef[];
  /** everything that was read, also to decide that there is no output */
  readonly reads: readonly Read[];
}

/** Expands templates over one snapshot; fragments are read and parsed once. */
export class Renderer {
  readonly #context: RenderContext;
  readonly #fragments = new Map<string, Fragment>();

  constructor(context: RenderContext) {
    this.#context = context;
  }

  /**
   * Expands one template wholly: one output, or one per record with FOREACH.
   * @throws Failure(s): every mistake of every fragment and record, each once
   */
  render(request: RenderRequest): RenderedTemplate {
    const { paths } = this.#context;
    const metadata = readMetadata(paths, request.template, request.metadata);
    const list = listFragments(paths, metadata.template, metadata.format !== 'json');
    if (list === undefined) throw new Failure(`cannot expand "${request.template}"`, { why: 'there is no template of that path', hint: `a template is a folder of fragments: /etc/docksmith/templates${metadata.template}/` });
    const mistakes = new Mistakes();
    const fragments = list.files.flatMap((file) => mistakes.collect(() => [this.#fragment(file)]) ?? []);
    mistakes.throw();
    const only = metadata.onlyArguments ? request.args : undefined;
    const outputs: Rendered[] = [];
    const deleted: string[] = [];
    const reads = new Map<string, Read>();
    if (metadata.forEach !== undefined) noteListing(metadata.forEach, reads);
    for (const record of this.#recordsOf(metadata.forEach, only)) {
      const variables = new Map<string, Value>([['templatePath', metadata.template], ...(record === undefined ? [] : [['record', record] as const])]);
      const scope = new ReadScope();
      mistakes.collect(() => {
        if (record !== undefined) noteFilter(record, metadata.forEach, scope);
        const names = this.#fileNames(request, metadata, variables, scope);
        const remove = metadata.delete === undefined ? '' : this.#inline(metadata, metadata.delete, variables, scope, 'none').trim();
        if (!['', '0', 'no'].includes(remove)) deleted.push(...names);
        else if (names.length > 0) outputs.push(...this.#outputs(request, metadata, fragments, record, variables, names, scope));
      });
      for (const read of scope.noted()) reads.set(formatRead(read), read);
    }
    refuseDoubles(request.template, outputs, mistakes);
    mistakes.throw();
    const scope = only === undefined || metadata.forEach === undefined ? 'all' : only.map((key) => ({ db: metadata.forEach?.db ?? '', key }));
    return { template: request.template, outputs, warnings: list.warnings, deleted, scope, reads: [...reads.values()] };
  }

  #recordsOf(forEach: ForEach | undefined, only: readonly string[] | undefined): readonly (RecordView | undefined)[] {
    if (forEach === undefined) return [undefined];
    const { snapshot } = this.#context;
    return [...getDb(snapshot, forEach.db).values()]
      .filter((record) => (only === undefined || only.includes(record.key)) && matches(snapshot, forEach.db, record, forEach.filter))
      .map(({ key }) => new RecordView(snapshot, forEach.db, key));
  }

  #fileNames(request: RenderRequest, metadata: Metadata, variables: ReadonlyMap<string, Value>, scope: ReadScope): readonly string[] {
    const text = request.outputFilename ?? this.#inline(metadata, metadata.outputFilename, variables, scope, 'text');
    const names = [...new Set(text.split('\n').map((name) => name.trim()).filter(Boolean).map((name) => name.replaceAll(/\/(\.?\/)+/g, '/')))];
    for (const name of names) {
      if (!isPlainPath(name) || name.endsWith('/')) {
        throw new Failure(`cannot expand "${request.template}" to ${JSON.stringify(name)}`, { why: 'an output is an absolute path without ".." and control characters', ...(metadata.file === undefined ? {} : { at: { file: metadata.file } }) });
      }
    }
    return names;
  }

  #outputs(
    request: RenderRequest, metadata: Metadata, fragments: readonly Fragment[], record: RecordView | undefined,
    variables: ReadonlyMap<string, Value>, names: readonly string[], scope: ReadScope,
  ): readonly Rendered[] {
    const text = filterLines(this.#text(metadata, fragments, variables, scope, request.template), metadata.filters);
    // a scope of its own: how the file is checked decides no line of it
    const check = metadata.check === undefined ? '' : this.#check(metadata, metadata.check, variables, new ReadScope(scope));
    const isSecret = scope.noted().some((read) => isSecretRead(this.#context.snapshot, read));
    return names.map((name) => ({
      path: name, content: Buffer.from(text.toString()), mode: isSecret && !metadata.isModeGiven ? 0o600 : metadata.mode,
      uid: this.#owner('user', metadata.owner, metadata), gid: this.#owner('group', metadata.group, metadata),
      template: request.template, ...(record === undefined ? {} : { record: { db: record.db, key: record.key } }),
      origins: text.lines().map((line) => line.origins()), reads: scope.noted(), isSecret, services: metadata.services, ...(check === '' ? {} : { check }),
    }));
  }

  /** A command line is seen by everybody in the list of processes. */
  #check(metadata: Metadata, check: string, variables: ReadonlyMap<string, Value>, scope: ReadScope): string {
    const text = this.#inline(metadata, check, variables, scope, 'shell').trim();
    const secret = scope.own.find((read) => isSecretRead(this.#context.snapshot, read));
    if (secret === undefined) return text;
    throw new Failure('cannot use metadata CHECK', { why: `${formatRead(secret)} is a secret, and everybody sees the command lines of processes`, ...(metadata.file === undefined ? {} : { at: { file: metadata.file } }) });
  }

  #owner(kind: 'user' | 'group', name: string, { file }: Metadata): number {
    const id = this.#context.findOwner(kind, name);
    if (id === undefined) throw new Failure(`cannot give a file to ${kind} "${name}"`, { why: `this host has no such ${kind}`, ...(file === undefined ? {} : { at: { file } }) });
    return id;
  }

  /** The text of all fragments, or the document that they merge to. */
  #text(metadata: Metadata, fragments: readonly Fragment[], variables: ReadonlyMap<string, Value>, scope: ReadScope, template: string): TrackedText {
    const mistakes = new Mistakes();
    const evaluation = this.#evaluation(variables, ESCAPES[metadata.escape], [template]);
    const whole = new TrackedText();
    let merged: Part | undefined;
    for (const fragment of fragments) {
      mistakes.collect(() => {
        if (metadata.format === 'text') return evaluateFragment(fragment, evaluation, whole, scope);
        const text = new TrackedText();
        evaluateFragment(fragment, evaluation, text, scope);
        const part = metadata.format === 'ini' ? parseIniPart(text) : parsePart(text, metadata.format, fragment.file);
        if (part !== undefined) merged = mergeParts(merged, part);
        else if (fragment.name === 'template-begin') whole.appendText(text);
      });
    }
    mistakes.throw();
    if (metadata.format === 'json') emitJson(merged ?? NOTHING, whole);
    else if (metadata.format === 'yaml') emitYaml(merged ?? NOTHING, whole);
    else if (metadata.format === 'ini') emitIni(merged ?? NOTHING, whole);
    return whole;
  }

  #evaluation(variables: ReadonlyMap<string, Value>, escape: Escape | undefined, stack: readonly string[]): Evaluation {
    const { paths, snapshot, facts, helpers } = this.#context;
    const escaped = escape ?? ESCAPES['text'] ?? ((value: string): string => value);
    return {
      snapshot, facts, helpers, variables, escape: escaped,
      expand: (template, more, around, before) => {
        if (stack.includes(template)) throw new HelperFailure(`"${template}" expands itself: ${[...stack, template].join(' -> ')}`);
        const list = listFragments(paths, template, false);
        if (list === undefined) throw new HelperFailure(`there is no template "${template}"`);
        const metadata = readMetadata(paths, template);
        // a template without metadata is written for whoever expands it
        const inner = this.#evaluation(new Map([...variables, ...more]), metadata.file === undefined ? escape : ESCAPES[metadata.escape], [...stack, template]);
        const text = new TrackedText(before);
        for (const file of list.files) evaluateFragment(this.#fragment(file), inner, text, around);
        return text;
      },
    };
  }

  /** Expands the Handlebars text of a metadata key. */
  #inline(metadata: Metadata, text: string, variables: ReadonlyMap<string, Value>, scope: ReadScope, escape: string): string {
    if (!text.includes('{{')) return text;
    const out = new TrackedText();
    evaluateFragment(parseFragment(metadata.file ?? metadata.template, text), this.#evaluation(variables, ESCAPES[escape], []), out, scope);
    for (const piece of out.pieces) for (const read of piece.scope.all()) scope.note(read);
    return out.toString();
  }

  #fragment(file: string): Fragment {
    let fragment = this.#fragments.get(file);
    if (fragment === undefined) this.#fragments.set(file, (fragment = readFragment(this.#context.paths, file)));
    return fragment;
  }
}

const NOTHING: Part = { kind: 'map', entries: new Map(), line: new TrackedText() };

function noteListing({ db, filter }: ForEach, reads: Map<string, Read>): void {
  const read: Read = { db, ...(filter.size === 0 ? {} : { filter: formatFilter(filter) }) };
  reads.set(formatRead(read), read);
}

function noteFilter(record: RecordView, forEach: ForEach | undefined, scope: ReadScope): void {
  for (const prop of forEach?.filter.keys() ?? []) record.lookUp(prop, scope);
}

/** Each path is one output: of two records that name the same one, neither is right. */
function refuseDoubles(template: string, outputs: readonly Rendered[], mistakes: Mistakes): void {
  const owners = new Map<string, Rendered>();
  for (const output of outputs) {
    const other = owners.get(output.path);
    owners.set(output.path, output);
    mistakes.collect(() => {
      if (other !== undefined) throw new Failure(`cannot expand "${template}"`, { why: `records "${other.record?.key ?? ''}" and "${output.record?.key ?? ''}" both give ${output.path}` });
    });
  }
}

/** Collects failures, so that an author mends five mistakes in one go. */
class Mistakes {
  readonly #failures = new Map<string, Failure>();

  collect<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const failures = error instanceof Failures ? error.failures : error instanceof Failure ? [error] : undefined;
      if (failures === undefined) throw error;
      for (const failure of failures) this.#failures.set(failure.message, failure);
      return undefined;
    }
  }

  throw(): void {
    throwAll([...this.#failures.values()]);
  }
}
