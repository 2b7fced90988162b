import type { Paths } from '../../base/paths.ts';
import { readHostSnapshot } from '../../flow/host-state.ts';
import { getApplication, listApplications } from '../../model/names/applications.ts';
import type { Container } from '../../model/container.ts';
import { inStartOrder } from '../../model/links/start-order.ts';
import type { ContainerStatus } from '../status/container-status.ts';
import { readStatus, type Status } from '../status/status.ts';
import { wordOf } from '../status/status-words.ts';

/** How an application stands, by its containers. */
export interface ApplicationStatus {
  readonly name: string;
  /** up, starting, partly up, down, disabled, or unknown where no engine answers */
  readonly state: string;
  readonly containers: readonly string[];
  /** those that are as they should be: running, or completed */
  readonly up: number;
  readonly urls: readonly string[];
}

/** All of them, and why nothing is known where no engine answers. */
export async function readApplications(paths: Paths): Promise<{
  readonly applications: readonly ApplicationStatus[];
  readonly engineFailure: Status['engineFailure'];
}> {
  const applications = listApplications(readHostSnapshot(paths));
  if (applications.size === 0) return { applications: [], engineFailure: undefined };
  const { containers, engineFailure } = await readStatus(paths, []);
  return {
    applications: [...applications].map(([name, parts]) => describe(name, parts, containers)),
    engineFailure,
  };
}

function describe(
  name: string,
  parts: readonly Container[],
  containers: readonly ContainerStatus[],
): ApplicationStatus {
  const states = parts.flatMap((part) => {
    const status = containers.find((container) => container.name === part.key);
    return status === undefined ? [] : [{ status, isEnabled: part.isEnabled, level: levelOf(part, status) }];
  });
  const wanted = states.filter(({ isEnabled }) => isEnabled).map(({ level }) => level);
  const count = (level: string): number => wanted.filter((one) => one === level).length;
  const state = (): string => {
    if (wanted.length === 0) return 'disabled';
    if (count('unknown') > 0) return 'unknown';
    if (count('bad') > 0) return count('good') + count('waiting') > 0 ? 'partly up' : 'down';
    return count('waiting') > 0 ? 'starting' : 'up';
  };
  return {
    name,
    state: state(),
    containers: states.map(({ status }) => status.name),
    up: count('good'),
    urls: states.flatMap(({ status }) => status.urls),
  };
}

/** What ended well is as it should be where it runs once, or only when it is asked to. */
function levelOf({ restart }: Container, status: ContainerStatus): string {
  const { word, level } = wordOf(status);
  if (word === 'unknown') return word;
  if (word === 'finished' && !/^(no|on-failure)/.test(restart)) return 'bad';
  return level === 'idle' ? 'good' : level;
}

/**
 * The containers of an application in the order in which they are started.
 * @throws Failure where there is none of that name
 */
export function listParts(paths: Paths, name: string): readonly string[] {
  return inStartOrder(getApplication(readHostSnapshot(paths), name)).map(({ key }) => key);
}
