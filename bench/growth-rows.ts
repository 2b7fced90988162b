import { type BenchHost, changeContainer, makeContainerHost } from './host.ts';
import { HOST_COUNTS, measureHosts } from './growth-hosts.ts';
import { alternate, bin, type Run, startNode, timeNode } from './measure.ts';
import { type Figure, NO_LIMIT, type Row } from './row.ts';

const COUNTS = [10, 30, 100, 300, 1000];
const DB_COUNTS = [1000, 10_000, 100_000];

/** How time grows with what there is more of; docs/scale.md has what came of them. */
export const GROWTH_ROWS: readonly Row[] = [
  {
    name: 'growth-containers',
    title: `an event of files, ${COUNTS.join(', ')} containers with a vhost each`,
    limit: NO_LIMIT,
    rounds: 5,
    measure: (rounds) =>
      measureGrowth(rounds, COUNTS, makeContainerHost, {
        // files of a moment ago are not trusted: a first event looks at what the last round has changed
        unchanged: async (host) => {
          await host.event();
          return host.event();
        },
        'one changed': async (host, round) => {
          await changeContainer(host, round);
          return host.event();
        },
      }),
  },
  {
    name: 'growth-dbs',
    title: `commands on a db of ${DB_COUNTS.join(', ')} records`,
    limit: NO_LIMIT,
    rounds: 5,
    measure: (rounds) =>
      measureGrowth(rounds, DB_COUNTS, makeDbHost, {
        getprop: ({ env }) => timeNode([bin('db'), 'work', 'getprop', 'r7', 'Value'], { env }),
        setprop: ({ env }, round) => timeNode([bin('db'), 'work', 'setprop', 'r7', 'Value', `value ${round}`], { env }),
      }),
  },
  {
    name: 'growth-hosts',
    title: `docksmith push of one prop to ${HOST_COUNTS.join(', ')} hosts over ssh, all on this machine`,
    limit: NO_LIMIT,
    rounds: 3,
    measure: measureHosts,
  },
];

/** @returns parts by what is done and how many there are; the value is that of the last and largest, in starts of node */
async function measureGrowth(
  rounds: number,
  counts: readonly number[],
  makeHost: (count: number) => BenchHost,
  runs: Readonly<Record<string, (host: BenchHost, round: number) => Promise<number>>>,
): Promise<Figure> {
  const hosts = counts.map((count) => ({ count, host: makeHost(count) }));
  try {
    for (const { host } of hosts) await host.event();
    const named: Readonly<Record<string, Run>> = Object.fromEntries(
      Object.entries(runs).flatMap(([what, run]) =>
        hosts.map(({ count, host }): readonly [string, Run] => [`${what} ${count}`, (round) => run(host, round)]),
      ),
    );
    const parts = await alternate(rounds, { 'node -e 0': startNode, ...named });
    return { value: (Object.values(parts).at(-1) ?? NaN) / parts['node -e 0'], parts };
  } finally {
    for (const { host } of hosts) host.stop();
  }
}

function makeDbHost(records: number): BenchHost {
  const host = makeContainerHost(10);
  host.write(
    'var/lib/docksmith/db/work',
    Array.from({ length: records }, (_, n) => `r${n}=service|Other|other ${n}|Value|value ${n}|status|enabled\n`).join(
      '',
    ),
  );
  return host;
}
