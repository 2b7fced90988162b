import path from 'node:path';
import { expect, it } from 'vitest';
import { HELPER_GROUPS } from '../../../src/template/helpers/index.ts';

const PAGE = path.resolve(import.meta.dirname, '../../../docs/helpers.md');

/** A text as Markdown shows it as it is; a line break is a sign, since it would end the item. */
function asCode(text: string): string {
  const line = text.replaceAll('\n', '⏎').replaceAll('\t', '⇥');
  if (line === '') return 'nothing';
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

it('docs/helpers.md is made from the table of helpers: npx vitest run --project unit test/unit/template/helpers-page.test.ts -u writes it', async () => {
  const sections = Object.entries(HELPER_GROUPS).map(([title, helpers]) =>
    [
      `## ${title}`,
      ...Object.entries(helpers).map(
        ([name, { doc, example }]) =>
          `- **${name.replaceAll('_', '\\_')}**: ${doc.replace(/[<>*$[\]|]/g, '\\$&')}. ${asCode(example.fragment)} gives ${asCode(example.gives)}`,
      ),
    ].join('\n'),
  );
  const page = [
    '# Helpers',
    'What fragments can call, each with an example that a test runs on a small server: a private container `wiki`, a public one `git`, the host `host.example.test`. `docksmith helpers NAME` prints the same; [the language of fragments](fragments.md) tells how they go together.',
    ...sections,
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
  await expect(page).toMatchFileSnapshot(PAGE);
});
