import { createHash } from 'node:crypto';
import { compareBytes } from '../base/layers.ts';
import type { Read } from '../db/record.ts';
import { isSecretRead } from '../db/secret-values.ts';
import { getDb } from '../db/snapshot.ts';
import type { Template } from './expand-fragments.ts';
import { checkForEach, refuseSure } from './check-for-each.ts';
import { expandUnit } from './expand-unit.ts';
import { matches } from './language/matches.ts';
import { isPrivateFact } from './language/observed-facts.ts';
import { failureAt, type ForEach, type Metadata } from './metadata.ts';
import { Mistakes, refuseDoubles } from './mistakes.ts';
import {
  type RenderContext,
  type RenderedTemplate,
  type RenderedInstance,
  type RenderRequest,
  scopeOf,
} from './render-request.ts';
import type { Rendered } from './rendered.ts';
import { SilentFragments } from './silent-fragments.ts';
import { getFragments, Sources } from './sources.ts';

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
    const doubts = refuseSure(checkForEach(metadata, this.#context.snapshot));
    const mistakes = new Mistakes();
    const fragments = list.files.flatMap(
      (file) => mistakes.collect(() => [this.#sources.fragment(file, metadata.language === 'perl')]) ?? [],
    );
    mistakes.throw();
    const template: Template = { request, metadata, fragments, silent: new SilentFragments() };
    const only = metadata.onlyArguments ? request.args : undefined;
    const records =
      metadata.forEach !== undefined
        ? this.#recordsOf(metadata.forEach, only, wanted)
        : wanted?.has('') === false
          ? []
          : [undefined];
    const warnings: string[] = [];
    const instances = records.flatMap((key) => mistakes.collect(() => [this.#unit(template, key, warnings)]) ?? []);
    const outputs = instances.flatMap((instance) => instance.outputs);
    refuseDoubles(request.template, outputs, mistakes);
    mistakes.throw();
    return {
      template: request.template,
      instances,
      outputs,
      warnings: [...list.warnings, ...doubts, ...warnings],
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

  #unit(template: Template, key: string | undefined, warnings: string[]): RenderedInstance {
    const { metadata, request } = template;
    const record = key === undefined || metadata.forEach === undefined ? undefined : { db: metadata.forEach.db, key };
    const { names, text, check, group, scope } = expandUnit(this.#context, this.#sources, template, record, warnings);
    const reads = scope.noted(
      ({ db, key: of }) => record === undefined || of !== record.key || db !== record.db,
      this.#reads,
    );
    if (text === undefined) return { ...(record === undefined ? {} : { record }), outputs: [], reads };
    const { snapshot, facts } = this.#context;
    const isSecret = scope.notedAny((read) => isSecretRead(snapshot, read) || isPrivateFact(facts, read));
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
        gid: this.#owner('group', group, metadata),
        template: request.template,
        ...(record === undefined ? {} : { record }),
        services: metadata.services,
        ...(check === '' ? {} : { check }),
      }),
    );
    return { ...(record === undefined ? {} : { record }), outputs, reads };
  }

  #owner(kind: 'user' | 'group', name: string, metadata: Metadata): number {
    const id = this.#context.findOwner(kind, name);
    if (id === undefined)
      throw failureAt(
        metadata,
        kind === 'user' ? 'UID' : 'GID',
        `cannot give a file to ${kind} "${name}"`,
        `this host has no such ${kind}`,
      );
    return id;
  }
}
