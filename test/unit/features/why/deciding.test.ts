import { expect, it } from 'vitest';
import { randomFrom } from '../../../support/random-changes.ts';
import { SAMPLE_DBS, SAMPLE_FACTS } from '../../../support/sample.ts';
import { tryLines } from '../../../support/line-trials.ts';

it("what is named for a line of the sample's outputs changes or removes it when it changes, and nothing else that was read or is a prop of the record does", () => {
  const { tooWide, tooNarrow, lines, named, runRecorded } = tryLines(
    SAMPLE_DBS,
    SAMPLE_FACTS,
    randomFrom(Number(process.env['SEED'] ?? 1)),
  );
  expect({ tooWide, tooNarrow }).toEqual({ tooWide: [], tooNarrow: [] });
  expect(lines).toBeGreaterThan(150);
  expect(named).toBeGreaterThan(lines);
  expect(named).toBeLessThan(runRecorded);
}, 240_000);
