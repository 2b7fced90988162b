import { showable } from '../../base/showable.ts';
import type { Finding } from '../../features/doctor/finding.ts';
import { type painter, wrapWords } from './terminal.ts';

const STYLES = { ok: 'green', warn: 'yellow', bad: 'red' } as const;

/** A line or more of each, what to do below it. */
export function formatFindings(findings: readonly Finding[], paint: ReturnType<typeof painter>, width: number): string {
  const widest = Math.max(0, ...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(4 + 2 + widest + 2);
  return findings
    .map(({ check, level, words, advice }) => {
      const [first = '', ...more] = wrapWords(showable(words), width - indent.length);
      const below = advice === undefined ? [] : wrapWords(`-> ${showable(advice)}`, width - indent.length);
      return [
        `${paint(STYLES[level], level.padEnd(4))}  ${check.padEnd(widest)}  ${first}`,
        ...more.map((line) => indent + line),
        ...below.map((line) => indent + paint('cyan', line)),
      ]
        .map((line) => `${line}\n`)
        .join('');
    })
    .join('');
}
