import { existsSync } from 'node:fs';
import { formatDifference } from './compare.ts';
import { type Corpus, runCorpus } from './corpus.ts';

/** `npm run corpus FOLDER`. @returns the exit code */
export async function main([folder]: readonly string[]): Promise<number> {
  if (folder === undefined || !existsSync(folder)) {
    const why = folder === undefined ? 'no folder is named' : `there is no folder "${folder}"`;
    console.error(`corpus: cannot run: ${why}\nhint: npm run corpus FOLDER`);
    return 2;
  }
  const corpus = await runCorpus({ folders: [{ folder }] });
  if (corpus.results.length === 0) {
    console.error(`corpus: there is no Compose file below "${folder}"`);
    return 1;
  }
  console.log(formatCorpus(corpus));
  return 0;
}

function formatCorpus({ results, hasCompose }: Corpus): string {
  const compared = results.filter(({ config }) => config !== undefined);
  const unread = compared.filter(({ comparison }) => comparison === undefined);
  const stripped = compared.filter(({ config, comparison }) => comparison && (config?.stripped.length ?? 0) > 0);
  const all = compared.flatMap(({ name, comparison }) =>
    (comparison?.differences ?? []).map((difference) => ({ name, ...difference })),
  );
  const unexplained = all.filter(({ explanation }) => explanation === undefined);
  const differing = new Set(unexplained.map(({ name }) => name));
  return [
    ...formatTable([
      ['file', 'result', 'left out, or why'],
      ...results.map(({ name, outcome, words }) => [name, outcome, words]),
    ]),
    '',
    ...formatCounts(results.map(({ outcome }) => outcome)),
    `${number(results.length)} files`,
    '',
    'left out, by key',
    ...formatCounts(results.flatMap(({ gaps }) => gaps)),
    '',
    'docker-compose config',
    ...(hasCompose
      ? [
          `${number(compared.length - unread.length)} files compared, of those adopted`,
          `${number(compared.reduce((sum, { comparison }) => sum + (comparison?.compared ?? 0), 0))} keys compared`,
          `${number(unread.length)} files that it cannot read`,
          ...unread.map(({ name, config }) => `     ${name}: ${config?.why ?? ''}`),
          `${number(stripped.length)} files that it reads without keys that it does not know`,
          ...stripped.map(({ name, config }) => `     ${name}: ${config?.stripped.join(' ') ?? ''}`),
          `${number(all.length - unexplained.length)} keys different for a reason`,
          ...formatCounts(
            all.flatMap(({ explanation }) => (explanation ? [`${explanation.key}: ${explanation.why}`] : [])),
          ),
          `${number(differing.size)} files different`,
          ...unexplained.map((one) => `     ${one.name}: ${formatDifference(one)}`),
        ]
      : ['   skipped: there is no docker-compose on this machine']),
  ].join('\n');
}

const number = (count: number): string => String(count).padStart(4);

function formatCounts(words: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .map(([word, count]) => `${number(count)} ${word}`);
}

function formatTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = [0, 1].map((n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, n) => cell.padEnd(widths[n] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
