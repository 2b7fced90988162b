import { reasonOf } from '../../../base/errors.ts';
import { type EtcdAnswer, type EtcdKeys, followKeys, readKeys, type TlsOptions } from './etcd-client.ts';
import { goesOn, pause } from './poll.ts';
import type { Source } from './source.ts';

export interface EtcdWatch extends EtcdKeys {
  readonly endpoints: readonly string[];
  readonly milliseconds: number;
  /** read when it begins, and again after each failure: certificates are renewed */
  readonly readTls: () => TlsOptions;
}

/** A member that does not answer a read in time is as good as none. */
const READ_MILLISECONDS = 3000;
/** Between two reads, whatever the member tells. */
const LEAST_MILLISECONDS = 100;
/** While no member answers. */
const AWAY_MILLISECONDS = 1000;

/**
 * Keys of etcd. What counts is what a read says: a member's stream of changes only says that it is time for one.
 * So a gap is caught up by the next read, whatever the stream has missed, and a member that is cut off, whose
 * stream stays open and silent, is left as soon as it does not answer the read of the interval.
 */
export function etcdSource({ endpoints, milliseconds, readTls, ...keys }: EtcdWatch): Source {
  return {
    async run({ onSeen, onUnreachable }, signal) {
      let at = 0;
      let follower: Follower | undefined;
      try {
        while (!signal.aborted) {
          const found = await readFromAny(at);
          if (!goesOn(signal)) return;
          if ('why' in found) {
            follower?.stop();
            follower = undefined;
            onUnreachable(found.why);
            await pause(AWAY_MILLISECONDS, signal);
            continue;
          }
          if (found.at !== at || follower?.isOver() !== false) {
            follower?.stop();
            at = found.at;
            follower = follow(endpoints[at] ?? '', found.revision + 1n);
          }
          onSeen(found.seen);
          await Promise.all([pause(LEAST_MILLISECONDS, signal), follower.next(milliseconds)]);
        }
      } finally {
        follower?.stop();
      }

      /** Asks the members one after the other, beginning with the one that answered last. */
      async function readFromAny(
        first: number,
      ): Promise<(EtcdAnswer & { readonly at: number }) | { readonly why: string }> {
        const reasons: string[] = [];
        for (let n = 0; n < endpoints.length && !signal.aborted; n++) {
          const index = (first + n) % endpoints.length;
          const endpoint = endpoints[index] ?? '';
          try {
            return { ...(await readKeys(endpoint, keys, readTls(), READ_MILLISECONDS, signal)), at: index };
          } catch (error) {
            reasons.push(`${endpoint}: ${reasonOf(error)}`);
          }
        }
        return { why: reasons.join('; ') };
      }

      function follow(endpoint: string, since: bigint): Follower {
        return startFollower(signal, async (onChange, own) =>
          followKeys(endpoint, keys, readTls(), since, onChange, own),
        );
      }
    },
  };
}

/** A stream of changes that somebody waits for. */
interface Follower {
  /** ends when something has changed, the stream has ended, or the time is over */
  next(milliseconds: number): Promise<void>;
  isOver(): boolean;
  stop(): void;
}

function startFollower(
  signal: AbortSignal,
  run: (onChange: () => void, signal: AbortSignal) => Promise<void>,
): Follower {
  const controller = new AbortController();
  let isOver = false;
  let hasChanged = false;
  let wake = (): void => undefined;
  const tell = (): void => {
    hasChanged = true;
    wake();
  };
  void run(tell, AbortSignal.any([signal, controller.signal]))
    .catch(() => undefined)
    .finally(() => {
      isOver = true;
      tell();
    });
  return {
    isOver: () => isOver,
    stop: () => controller.abort(),
    async next(milliseconds) {
      if (!hasChanged) {
        const woken = new AbortController();
        wake = () => woken.abort();
        await pause(milliseconds, AbortSignal.any([signal, woken.signal]));
      }
      hasChanged = false;
    },
  };
}
