import { HELPERS } from '../template/helpers/index.ts';
import { Failure } from '../errors.ts';
import { findNearest } from '../nearest.ts';
import { type CommandContext, readOptions } from './command.ts';

/** `docksmith helpers [NAME]`: what fragments can call, each with an example and what it gives. */
export async function runHelpers(args: readonly string[], { stdout }: CommandContext): Promise<number> {
  const { words: [name] } = readOptions('docksmith helpers', args, {});
  const shown = Object.entries(HELPERS).filter(([helper]) => name === undefined || helper === name);
  if (shown.length === 0) {
    const nearest = findNearest(name ?? '', Object.keys(HELPERS));
    throw new Failure(`cannot find helper "${name ?? ''}"`, { why: 'there is none of that name', ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }) });
  }
  for (const [helper, { doc, example }] of shown) stdout.write(`${helper}: ${doc}\n    ${example.fragment}\n    gives ${JSON.stringify(example.gives)}\n`);
  return Promise.resolve(0);
}
