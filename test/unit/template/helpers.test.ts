import { describe, expect, it } from 'vitest';
import { HELPERS } from '../../../src/template/helpers/index.ts';
import { makeRoot } from '../../support/folder.ts';
import { renderText } from '../../support/render.ts';

describe('the table of helpers', () => {
  it.each(Object.entries(HELPERS))('%s does what its example says', (_, { doc, example }) => {
    const paths = makeRoot({ 'templates/etc/example/greeting/10hello': 'hello {{name}}\n' });
    expect(doc).not.toBe('');
    expect(renderText(example.fragment, { paths })).toBe(example.gives);
  });
});
