import { expect, it } from 'vitest';
import { LARGE_DBS, LARGE_FACTS } from '../support/large-sample.ts';
import { tryLines } from '../support/line-trials.ts';
import { randomFrom } from '../support/random-changes.ts';

// the same over the sample is a unit test; this one renders some thousand times
it('what is named for a line changes or removes it, and nothing else does, for every line of every shipped output of a server that uses all of it', () => {
  const { tooWide, tooNarrow, lines, named } = tryLines(
    LARGE_DBS,
    LARGE_FACTS,
    randomFrom(Number(process.env['SEED'] ?? 1)),
  );
  expect({ tooWide, tooNarrow }).toEqual({ tooWide: [], tooNarrow: [] });
  expect(lines).toBeGreaterThan(600);
  expect(named).toBeGreaterThan(lines);
}, 600_000);
