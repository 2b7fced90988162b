import { describe, expect, it } from 'vitest';
import { HELPERS } from '../../../src/template/helpers/index.ts';
import { EXAMPLE_READS, layOutExampleHost } from '../../support/example-host.ts';
import { makeRoot } from '../../support/folder.ts';
import { renderText } from '../../support/render.ts';

describe('the table of helpers', () => {
  it.each(Object.entries(HELPERS))('%s does what its example says', (_, { doc, example }) => {
    const paths = makeRoot({ 'templates/etc/example/greeting/10hello': 'hello {{name}}\n' });
    const facts = layOutExampleHost(paths);
    expect(doc).not.toBe('');
    expect(renderText(example.fragment, { paths, facts, metadata: `ESCAPE = none\n${EXAMPLE_READS}` })).toBe(
      example.gives,
    );
  });
});
