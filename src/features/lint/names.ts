import type { LintFinding } from './finding.ts';
import type { Tree } from './tree.ts';

/** Names in blocks that mean one thing for one item and another for the next. */
export function findDoubleNames({ templates }: Tree): readonly LintFinding[] {
  const doubles = [...templates.values()].flatMap(({ analysis }) => analysis.doubles);
  return [
    ...new Map(doubles.map((double) => [`${double.at.file} ${double.at.line ?? ''} ${double.name}`, double])).values(),
  ].map(
    ({ name, db, at }): LintFinding => ({
      rule: 'name-with-two-meanings',
      level: 'note',
      at,
      what: `"${name}" is a prop of records of ${db} and a record of configuration`,
      why: 'where a record has the prop, the prop is meant, else the record of configuration',
      advice: `write this.${name} for the prop, or config.${name} for the record`,
    }),
  );
}
