import { expect, test } from 'vitest';
import { convertTemplate } from '../../../../src/features/convert/convert.ts';
import { listStates, readPerlCases, renderFragments } from '../../../support/perl-cases.ts';

const CASES = readPerlCases();
const convert = (fragments: Readonly<Record<string, string>>) =>
  convertTemplate(new Map(Object.entries(fragments)), {});

test.each(CASES.map((each) => [each.name, each] as const))('%s is converted to the same, or named', (name, each) => {
  const { fragments, left, reads } = convert(each.fragments);
  if (process.env['SHOW'])
    console.log(name, each.mechanical, JSON.stringify(left), process.env['SHOW'] === name ? [...fragments] : '');
  if (left.length > 0) return;
  const metadata = ['ESCAPE = none', ...(reads.length > 0 ? [`READS = ${reads.join(', ')}`] : [])].join('\n');
  const templates = { [each.path]: Object.fromEntries(fragments) };
  for (const state of listStates(each)) {
    expect(state.output).not.toBeNull();
    expect(renderFragments(each.path, templates, state, metadata)).toBe(state.output);
  }
});

test('of the mechanical ones nearly all are converted', () => {
  const left = CASES.filter(({ mechanical, fragments }) => mechanical && convert(fragments).left.length > 0);
  expect(left.map(({ name }) => name)).toEqual(['nested-template', 'nested-own-variables']);
});
