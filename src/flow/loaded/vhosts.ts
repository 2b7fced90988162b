import { setTimeout as sleep } from 'node:timers/promises';
import type { Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { isNetworkOf } from '../../firewall/kernel.ts';
import type { Facts } from '../../host/facts.ts';
import { readFacts } from '../../host/read-facts.ts';
import { readLedger } from '../../output/plan/ledger.ts';
import { readHostSnapshot } from '../host-state.ts';
import { listEnabled } from '../../model/container.ts';
import { HttpdRecord } from '../../model/httpd-record.ts';
import { listUrls } from '../../model/urls.ts';
import { type Answered, askSite } from '../../web-server/ask-site.ts';

/** A URL of a container to which another site answers. */
export interface StrangeUrl {
  readonly container: string;
  readonly url: string;
}

/** An Apache that was just told to reload answers by its old files for a moment. */
const RELOAD_MILLISECONDS = 3000;

/**
 * The URLs of containers that the Apache which runs does not pass on: it was started with, or includes, other
 * files than those that are installed. Where none listens nobody answers at all, which is another matter.
 * @param isReloading it was told to read its files just now
 */
export async function listStrangeUrls(
  paths: Paths,
  snapshot: Snapshot,
  { listeners }: Pick<Facts, 'listeners'>,
  { isReloading = false }: { readonly isReloading?: boolean } = {},
): Promise<readonly StrangeUrl[]> {
  if (!isNetworkOf(paths) || !new HttpdRecord(snapshot).isEnabled) return [];
  const asked = listEnabled(snapshot).flatMap((container) =>
    listUrls(container).map((url) => ({ container: container.key, url })),
  );
  const until = performance.now() + (isReloading ? RELOAD_MILLISECONDS : 0);
  const ask = async ({ container, url }: StrangeUrl): Promise<Answered> => {
    const address = findAddress(listeners, url);
    if (address === undefined) return 'nothing';
    for (;;) {
      const answered = await askSite(url, address, container);
      if (answered !== 'another site' || performance.now() >= until) return answered;
      await sleep(100);
    }
  };
  const answers = await Promise.all(asked.map(ask));
  return asked.filter((_, n) => answers[n] === 'another site');
}

/** After Apache was reloaded, in sentences. */
export async function warnOfStrangeUrls(paths: Paths): Promise<readonly string[]> {
  const snapshot = readHostSnapshot(paths);
  const facts = readFacts({ paths, ownedFiles: readLedger(paths).outputs });
  const strange = await listStrangeUrls(paths, snapshot, facts, { isReloading: true });
  return strange.map((one) => `${one.container}: ${formatStrange(one, snapshot)}`);
}

/** With the remedy. */
export function formatStrange({ url }: StrangeUrl, snapshot: Snapshot): string {
  const { confDir } = new HttpdRecord(snapshot);
  return `${url} is answered by another site: Apache runs without its vhost; see that its files include ${confDir}/*.conf, and reload it`;
}

/** Where on this host it listens on the port of a URL: loopback, or the address that it is bound to. */
function findAddress(listeners: Facts['listeners'], url: string): string | undefined {
  const { protocol, port } = new URL(url);
  const wanted = Number(port || (protocol === 'https:' ? 443 : 80));
  const own = listeners.filter((listener) => listener.protocol === 'tcp' && listener.port === wanted);
  const bound = own.find(({ address }) => ['0.0.0.0', '::', '127.0.0.1'].includes(address)) ?? own[0];
  return bound === undefined || ['0.0.0.0', '::'].includes(bound.address) ? bound && '127.0.0.1' : bound.address;
}
