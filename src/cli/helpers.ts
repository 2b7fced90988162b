import { HELPERS } from '../template/helpers/index.ts';
import { Failure } from '../errors.ts';
import { findNearest } from '../nearest.ts';
import { type CommandContext, readOptions } from './command.ts';
import { widthOf, wrapWords } from './terminal.ts';

/** `docksmith helpers [NAME]`: what fragments can call, each with an example and what it gives. */
export async function runHelpers(args: readonly string[], { stdout }: CommandContext): Promise<number> {
  const { words: [name] } = readOptions('docksmith helpers', args, {});
  const shown = Object.entries(HELPERS).filter(([helper]) => name === undefined || helper === name);
  if (shown.length === 0) {
    const nearest = findNearest(name ?? '', Object.keys(HELPERS));
    throw new Failure(`cannot find helper "${name ?? ''}"`, { why: 'there is none of that name', ...(nearest === undefined ? {} : { hint: `did you mean "${nearest}"?` }) });
  }
  const inset = 4;
  const width = widthOf(stdout);
  for (const [helper, { doc, example }] of shown) {
    const below = [example.fragment, `gives ${JSON.stringify(example.gives)}`].flatMap((text) => wrapWords(text, width - inset));
    stdout.write([...wrapWords(`${helper}: ${doc}`, width), ...below.map((line) => ' '.repeat(inset) + line)].map((line) => `${line}\n`).join(''));
  }
  return Promise.resolve(0);
}
