import { ESCAPES, type Escape } from './language/escape.ts';
import { evaluateFragment } from './language/evaluate.ts';
import type { Evaluation } from './language/evaluation.ts';
import { Budget, HelperFailure } from './language/helper.ts';
import { Lets } from './language/lets.ts';
import { type ReadScope, TrackedText } from './language/tracked-text.ts';
import type { Value } from './language/value.ts';
import type { Fragment } from './language/program.ts';
import { PerlFragments } from './perl/perl-fragments.ts';
import type { Metadata, MetadataKey } from './metadata.ts';
import type { RenderContext } from './render-request.ts';
import type { Sources } from './sources.ts';

const AS_IT_STANDS: Escape = (value) => value;

/** What a template is expanded with: once, or for one record. */
export interface Expansion {
  readonly context: RenderContext;
  readonly sources: Sources;
  readonly variables: ReadonlyMap<string, Value>;
  /** gets what fragments in Perl warn of */
  readonly warnings?: string[];
}

/** What metadata say of how fragments are evaluated. */
export interface Rules {
  /** name of one of `ESCAPES` */
  readonly escape: string;
  /** folders and files that may be read */
  readonly readable: readonly string[];
}

/**
 * What its fragments are evaluated with. A template that `{{expand}}` names is evaluated with the variables
 * of its call besides, and follows the rules of its own metadata, or without metadata those of its caller.
 * @param fragments all of it
 * @param stack templates that are being expanded: one of them again would never end
 */
export function evaluationOf(
  expansion: Expansion,
  rules: Rules,
  fragments: readonly Fragment[],
  stack: readonly string[],
  budget = new Budget(),
): Evaluation {
  const { context, sources, variables } = expansion;
  const { snapshot, facts, helpers } = context;
  const evaluation: Evaluation = {
    snapshot,
    facts,
    helpers,
    variables,
    lets: new Lets(fragments.map(({ program }) => program)),
    escape: ESCAPES[rules.escape] ?? ESCAPES['text'] ?? AS_IT_STANDS,
    budget,
    readable: rules.readable,
    banner: (around) => {
      const text = new TrackedText();
      for (const fragment of sources.banner(stack.at(-1) ?? '/')) evaluateFragment(fragment, evaluation, text, around);
      return text;
    },
    perl: new PerlFragments(expansion, stack.at(-1) ?? '', fragments),
    expand: (template, more, around, before) => {
      if (stack.includes(template))
        throw new HelperFailure(`"${template}" expands itself: ${[...stack, template].join(' -> ')}`);
      const list = sources.list(template, false);
      if (list === undefined) throw new HelperFailure(`there is no template "${template}"`);
      const metadata = sources.metadata(template);
      const parts = list.files.map((file) => sources.fragment(file, metadata.language === 'perl'));
      const inner = evaluationOf(
        { ...expansion, variables: new Map([...variables, ...more]) },
        metadata.file === undefined ? rules : metadata,
        parts,
        [...stack, template],
        budget,
      );
      const text = new TrackedText(before);
      for (const part of parts) evaluateFragment(part, inner, text, around);
      return text;
    },
  };
  return evaluation;
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
  evaluateFragment(fragment, evaluationOf(expansion, { ...metadata, escape }, [], []), out, scope);
  for (const piece of out.pieces) for (const read of piece.scope.all()) scope.note(read);
  return out.toString();
}
