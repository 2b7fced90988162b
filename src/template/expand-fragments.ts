import { mergeParts, type Part, parsePart } from './document/documents.ts';
import { emitIni, emitJson, emitYaml } from './document/emit.ts';
import { parseIniPart } from './document/ini-part.ts';
import { type Expansion, evaluationOf } from './expansion.ts';
import { evaluateFragment } from './language/evaluate.ts';
import type { Fragment } from './language/program.ts';
import { type ReadScope, TrackedText } from './language/tracked-text.ts';
import type { RecordView } from './language/value.ts';
import type { Metadata } from './metadata.ts';
import { Mistakes } from './mistakes.ts';
import type { RenderRequest } from './render-request.ts';
import type { SilentFragments } from './silent-fragments.ts';

const NOTHING: Part = { kind: 'map', entries: new Map(), line: new TrackedText() };

/** A template that was read: what all its records are expanded from. */
export interface Template {
  readonly request: RenderRequest;
  readonly metadata: Metadata;
  readonly fragments: readonly Fragment[];
  readonly silent: SilentFragments;
}

/**
 * The text of all fragments in their order, or with another format than `text` the document that they merge to.
 * @param record what is known to print nothing for it is not evaluated; undefined: all is
 * @throws Failure(s): the mistakes of all fragments
 */
export function expandFragments(
  { request, metadata, fragments, silent }: Template,
  expansion: Expansion,
  scope: ReadScope,
  record: RecordView | undefined,
): TrackedText {
  const mistakes = new Mistakes();
  const evaluation = evaluationOf(expansion, metadata, fragments, [request.template]);
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
