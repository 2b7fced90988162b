import { startEngineRows } from './engine-rows.ts';
import { EVENT_ROWS } from './event-rows.ts';
import {
  type BenchHost,
  changeContainer,
  makeBenchHost,
  makeContainerHost,
  makeTemplateHost,
  plainCode,
  writeTemplateRecords,
} from './host.ts';
import { GROWTH_ROWS } from './growth-rows.ts';
import { alternate, bin, measureMemory, startNode, timeNode } from './measure.ts';
import { type Figure, NO_LIMIT, type Row } from './row.ts';

const DB_RECORDS = 1000;

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = [
  ...EVENT_ROWS,
  {
    name: 'getprop',
    title: 'db getprop, whole process',
    limit: '1.25 node -e 0',
    rounds: 31,
    measure: (rounds) => measureDb(rounds, 1.25, ['work', 'getprop', 'r7', 'Value']),
  },
  {
    name: 'setprop',
    title: 'db setprop, whole process',
    limit: '1.5 node -e 0',
    rounds: 31,
    measure: (rounds) =>
      measureDb(rounds, 1.5, ['work', 'setprop', 'r7', 'Value'], (round) => ({ words: [`value ${round}`] })),
  },
  {
    name: 'batch',
    title: 'batch of 1,000 setprop on 1,000 records',
    limit: '2 node -e 0',
    rounds: 21,
    measure: (rounds) =>
      measureDb(rounds, 2, ['work', 'batch'], (round) => ({
        stdin: Array.from({ length: DB_RECORDS }, (_, n) => `setprop r${n} Value 'value ${n} of ${round}'\n`).join(''),
      })),
  },
  {
    name: 'templates-unchanged',
    title: '100 templates of one fragment, nothing changed',
    limit: '1.5 node -e 0',
    rounds: 15,
    async measure(rounds) {
      const host = makeTemplateHost(100, 1);
      try {
        await host.event();
        const parts = await alternate(rounds, { 'node -e 0': startNode, event: () => host.event() });
        return { value: parts.event / parts['node -e 0'], limit: 1.5, parts };
      } finally {
        host.stop();
      }
    },
  },
  {
    name: 'templates-cold',
    title: 'the same, cold',
    limit: '2.2 node -e 0 + the plain code',
    rounds: 9,
    measure: (rounds) => measureCold(rounds, makeTemplateHost(100, 1), (node, plain) => 2.2 * node + plain, 1),
  },
  {
    name: 'thousand-cold',
    title: '1,000 templates of ten fragments, cold',
    limit: '12 the plain code',
    rounds: 3,
    measure: (rounds) => measureCold(rounds, makeTemplateHost(1000, 10), (_, plain) => plain, 12),
  },
  {
    name: 'thousand-changed',
    title: 'the same, all records changed, compiled before',
    limit: '3 the plain code',
    rounds: 3,
    async measure(rounds) {
      const host = makeTemplateHost(1000, 10);
      const plain = plainCode(() => host.listOutputs(), false);
      try {
        await host.event();
        const parts = await alternate(rounds, {
          event: (round) => {
            writeTemplateRecords(host, 1000, round + 1);
            return host.event();
          },
          'plain code': plain,
        });
        return { value: parts.event / parts['plain code'], limit: 3, parts };
      } finally {
        host.stop();
        plain.stop();
      }
    },
  },
  {
    name: 'containers-first',
    title: '1,000 containers, first expansion',
    limit: '3 the plain code',
    rounds: 3,
    measure: (rounds) => measureCold(rounds, makeContainerHost(1000), (_, plain) => plain, 3),
  },
  {
    name: 'containers-one',
    title: '1,000 containers, one prop changed, files only',
    limit: '5 node -e 0',
    rounds: 9,
    measure: (rounds) => measureOneContainer(rounds, 1000, 5),
  },
  {
    name: 'ten-thousand-first',
    title: '10,000 containers, first expansion',
    limit: NO_LIMIT,
    rounds: 1,
    measure: (rounds) => measureCold(rounds, makeContainerHost(10_000), (_, plain) => plain),
  },
  {
    name: 'ten-thousand-one',
    title: '10,000 containers, one prop changed, files only',
    limit: NO_LIMIT,
    rounds: 5,
    measure: (rounds) => measureOneContainer(rounds, 10_000),
  },
  {
    name: 'containers-growth',
    title: 'nothing changed, 10,000 against 1,000 containers',
    limit: '12 the part above start-up',
    rounds: 5,
    async measure(rounds) {
      const [many, few] = [makeContainerHost(10_000), makeContainerHost(1000)];
      try {
        for (const host of [many, few]) await host.event();
        const parts = await alternate(rounds, {
          'node -e 0': startNode,
          '10,000': () => many.event(),
          '1,000': () => few.event(),
        });
        return {
          value: (parts['10,000'] - parts['node -e 0']) / (parts['1,000'] - parts['node -e 0']),
          limit: 12,
          parts,
        };
      } finally {
        many.stop();
        few.stop();
      }
    },
  },
  {
    name: 'reconcile-unchanged',
    title: 'docksmith reconcile of 50, nothing changed',
    limit: '2 node -e 0, no mutating call',
    rounds: 15,
    measure: (rounds) => withEngine(({ measureUnchanged }) => measureUnchanged(rounds)),
  },
  {
    name: 'reconcile-first',
    title: 'the same, first',
    limit: '1.15 sent directly, four at a time',
    rounds: 3,
    measure: (rounds) => withEngine(({ measureFirst }) => measureFirst(rounds)),
  },
  ...GROWTH_ROWS,
  {
    name: 'memory',
    title: 'peak memory at 10,000 containers, in MB',
    limit: NO_LIMIT,
    rounds: 1,
    async measure() {
      const host = makeContainerHost(10_000);
      try {
        const peak = async (): Promise<number> =>
          (await measureMemory([bin('signal-event'), 'bench'], { env: host.env })) / 1e6;
        const first = await peak();
        const unchanged = await peak();
        await changeContainer(host, 0);
        const one = await peak();
        return {
          value: Math.max(first, unchanged, one),
          parts: { 'first, MB': first, 'unchanged, MB': unchanged, 'one changed, MB': one },
        };
      } finally {
        host.stop();
      }
    },
  },
];

async function measureOneContainer(rounds: number, count: number, limit?: number): Promise<Figure> {
  const host = makeContainerHost(count);
  try {
    const first = await host.event();
    const parts = await alternate(rounds, {
      'node -e 0': startNode,
      event: async (round) => {
        await changeContainer(host, round);
        return host.event();
      },
    });
    return { value: parts.event / parts['node -e 0'], limit, parts: { ...parts, first } };
  } finally {
    host.stop();
  }
}

/** A command of `db` on a db of 1,000 records. */
async function measureDb(
  rounds: number,
  limit: number,
  words: readonly string[],
  more: (round: number) => { words?: readonly string[]; stdin?: string } = () => ({}),
): Promise<Figure> {
  const host = makeBenchHost();
  try {
    host.write(
      'var/lib/docksmith/db/work',
      Array.from(
        { length: DB_RECORDS },
        (_, n) => `r${n}=service|Other|other ${n}|Value|value ${n}|status|enabled\n`,
      ).join(''),
    );
    const parts = await alternate(rounds, {
      'node -e 0': startNode,
      db: (round) => {
        const { words: further = [], stdin = '' } = more(round);
        return timeNode([bin('db'), ...words, ...further], { env: host.env, stdin });
      },
    });
    return { value: parts.db / parts['node -e 0'], limit, parts };
  } finally {
    host.stop();
  }
}

/** An event on a host that never had one, and the plain code for the same files. */
async function measureCold(
  rounds: number,
  pristine: BenchHost,
  yardstick: (node: number, plain: number) => number,
  limit?: number,
): Promise<Figure> {
  let outputs: ReturnType<typeof pristine.listOutputs> = [];
  const plain = plainCode(() => outputs, true);
  try {
    const parts = await alternate(rounds, {
      'node -e 0': startNode,
      event: async () => {
        const host = pristine.copy();
        const milliseconds = await host.event();
        outputs = host.listOutputs();
        host.stop();
        return milliseconds;
      },
      'plain code': plain,
    });
    return { value: parts.event / yardstick(parts['node -e 0'], parts['plain code']), limit, parts };
  } finally {
    pristine.stop();
    plain.stop();
  }
}

async function withEngine(
  measure: (rows: Awaited<ReturnType<typeof startEngineRows>>) => Promise<Figure>,
): Promise<Figure> {
  const rows = await startEngineRows();
  try {
    return await measure(rows);
  } finally {
    await rows.stop();
  }
}
