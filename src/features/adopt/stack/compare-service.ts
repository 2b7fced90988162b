import { formatDifference } from '../../../container/actual/difference.ts';
import { listDifferences } from '../../../container/service/differences.ts';
import { withImage } from '../../../container/service/plan-services.ts';
import { makeServiceBody } from '../../../container/service/service-body.ts';
import type { RunSpec } from '../../../container/spec/run-spec.ts';
import { readSources } from '../../../flow/swarm/host-files.ts';
import type { HostState } from '../../../flow/host-state.ts';
import { Container } from '../../../model/container.ts';
import { DockerRecord } from '../../../model/docker-record.ts';
import type { Candidate, LeftOut } from '../candidate.ts';

/** Of these a change creates no task again. */
const IDLE: readonly string[] = [
  'service labels',
  'replicas',
  'placement',
  'spread',
  'most per node',
  'update',
  'rollback',
];

/** What the next update of an adopted service would create its tasks again for, as its record says it otherwise. */
export function listOtherwise(
  { paths, snapshot }: HostState,
  { name, service }: Candidate,
  spec: RunSpec,
): readonly LeftOut[] {
  if (service === undefined) return [];
  const { nodeFolders } = new DockerRecord(snapshot);
  const sources = readSources(paths, new Container(snapshot, name), spec, []);
  const made = makeServiceBody(spec, { sources, nodeFolders, salt: service.salt });
  return listDifferences(withImage({ made }, service), service.body)
    .filter(({ key: { title } }) => !IDLE.includes(title))
    .map((difference) => ({
      name,
      key: difference.key.title,
      value: formatDifference(difference).slice(difference.key.title.length + 1),
      why: 'its record says it so, and the next update creates its tasks again',
    }));
}
