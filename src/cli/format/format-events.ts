import { listEvents } from '../../event/events.ts';
import type { Paths } from '../../base/paths.ts';
import { formatTerms } from './terminal.ts';

/** What the shipped events do, in the order of a server's life. */
export const EVENT_DOCS: Readonly<Record<string, readonly [args: string, doc: string]>> = {
  'docker-update': ['', 'everything: files, the engine, all containers'],
  'docker-container-update': ['NAME…', 'these containers, their files and vhosts'],
  'docker-container-start': ['NAME…', 'start these containers'],
  'docker-container-stop': ['NAME…', 'stop these containers until the next update'],
  'docker-container-restart': ['NAME…', 'restart these containers'],
  'docker-image-update': ['[NAME…]', 'pull images again, and use newer ones'],
  'docker-content-update': ['[NAME…]', 'fetch newer content from git'],
  'docker-swarm-update': ['', 'make or join the swarm, change its nodes'],
  'docker-registry-collect': ['', 'have the registry remove what no image needs'],
  'docker-boot': ['', 'after a reboot: start in the right order'],
  'post-install': ['', 'set defaults, then everything'],
  'post-upgrade': ['', 'the same, for a newer docksmith'],
};

/** One event a line; those that other packages or the admin made by their names. */
export function formatEvents(paths: Paths, width: number): string {
  const others = listEvents(paths)
    .filter((event) => !Object.hasOwn(EVENT_DOCS, event))
    .map((event) => [event, ['', 'of this server']] as const);
  return formatTerms(
    [...Object.entries(EVENT_DOCS), ...others].map(
      ([event, [args, doc]]) => [`  ${event}${args === '' ? '' : ` ${args}`}`, doc] as const,
    ),
    width,
    34,
  );
}
