import { describe, expect, it } from 'vitest';
import { Failure, Failures } from '../../../src/base/errors.ts';
import { type Expanded, expandTemplates, rememberExpanded } from '../../../src/flow/expand.ts';
import { makeRoot } from '../../support/folder.ts';
import { randomChange, randomFrom, withChange } from '../../support/random-changes.ts';
import { SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from '../../support/sample.ts';
import { type Server, worldOf } from '../../support/host-state.ts';

const REQUESTS = [{ template: '/etc/docksmith/containers' }];
const CHANGES = 150;

function tryToExpand(server: Server, isForced: boolean): Expanded | readonly string[] {
  try {
    return expandTemplates(worldOf(server), REQUESTS, { takeOver: false, isForced });
  } catch (error) {
    if (!(error instanceof Failure || error instanceof Failures)) throw error;
    return (error instanceof Failures ? error.failures : [error]).map(({ message }) => message);
  }
}

const isExpanded = (result: Expanded | readonly string[]): result is Expanded => 'changes' in result;

describe('records that were in order before', () => {
  it('are refused after a change if and only if they are refused when all are checked', () => {
    const random = randomFrom(4711);
    const server: Server = { root: makeRoot().root, dbs: SAMPLE_DBS, facts: SAMPLE_FACTS };
    const first = tryToExpand(server, true);
    expect(isExpanded(first)).toBe(true);
    if (isExpanded(first)) rememberExpanded(first);
    const counts = { accepted: 0, refused: 0 };
    for (let n = 0; n < CHANGES; n++) {
      const before = server.dbs;
      const change = randomChange({ dbs: before, schema: snapshotOf(before).schema }, random, {
        mayChange: (db) => db === 'docker_containers',
      });
      server.dbs = withChange(before, change);
      const [some, all] = [tryToExpand(server, false), tryToExpand(server, true)];
      expect(isExpanded(some), `${JSON.stringify(change)}: ${JSON.stringify(isExpanded(all) ? [] : all)}`).toBe(
        isExpanded(all),
      );
      if (isExpanded(some) && isExpanded(all)) {
        expect(some.warnings).toEqual(all.warnings);
        rememberExpanded(some);
        counts.accepted++;
      } else {
        server.dbs = before;
        counts.refused++;
      }
    }
    expect(counts.accepted).toBeGreaterThan(CHANGES / 10);
    expect(counts.refused).toBeGreaterThan(0);
  });
});
