import { Failure } from '../../base/errors.ts';
import { formatSize } from '../../base/quantity.ts';
import type { Actual, ActualContainer } from '../actual/actual.ts';
import { type DataMove, findDataMove, formatStorage, type Storage } from './data-move.ts';
import type { Operation } from './operation.ts';

/** What is not done now, to one container alone; others go on. */
export class Refusal extends Failure {
  /** what is done instead: what the container was before it is to be again */
  readonly instead: readonly Operation[];

  constructor(
    what: string,
    { instead, ...details }: { readonly why: string; readonly hint: string; readonly instead: readonly Operation[] },
  ) {
    super(what, details);
    this.instead = instead;
  }
}

/**
 * Sees to it that a container is not recreated away from its data: the data comes along where
 * that was asked for, and else nothing is done to it.
 * @throws Refusal with what the move would be
 */
export function withDataMove(operations: readonly Operation[], actual: Actual, isAsked: boolean): readonly Operation[] {
  return operations.map((operation) => {
    if (operation.verb !== 'recreate') return operation;
    const container = actual.containers.get(operation.nameNow);
    const move = container === undefined ? undefined : findDataMove(operation.spec, container);
    if (container === undefined || move === undefined) return operation;
    const size = container.dataSize === undefined ? '' : ` (${formatSize(container.dataSize)})`;
    // one that was interrupted had been asked for
    const others = listOtherUsers(move.from, container, actual);
    if (others.length === 0 && (isAsked || container.nameNow !== container.name))
      return {
        ...operation,
        move,
        cause: `${operation.cause}; its data${size} is copied first, and it is down meanwhile`,
      };
    throw new Refusal(`cannot recreate container "${container.name}"`, {
      ...explain(move, size, container, others),
      instead:
        operation.wasRunning || container.inspect.State.Status !== 'exited'
          ? []
          : [
              {
                verb: 'start',
                id: container.id,
                name: container.name,
                nameNow: container.nameNow,
                cause: 'stopped',
                paused: false,
              },
            ],
    });
  });
}

const BYTES_A_SECOND = 100e6;

function explain(
  { from, to }: DataMove,
  size: string,
  { name, dataSize }: ActualContainer,
  others: readonly string[],
): { readonly why: string; readonly hint: string } {
  const what = `its data${size} would move from ${formatStorage(from)} to ${formatStorage(to)}`;
  if (others.length > 0)
    return {
      why: `${what}, which ${others.join(', ')} uses too`,
      hint: `docksmith stop ${others.join(' ')}, then docksmith reconcile --move-data ${name}`,
    };
  const seconds =
    dataSize === undefined ? '' : `, about ${Math.max(1, Math.round(dataSize / BYTES_A_SECOND))} s at 100 MB/s`;
  return {
    why: `${what}, and it is down while that is copied${seconds}`,
    hint: `docksmith reconcile --move-data ${name}`,
  };
}

/** Other containers of ours that run with the same folder or volume: what they write meanwhile would be lost. */
function listOtherUsers(from: Storage, container: ActualContainer, { containers }: Actual): readonly string[] {
  return [...containers.values()]
    .filter(
      ({ id, inspect: { State, Mounts } }) =>
        id !== container.id &&
        State.Running &&
        Mounts.some(({ Type, Name, Source }) =>
          from.kind === 'volume' ? Type === 'volume' && Name === from.name : Type === 'bind' && Source === from.path,
        ),
    )
    .map(({ name }) => name)
    .filter((name) => name !== container.name);
}
