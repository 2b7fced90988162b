import { createHash } from 'node:crypto';
import { isSecretRead } from '../db/secret-values.ts';
import { getDb, type Snapshot } from '../db/snapshot.ts';
import type { Facts } from '../host/facts.ts';
import { Failure } from '../base/errors.ts';
import { compareBytes } from '../base/layers.ts';
import { isPlainPath, type Paths } from '../base/paths.ts';
import { mergeParts, type Part, parsePart } from './document/documents.ts';
import { emitIni, emitJson, emitYaml } from './document/emit.ts';
import { ESCAPES, type Escape } from './language/escape.ts';
import { type Evaluation, evaluateFragment } from './language/evaluate.ts';
import { filterLines } from './document/filter-lines.ts';
import type { Fragment } from './language/program.ts';
import { HelperFailure, type HelperTable } from './language/helper.ts';
import { parseIniPart } from './document/ini-part.ts';
import { matches } from './language/matches.ts';
import type { ForEach, Metadata } from './metadata.ts';
import { Mistakes, refuseDoubles } from './mistakes.ts';
import type { Rendered } from './rendered.ts';
import type { Read } from '../db/record.ts';
import type { RecordRef } from './language/origin.ts';
import { SilentFragments } from './silent-fragments.ts';
import { getFragments, Sources } from './sources.ts';
import { formatRead, ReadScope, TrackedText } from './language/tracked-text.ts';
import { RecordView, type Value } from './language/value.ts';

export interface RenderContext {
  readonly paths: Paths;
  readonly snapshot: Snapshot;
  readonly facts: Facts;
  readonly helpers: HelperTable;
  /** user or group name (or number) -> id; undefined when the host has none of that name */
  readonly findOwner: (kind: 'user' | 'group', name: string) => number | undefined;
  /** takes no short cut: every fragment is evaluated for every record */
  readonly isPlain?: boolean;
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

/** What is expanded at once: a template, or one record of it with FOREACH. */
export interface RenderedUnit {
  /** with FOREACH: whose */
  readonly record?: RecordRef;
  readonly outputs: readonly Rendered[];
  /** what was read of all but its own record, each once; also to decide that there is no output */
  readonly reads: readonly Read[];
}

export interface RenderedTemplate {
  readonly template: string;
  readonly units: readonly RenderedUnit[];
  /** of all units */
  readonly outputs: readonly Rendered[];
  readonly warnings: readonly string[];
  /** what the outputs are all of: the whole template, or with `ONLY = arguments` these records */
  readonly scope: 'all' | readonly RecordRef[];
}

/** What one unit is made of. */
interface Template {
  readonly request: RenderRequest;
  readonly metadata: Metadata;
  readonly fragments: readonly Fragment[];
  readonly silent: SilentFragments;
}

/** Expands templates over one snapshot; fragments are read and parsed once. */
export class Renderer {
  readonly #context: RenderContext;
  readonly #sources: Sources;
  readonly #reads = new Map<string, Read>();

  constructor(context: RenderContext, sources = new Sources(context.paths)) {
    this.#context = context;
    this.#sources = sources;
  }

  /** One over other dbs, with the templates that this one has read. */
  over(changed: Pick<RenderContext, 'snapshot' | 'facts'>): Renderer {
    return new Renderer({ ...this.#context, ...changed }, this.#sources);
  }

  /** Texts that the fragments read so far write down: what they compare values with, among others. */
  listLiterals(): readonly string[] {
    return this.#sources.listLiterals();
  }

  /**
   * Expands one template wholly: one output, or one per record with FOREACH.
   * @param wanted with FOREACH the keys of records, else an empty key for the one output; absent: all
   * @throws Failure(s): every mistake of every fragment and record, each once
   */
  render(request: RenderRequest, wanted?: ReadonlySet<string>): RenderedTemplate {
    const metadata = this.#sources.metadata(request.template, request.metadata);
    const list = getFragments(this.#sources, request.template, metadata);
    const mistakes = new Mistakes();
    const fragments = list.files.flatMap((file) => mistakes.collect(() => [this.#sources.fragment(file)]) ?? []);
    mistakes.throw();
    const template: Template = { request, metadata, fragments, silent: new SilentFragments() };
    const only = metadata.onlyArguments ? request.args : undefined;
    const records =
      metadata.forEach !== undefined
        ? this.#recordsOf(metadata.forEach, only, wanted)
        : wanted?.has('') === false
          ? []
          : [undefined];
    const units = records.flatMap((key) => mistakes.collect(() => [this.#unit(template, key)]) ?? []);
    const outputs = units.flatMap((unit) => unit.outputs);
    refuseDoubles(request.template, outputs, mistakes);
    mistakes.throw();
    return {
      template: request.template,
      units,
      outputs,
      warnings: list.warnings,
      scope: scopeOf(metadata.forEach?.db, only),
    };
  }

  #recordsOf(
    forEach: ForEach,
    only: readonly string[] | undefined,
    wanted: ReadonlySet<string> | undefined,
  ): readonly string[] {
    const { snapshot } = this.#context;
    const db = getDb(snapshot, forEach.db);
    const keys = wanted ?? (only === undefined ? undefined : new Set(only));
    const records =
      keys === undefined ? [...db.values()] : [...keys].sort(compareBytes).flatMap((key) => db.get(key) ?? []);
    return records
      .filter(
        (record) =>
          (only === undefined || only.includes(record.key)) && matches(snapshot, forEach.db, record, forEach.filter),
      )
      .map(({ key }) => key);
  }

  #unit(template: Template, key: string | undefined): RenderedUnit {
    const { metadata, request } = template;
    const record = key === undefined || metadata.forEach === undefined ? undefined : { db: metadata.forEach.db, key };
    const { names, text, check, scope } = this.#evaluate(template, record);
    const reads = scope.noted(
      ({ db, key: of }) => record === undefined || of !== record.key || db !== record.db,
      this.#reads,
    );
    if (text === undefined) return { ...(record === undefined ? {} : { record }), outputs: [], reads };
    const isSecret = scope.notedAny((read) => isSecretRead(this.#context.snapshot, read));
    const content = Buffer.from(text.toString());
    const digest = createHash('sha256').update(content).digest('hex');
    const outputs = names.map(
      (name): Rendered => ({
        path: name,
        content,
        digest,
        text,
        scope,
        mode: isSecret && !metadata.isModeGiven ? 0o600 : metadata.mode,
        isSecret,
        uid: this.#owner('user', metadata.owner, metadata),
        gid: this.#owner('group', metadata.group, metadata),
        template: request.template,
        ...(record === undefined ? {} : { record }),
        services: metadata.services,
        ...(check === '' ? {} : { check }),
      }),
    );
    return { ...(record === undefined ? {} : { record }), outputs, reads };
  }

  #evaluate(
    template: Template,
    record: RecordRef | undefined,
  ): {
    readonly names: readonly string[];
    readonly text: TrackedText | undefined;
    readonly check: string;
    readonly scope: ReadScope;
  } {
    const { metadata, request } = template;
    const scope = new ReadScope();
    const view =
      record === undefined ? undefined : new RecordView(this.#context.snapshot, record.db, record.key, scope);
    const variables = new Map<string, Value>([
      ['templatePath', metadata.template],
      ...(view === undefined ? [] : [['record', view] as const]),
    ]);
    if (metadata.forEach !== undefined && view !== undefined) noteFilter(view, metadata.forEach, scope);
    const names = this.#fileNames(request, metadata, variables, scope);
    const remove =
      metadata.delete === undefined ? '' : this.#inline(metadata, metadata.delete, variables, scope, 'none').trim();
    if (names.length === 0 || !['', '0', 'no'].includes(remove)) return { names, text: undefined, check: '', scope };
    const text = filterLines(
      this.#text(template, variables, scope, this.#context.isPlain === true ? undefined : view),
      metadata.filters,
    );
    // a scope of its own: how the file is checked decides no line of it
    const check =
      metadata.check === undefined ? '' : this.#check(metadata, metadata.check, variables, new ReadScope(scope));
    return { names, text, check, scope };
  }

  #fileNames(
    request: RenderRequest,
    metadata: Metadata,
    variables: ReadonlyMap<string, Value>,
    scope: ReadScope,
  ): readonly string[] {
    const text = request.outputFilename ?? this.#inline(metadata, metadata.outputFilename, variables, scope, 'text');
    const names = [
      ...new Set(
        text
          .split('\n')
          .map((name) => name.trim())
          .filter(Boolean)
          .map((name) => name.replaceAll(/\/(\.?\/)+/g, '/')),
      ),
    ];
    for (const name of names) {
      if (isPlainPath(name) && !name.endsWith('/')) continue;
      throw new Failure(`cannot expand "${request.template}" to ${JSON.stringify(name)}`, {
        why: 'an output is an absolute path without ".." and control characters',
        ...(metadata.file === undefined ? {} : { at: { file: metadata.file } }),
      });
    }
    return names;
  }

  /** A command line is seen by everybody in the list of processes. */
  #check(metadata: Metadata, check: string, variables: ReadonlyMap<string, Value>, scope: ReadScope): string {
    const text = this.#inline(metadata, check, variables, scope, 'shell').trim();
    const secret = scope.own.find((read) => isSecretRead(this.#context.snapshot, read));
    if (secret === undefined) return text;
    throw new Failure('cannot use metadata CHECK', {
      why: `${formatRead(secret)} is a secret, and everybody sees the command lines of processes`,
      ...(metadata.file === undefined ? {} : { at: { file: metadata.file } }),
    });
  }

  #owner(kind: 'user' | 'group', name: string, { file }: Metadata): number {
    const id = this.#context.findOwner(kind, name);
    if (id === undefined)
      throw new Failure(`cannot give a file to ${kind} "${name}"`, {
        why: `this host has no such ${kind}`,
        ...(file === undefined ? {} : { at: { file } }),
      });
    return id;
  }

  /**
   * The text of all fragments, or the document that they merge to.
   * @param record what is known to print nothing for it is not evaluated
   */
  #text(
    { request, metadata, fragments, silent }: Template,
    variables: ReadonlyMap<string, Value>,
    scope: ReadScope,
    record: RecordView | undefined,
  ): TrackedText {
    const mistakes = new Mistakes();
    const evaluation = this.#evaluation(variables, ESCAPES[metadata.escape], [request.template]);
    const whole = new TrackedText();
    let merged: Part | undefined;
    for (const fragment of fragments) {
      mistakes.collect(() => {
        if (record !== undefined && silent.isSilent(fragment, record, scope)) return;
        const text = metadata.format === 'text' ? whole : new TrackedText();
        const [read, pieces] = [scope.mark(), text.pieces.length];
        evaluateFragment(fragment, evaluation, text, scope);
        if (record !== undefined && text.pieces.length === pieces) silent.learn(fragment, record, scope.since(read));
        if (metadata.format === 'text') return;
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
    const { snapshot, facts, helpers } = this.#context;
    const escaped = escape ?? ESCAPES['text'] ?? ((value: string): string => value);
    return {
      snapshot,
      facts,
      helpers,
      variables,
      escape: escaped,
      expand: (template, more, around, before) => {
        if (stack.includes(template))
          throw new HelperFailure(`"${template}" expands itself: ${[...stack, template].join(' -> ')}`);
        const list = this.#sources.list(template, false);
        if (list === undefined) throw new HelperFailure(`there is no template "${template}"`);
        const metadata = this.#sources.metadata(template);
        // a template without metadata is written for whoever expands it
        const inner = this.#evaluation(
          new Map([...variables, ...more]),
          metadata.file === undefined ? escape : ESCAPES[metadata.escape],
          [...stack, template],
        );
        const text = new TrackedText(before);
        for (const file of list.files) evaluateFragment(this.#sources.fragment(file), inner, text, around);
        return text;
      },
    };
  }

  /** Expands the Handlebars text of a metadata key. */
  #inline(
    metadata: Metadata,
    text: string,
    variables: ReadonlyMap<string, Value>,
    scope: ReadScope,
    escape: string,
  ): string {
    if (!text.includes('{{')) return text;
    const out = new TrackedText();
    evaluateFragment(
      this.#sources.inline(metadata.file ?? metadata.template, text),
      this.#evaluation(variables, ESCAPES[escape], []),
      out,
      scope,
    );
    for (const piece of out.pieces) for (const read of piece.scope.all()) scope.note(read);
    return out.toString();
  }
}

/** What the outputs of a template are all of. @param only keys of records that alone are expanded */
export function scopeOf(db: string | undefined, only: readonly string[] | undefined): RenderedTemplate['scope'] {
  return db === undefined || only === undefined ? 'all' : only.map((key) => ({ db, key }));
}

const NOTHING: Part = { kind: 'map', entries: new Map(), line: new TrackedText() };

function noteFilter(record: RecordView, forEach: ForEach | undefined, scope: ReadScope): void {
  for (const prop of forEach?.filter.keys() ?? []) record.lookUp(prop, scope);
}
