import type { Snapshot } from '../../src/db/snapshot.ts';
import type { Facts } from '../../src/host/facts.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, snapshotOf } from './sample.ts';

type Props = Readonly<Record<string, string>>;

/**
 * A server with these enabled containers, the other dbs as in the sample, and more props of records of
 * `configuration`.
 */
export function serverWith(
  containers: Readonly<Record<string, Props>>,
  configuration: Readonly<Record<string, Props>> = {},
): Snapshot {
  const records = [...(SAMPLE_DBS.get('configuration')?.values() ?? [])].filter(
    ({ key }) => !Object.hasOwn(configuration, key),
  );
  return snapshotOf(
    new Map([
      ...SAMPLE_DBS,
      [
        'configuration',
        db(
          ...records,
          ...Object.entries(configuration).map(([key, props]) =>
            record(
              key,
              props['type'] ?? 'service',
              Object.fromEntries(Object.entries(props).filter(([prop]) => prop !== 'type')),
            ),
          ),
        ),
      ],
      [
        'docker_containers',
        db(
          ...Object.entries(containers).map(([key, props]) => record(key, 'service', { status: 'enabled', ...props })),
        ),
      ],
    ]),
  );
}

/** The sample's facts, with images that expose these TCP ports. */
export function factsWith(
  more: Partial<Facts> & { readonly exposed?: Readonly<Record<string, readonly number[]>> } = {},
): Facts {
  const { exposed = {}, ...others } = more;
  const images = new Map(
    Object.entries(exposed).map(([reference, ports]) => [
      reference,
      { exposedPorts: ports.map((port) => ({ port, protocol: 'tcp' as const })) },
    ]),
  );
  return { ...SAMPLE_FACTS, images, ...others };
}
