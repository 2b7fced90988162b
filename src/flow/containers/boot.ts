import { setTimeout as sleep } from 'node:timers/promises';
import { parsePublished } from '../../container/spec/published-port.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import type { RunSpec } from '../../container/spec/run-spec.ts';
import { isList } from '../../container/spec/value.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { listAddresses } from '../../host/addresses.ts';
import { waitForEngine } from '../daemon/daemon.ts';
import type { Paths } from '../../base/paths.ts';
import type { Reporter } from '../reporter.ts';
import { DocksmithRecord } from '../../model/docksmith-record.ts';

const LOOK_EVERY_MILLISECONDS = 200;

/**
 * Waits until the engine answers and the addresses that containers are bound to are up: a
 * container that the engine could not bind is not tried again by the engine. Where an address
 * does not come up in time, that is a warning, and the engine refuses those containers alone.
 * @throws Failure when the engine does not answer
 */
export async function waitForBoot(
  paths: Paths,
  snapshot: Snapshot,
  specs: ReadonlyMap<string, RunSpec>,
  reporter: Reporter,
): Promise<void> {
  reporter.progress('waiting for the engine');
  const failure = await waitForEngine(paths, snapshot);
  if (failure !== undefined) throw failure;
  const until = performance.now() + (parseMilliseconds(new DocksmithRecord(snapshot).bootWait) ?? 0);
  for (;;) {
    const missing = findMissing(specs);
    if (missing.size === 0) return;
    const words = [...missing].map(([address, names]) => `address ${address} (${names.join(', ')})`).join(', ');
    if (performance.now() >= until) {
      reporter.warning(`${words} is not up`);
      return;
    }
    reporter.progress(`waiting for ${words}`);
    await sleep(LOOK_EVERY_MILLISECONDS);
  }
}

/** Addresses that containers publish ports on and this host does not have now, with the containers. */
function findMissing(specs: ReadonlyMap<string, RunSpec>): ReadonlyMap<string, readonly string[]> {
  const up = listAddresses().map(({ address }) => address);
  const missing = new Map<string, readonly string[]>();
  for (const {
    name,
    values: { ports = [] },
  } of specs.values()) {
    const addresses = new Set(isList(ports) ? ports.map((text) => parsePublished(text)?.address ?? '') : []);
    for (const address of addresses)
      if (!isAlwaysUp(address) && !up.includes(address)) missing.set(address, [...(missing.get(address) ?? []), name]);
  }
  return missing;
}

function isAlwaysUp(address: string): boolean {
  return ['', '0.0.0.0', '::', '::1'].includes(address) || address.startsWith('127.');
}
