import { readSnapshot } from '../../db/read-snapshot.ts';
import { readFacts } from '../../host/read-facts.ts';
import { compareBytes } from '../../base/layers.ts';
import { withHostDefaults } from '../../model/host-defaults.ts';
import { EMPTY_LEDGER } from '../../output/plan/ledger.ts';
import type { Paths } from '../../base/paths.ts';
import { findUnadjusted } from './adjustments.ts';
import { findIdleOverrides } from './custom.ts';
import { findLackingEvents, findUnexpanded } from './events.ts';
import { type LintFinding, RULES } from './finding.ts';
import { findLostDefaults, findMisplaced } from './layout.ts';
import { findAbsentTemplates, findBackups, findUnusableMetadata } from './metadata.ts';
import { findUnreadProps } from './props.ts';
import { findUntold } from './services.ts';
import { findUnlinked } from './sme.ts';
import { findDoubleNames, findLackingHelpers } from './names.ts';
import { readTree } from './tree.ts';

export interface Linted {
  readonly findings: readonly LintFinding[];
  /** how many were looked at */
  readonly templates: number;
  readonly events: number;
}

/**
 * Looks through templates, events, metadata and schemas for what their authors cannot have
 * meant. Reads only; no record decides what is found but for props of its own and folders that
 * the db names.
 * @param commands names of docksmith's commands, which a schema may name as readers of a prop
 * @param ofRecords what was found in records
 * @throws Failure(s) for a tree that no event could run
 */
export function lintTree(paths: Paths, commands: readonly string[], ofRecords: readonly LintFinding[] = []): Linted {
  const dbs = readSnapshot(paths);
  const snapshot = withHostDefaults(dbs, readFacts({ paths, ownedFiles: EMPTY_LEDGER.outputs }));
  const tree = readTree(paths, dbs);
  const findings = [
    ...ofRecords,
    ...findLackingEvents(paths, tree),
    ...findUnexpanded(paths, tree),
    ...findUnlinked(paths, tree),
    ...findUntold(tree, snapshot),
    ...findUnadjusted(paths, tree),
    ...findUnusableMetadata(paths, tree, dbs),
    ...findAbsentTemplates(tree),
    ...findMisplaced(paths),
    ...findLostDefaults(paths, dbs),
    ...findBackups(paths),
    ...findLackingHelpers(tree),
    ...findDoubleNames(tree),
    ...findIdleOverrides(paths),
    ...findUnreadProps(paths, tree, dbs, commands),
  ];
  return {
    findings: findings.toSorted(
      (a, b) =>
        RULES.indexOf(a.rule) - RULES.indexOf(b.rule) ||
        compareBytes(a.at.file, b.at.file) ||
        (a.at.line ?? 0) - (b.at.line ?? 0) ||
        compareBytes(a.what, b.what),
    ),
    templates: tree.templates.size,
    events: tree.events.length,
  };
}
