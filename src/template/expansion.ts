import { ESCAPES, type Escape } from './language/escape.ts';
import { evaluateFragment } from './language/evaluate.ts';
import type { Evaluation } from './language/evaluation.ts';
import { HelperFailure } from './language/helper.ts';
import { type ReadScope, TrackedText } from './language/tracked-text.ts';
import type { Value } from './language/value.ts';
import type { Metadata, MetadataKey } from './metadata.ts';
import type { RenderContext } from './render-request.ts';
import type { Sources } from './sources.ts';

const AS_IT_STANDS: Escape = (value) => value;

/** What a template is expanded with: once, or for one record. */
export interface Expansion {
  readonly context: RenderContext;
  readonly sources: Sources;
  readonly variables: ReadonlyMap<string, Value>;
}

/**
 * What its fragments are evaluated with. A template that `{{expand}}` names is evaluated with the variables
 * of its call besides, and escapes as its own metadata says, or without metadata as its caller does.
 * @param escape undefined: as for plain text
 * @param stack templates that are being expanded: one of them again would never end
 */
export function evaluationOf(
  { context, sources, variables }: Expansion,
  escape: Escape | undefined,
  stack: readonly string[],
): Evaluation {
  const { snapshot, facts, helpers } = context;
  return {
    snapshot,
    facts,
    helpers,
    variables,
    escape: escape ?? ESCAPES['text'] ?? AS_IT_STANDS,
    expand: (template, more, around, before) => {
      if (stack.includes(template))
        throw new HelperFailure(`"${template}" expands itself: ${[...stack, template].join(' -> ')}`);
      const list = sources.list(template, false);
      if (list === undefined) throw new HelperFailure(`there is no template "${template}"`);
      const metadata = sources.metadata(template);
      const inner = evaluationOf(
        { context, sources, variables: new Map([...variables, ...more]) },
        metadata.file === undefined ? escape : ESCAPES[metadata.escape],
        [...stack, template],
      );
      const text = new TrackedText(before);
      for (const file of list.files) evaluateFragment(sources.fragment(file), inner, text, around);
      return text;
    },
  };
}

/**
 * Expands the Handlebars text of a metadata key; what it reads is noted in the scope. There may be empty lines in
 * front of it.
 * @param escape name of one of `ESCAPES`
 * @throws Failure with line and column
 */
export function expandInline(
  expansion: Expansion,
  metadata: Metadata,
  key: MetadataKey,
  text: string,
  escape: string,
  scope: ReadScope,
): string {
  if (!text.includes('{{')) return text;
  const out = new TrackedText();
  const { file, line = 1 } = metadata.places.get(key) ?? { file: metadata.file ?? metadata.template };
  // behind as many empty lines as stand above it, so that a mistake is named at its line
  const fragment = expansion.sources.inline(file, '\n'.repeat(line - 1) + text);
  evaluateFragment(fragment, evaluationOf(expansion, ESCAPES[escape], []), out, scope);
  for (const piece of out.pieces) for (const read of piece.scope.all()) scope.note(read);
  return out.toString();
}
