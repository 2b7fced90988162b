import { expect, test } from 'vitest';
import { listStates, readPerlCases, renderFragments } from '../support/perl-cases.ts';
import { needs } from '../support/needs.ts';

needs('perl')('fragments in Perl', () => {
  test.each(readPerlCases().map((each) => [each.name, each] as const))(
    '%s: are rendered byte for byte as on SME Server',
    (_, each) => {
      const templates = { ...each.nested, [each.path]: each.fragments };
      for (const state of listStates(each)) {
        const rendered = (): string => renderFragments(each.path, templates, state);
        if (state.output === null) expect(rendered).toThrow(/cannot render the fragment/);
        else expect(rendered()).toBe(state.output);
      }
    },
  );
});
