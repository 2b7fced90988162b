import type { Engine } from '../src/engine/engine.ts';
import { formatTable } from '../src/cli/format/terminal.ts';

interface Seen {
  readonly id: string;
  readonly startedAt: string;
  readonly running: boolean;
  readonly memory: number;
}

/** What the engine itself says of the containers, against what it said before. */
export class ContainerTable {
  readonly #connect: () => Promise<Engine>;
  readonly #names: readonly string[];
  #before = new Map<string, Seen>();

  constructor(connect: () => Promise<Engine>, names: readonly string[]) {
    this.#connect = connect;
    this.#names = names;
  }

  async print(): Promise<void> {
    const engine = await this.#connect();
    const rows: string[][] = [['CONTAINER', 'ID', 'STATE', 'MEMORY LIMIT', 'SINCE THE LAST LOOK']];
    const now = new Map<string, Seen>();
    for (const { id, name, status } of await engine.listContainers()) {
      if (!this.#names.includes(name)) continue;
      const inspect = await engine.findContainer(id);
      const seen: Seen = {
        id,
        startedAt: inspect?.State.StartedAt ?? '',
        running: status === 'running',
        memory: inspect?.HostConfig.Memory ?? 0,
      };
      now.set(name, seen);
      rows.push([
        name,
        id.slice(0, 12),
        status,
        seen.memory === 0 ? 'none' : `${seen.memory / 1024 ** 2} MB`,
        describeChange(this.#before.get(name), seen),
      ]);
    }
    this.#before = now;
    process.stdout.write(
      `\n${formatTable([...rows.slice(0, 1), ...rows.slice(1).sort(([a = ''], [b = '']) => (a < b ? -1 : 1))])}`,
    );
  }
}

function describeChange(before: Seen | undefined, now: Seen): string {
  if (before === undefined) return 'new';
  if (before.id !== now.id) return 'another container in its place';
  if (before.startedAt !== now.startedAt) return 'restarted';
  return before.memory === now.memory
    ? 'not touched: the same id and start'
    : 'changed while it runs: the same id and start';
}
