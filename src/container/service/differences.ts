import type { ServiceBody } from '../../engine/swarm-api.ts';
import type { Difference } from '../actual/difference.ts';
import { isSame } from '../spec/value.ts';
import type { ServiceKey } from './service-key.ts';
import { SERVICE_KEYS } from './service-keys.ts';

/** In what a service is not as it is to be. */
export function listDifferences(wanted: ServiceBody, has: ServiceBody): readonly Difference<ServiceKey>[] {
  return SERVICE_KEYS.flatMap((key) => {
    const [from, to] = [key.read(has), key.read(wanted)];
    return isSame(from, to) ? [] : [{ key, from, to }];
  });
}
