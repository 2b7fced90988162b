import { formatPlace } from '../../base/errors.ts';
import { findNearest } from '../../base/nearest.ts';
import { HELPERS } from '../../template/helpers/index.ts';
import { BLOCKS } from '../../template/language/program.ts';
import type { LintFinding } from './finding.ts';
import type { Tree } from './tree.ts';

/** Calls of helpers that are none: an event says so only once it gets there. */
export function findLackingHelpers({ templates }: Tree): readonly LintFinding[] {
  const lacking = [...templates.values()].flatMap(({ analysis }) => analysis.lacking);
  return [...new Map(lacking.map((one) => [`${formatPlace(one.at)} ${one.helper}`, one])).values()].map(
    ({ helper, at }): LintFinding => {
      const nearest = findNearest(helper, [...BLOCKS, ...Object.keys(HELPERS)]);
      return {
        rule: 'helper-not-there',
        level: 'fault',
        at,
        what: `there is no helper "${helper}"`,
        why: 'an event that gets there fails, and installs none of its files',
        advice: nearest === undefined ? 'docksmith helpers lists those that there are' : `did you mean "${nearest}"?`,
      };
    },
  );
}

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
