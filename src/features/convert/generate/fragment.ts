import { splitBlocks } from '../perl/blocks.ts';
import { NotSure } from '../perl/not-sure.ts';
import { parsePerl } from '../perl/parse.ts';
import { convertCall } from './calls.ts';
import { convertMethod } from './methods.ts';
import { type Item, layOut } from './items.ts';
import { Scope, type Whole } from './scope.ts';
import { Generator } from './statements.ts';

/** What came of one fragment. */
export type Converted =
  | { readonly text: string; readonly files: readonly string[] }
  /** what is to be done by hand, each with its line */
  | { readonly mistakes: readonly NotSure[] };

/** A fragment in Perl as one in Handlebars that prints the same; what is not sure to is named instead. */
export function convertFragment(source: string, whole: Whole): Converted {
  const mistakes: NotSure[] = [];
  const scope = new Scope(whole, source, { convertCall, convertMethod });
  const items: Item[] = [];
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof NotSure)) throw error;
      mistakes.push(error);
    }
  };
  attempt(() => {
    for (const { kind, source: part, line } of splitBlocks(source)) {
      if (kind === 'text') items.push({ kind: 'text', text: part });
      else
        attempt(() => {
          const generator = new Generator(/\$OUT\b/.test(part));
          generator.run(parsePerl(part, line), scope.inner(), true);
          items.push(...generator.items);
        });
    }
  });
  if (mistakes.length > 0) return { mistakes };
  // single values of configuration are set anew for each fragment, other variables stay
  const before = [...scope.shared].map(
    (name): Item => ({ kind: 'let', hb: `let "${name}" (firstSet config.${name} ${name} "")` }),
  );
  const text = layOut([...before, ...items]);
  if (text === undefined)
    return { mistakes: [new NotSure(1, 'its white space would become another one in Handlebars')] };
  return { text, files: [...scope.files] };
}
