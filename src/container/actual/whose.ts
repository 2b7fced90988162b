import { Failure } from '../../base/errors.ts';
import type { ContainerSummary, Engine } from '../../engine/engine.ts';
import { isOurs, NAME_LABEL, OWN_PREFIX, REPLACED_SUFFIX } from '../spec/names.ts';
import type { RenameOperation } from '../plan/operation.ts';

type Labelled = Pick<ContainerSummary, 'name' | 'labels'>;

/**
 * Whose a container is, whatever it is called now: a recreate puts it aside under another name,
 * and so may somebody by hand. Its label counts. Undefined: it is not ours.
 */
export function findOwner({ name, labels }: Labelled): string | undefined {
  return isOurs({ labels }) ? (labels[NAME_LABEL] ?? name) : undefined;
}

/** The one that serves as `name`: it runs, or else has the name; undefined: there is none of ours. */
export function findServing<T extends Labelled & Pick<ContainerSummary, 'status'>>(
  containers: readonly T[],
  name: string,
): T | undefined {
  const rank = (one: T): number =>
    (one.status === 'running' ? 4 : 0) + (one.name === name ? 2 : one.name === `${name}${REPLACED_SUFFIX}` ? 1 : 0);
  const own = containers.filter((one) => findOwner(one) === name).sort((a, b) => rank(b) - rank(a));
  return own[0] ?? containers.find((one) => one.name === name && findOwner(one) !== undefined);
}

/**
 * The same engine, where a container has no labels of ours but those that it was made with: an
 * image that was committed from a container of ours has them too, and so has every copy that is
 * run from it. Only who is called otherwise than its label says is looked at.
 */
export function withOwnLabels<T extends Engine>(engine: T): T {
  const list = engine.listContainers.bind(engine);
  const listContainers = async (): Promise<readonly ContainerSummary[]> => {
    const all = await list();
    if (!all.some(isStray)) return all;
    return Promise.all(
      all.map(async (summary) =>
        isStray(summary) && (await isCopy(engine, summary)) ? withoutOurs(summary) : summary,
      ),
    );
  };
  return Object.assign(engine, { listContainers });
}

function withoutOurs(summary: ContainerSummary): ContainerSummary {
  return {
    ...summary,
    labels: Object.fromEntries(Object.entries(summary.labels).filter(([label]) => !label.startsWith(OWN_PREFIX))),
  };
}

/** Whether all labels of ours that it has are those of its image. */
export async function isCopy(
  engine: Engine,
  { id, labels }: Pick<ContainerSummary, 'id' | 'labels'>,
): Promise<boolean> {
  const inspect = await engine.findContainer(id);
  const image = inspect === undefined ? undefined : await engine.findImage(inspect.Image);
  const inherited = image?.Config.Labels ?? {};
  return Object.entries(labels).every(([label, value]) => !label.startsWith(OWN_PREFIX) || inherited[label] === value);
}

/** Neither under its own name nor put aside. What the engine cannot remove has got another name from us, for good. */
function isStray(container: Pick<ContainerSummary, 'name' | 'labels' | 'status'>): boolean {
  const owner = findOwner(container);
  return (
    owner !== undefined &&
    container.name !== owner &&
    container.name !== `${owner}${REPLACED_SUFFIX}` &&
    container.status !== 'dead' &&
    container.status !== 'removing'
  );
}

/** Names as they are to be. */
export interface Placed {
  /** in their order */
  readonly renames: readonly RenameOperation[];
  /** by id, where the name will change */
  readonly names: ReadonlyMap<string, string>;
  /** by the name that cannot be had */
  readonly failures: ReadonlyMap<string, Failure>;
}

/** For two that have each other's name. */
const BETWEEN_SUFFIX = '.docksmith-renamed';

/**
 * Gives containers that somebody has renamed their names back. Pure.
 * @param wanted names of the containers that are asked for; of others only who is in their way
 */
export function placeNames(containers: readonly ContainerSummary[], wanted: readonly string[]): Placed {
  const strays = containers.filter(isStray);
  if (strays.length === 0) return { renames: [], names: new Map(), failures: new Map() };
  const failures = new Map<string, Failure>();
  const moves = new Map<string, ContainerSummary>();
  const plan = (name: string): void => {
    if (moves.has(name) || failures.has(name)) return;
    const holder = containers.find((one) => one.name === name);
    const stray = chooseStray(
      strays.filter((one) => findOwner(one) === name),
      name,
      failures,
    );
    if (stray === undefined || (holder !== undefined && findOwner(holder) === name)) return;
    moves.set(name, stray);
    if (holder === undefined) return;
    const other = findOwner(holder);
    if (other !== undefined) plan(other);
    if (other === undefined || moves.get(other) !== holder) {
      moves.delete(name);
      failures.set(
        name,
        new Failure(`cannot give container "${stray.name}" its name "${name}" back`, {
          why:
            other === undefined
              ? 'a container of that name exists that docksmith does not own'
              : `the container of "${other}" has it, and cannot have its own`,
          hint: `docker rename ${name} NEW-NAME`,
        }),
      );
    }
  };
  for (const name of wanted) plan(name);
  return { renames: order(moves), names: new Map([...moves].map(([name, { id }]) => [id, name])), failures };
}

/** The one that runs, of several. */
function chooseStray(
  strays: readonly ContainerSummary[],
  name: string,
  failures: Map<string, Failure>,
): ContainerSummary | undefined {
  const running = strays.filter(({ status }) => status === 'running');
  const [only, ...others] = running.length > 0 ? running : strays;
  if (others.length === 0) return only;
  failures.set(
    name,
    new Failure(`cannot tell which container is "${name}"`, {
      why: `by their labels ${strays.map((one) => `"${one.name}"`).join(' and ')} are`,
      hint: `docker rename the right one to ${name}, and docker rm the others`,
    }),
  );
  return undefined;
}

/** Each when its name is free; of a circle one has a name in between. */
function order(moves: ReadonlyMap<string, ContainerSummary>): readonly RenameOperation[] {
  const left = new Map([...moves].map(([name, { id, name: now }]) => [name, { id, now }]));
  const renames: RenameOperation[] = [];
  const rename = (name: string, to: string): void => {
    const move = left.get(name);
    const cause = `it was renamed to ${moves.get(name)?.name ?? ''}`;
    if (move !== undefined) renames.push({ verb: 'rename', id: move.id, name, nameNow: move.now, to, cause });
  };
  while (left.size > 0) {
    const free = [...left.keys()].find((name) => ![...left.values()].some(({ now }) => now === name));
    if (free !== undefined) {
      rename(free, free);
      left.delete(free);
      continue;
    }
    const [first] = left;
    if (first === undefined) break;
    const [name, { id }] = first;
    rename(name, `${name}${BETWEEN_SUFFIX}`);
    left.set(name, { id, now: `${name}${BETWEEN_SUFFIX}` });
  }
  return renames;
}
