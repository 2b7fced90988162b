import { expect, it } from 'vitest';
import { hasMissedRun } from '../../../../src/flow/containers/missed-runs.ts';
import { Container } from '../../../../src/model/container.ts';
import { db, record, SAMPLE_FACTS, snapshotOf } from '../../../support/sample.ts';

const NEVER = '0001-01-01T00:00:00Z';
const at = (day: number, hour: number): string => new Date(2024, 2, day, hour).toISOString();
const isMissed = ({
  started = NEVER,
  created,
  running = false,
  persistent = 'yes',
}: Partial<Record<'started' | 'created' | 'persistent', string>> & { readonly running?: boolean }): boolean => {
  const props = { status: 'enabled', Role: 'job', RunAt: '03:30', Persistent: persistent };
  const snapshot = snapshotOf(new Map([['docker_containers', db(record('backup', 'service', props))]]), SAMPLE_FACTS);
  return hasMissedRun(
    new Container(snapshot, 'backup'),
    {
      State: { Status: running ? 'running' : 'exited', Running: running, ExitCode: 0, StartedAt: started },
      Created: created ?? at(1, 0),
    },
    new Date(2024, 2, 5, 12),
  );
};

it.each([
  ['ran yesterday and not today', { started: at(4, 4) }, true],
  ['ran today', { started: at(5, 4) }, false],
  ['never ran, and was made before', {}, true],
  ['never ran, and was made after', { created: at(5, 4) }, false],
  ['runs', { started: at(4, 4), running: true }, false],
  ['is not persistent', { started: at(4, 4), persistent: 'no' }, false],
])('a job that %s', (_, given, missed) => {
  expect(isMissed(given)).toBe(missed);
});
