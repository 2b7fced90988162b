import { HELPERS } from '../../../template/helpers/index.ts';
import { Failure } from '../../../base/errors.ts';
import { didYouMean } from '../../../base/nearest.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { widthOf, wrapWords } from '../../format/terminal.ts';

/** Each with an example and what it gives. */
export const helpersCommand = defineCommand({
  name: 'helpers',
  doc: 'show what fragments can call',
  effect: 'prints',
  unmasked: true,
  operands: { usage: '[NAME]', min: 0, max: 1, of: [['helper']] },
  options: JSON_OPTION,
  run: runHelpers,
});

function runHelpers({ values, words: [name] }: Given<typeof JSON_OPTION>, { stdout }: CommandContext): Promise<number> {
  const shown = Object.entries(HELPERS).filter(([helper]) => name === undefined || helper === name);
  if (shown.length === 0) {
    throw new Failure(`cannot find helper "${name ?? ''}"`, {
      why: 'there is none of that name',
      ...didYouMean(name ?? '', Object.keys(HELPERS)),
    });
  }
  if (values.json === true) {
    stdout.write(
      formatJson(
        shown.map(([helper, { doc, example }]) => ({
          name: helper,
          doc,
          example: example.fragment,
          gives: example.gives,
        })),
      ),
    );
    return Promise.resolve(0);
  }
  const inset = 4;
  const width = widthOf(stdout);
  for (const [helper, { doc, example }] of shown) {
    const below = [example.fragment, `gives ${JSON.stringify(example.gives)}`].flatMap((text) =>
      wrapWords(text, width - inset),
    );
    stdout.write(
      [...wrapWords(`${helper}: ${doc}`, width), ...below.map((line) => ' '.repeat(inset) + line)]
        .map((line) => `${line}\n`)
        .join(''),
    );
  }
  return Promise.resolve(0);
}
