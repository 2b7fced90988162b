import type { Comments } from '../write-yaml.ts';
import type { NotCarried } from './sheet.ts';

/** The same comments for a stack file, with what it cannot say. */
export function makeStackComments(
  { keys }: Comments,
  notCarried: readonly NotCarried[],
  variables: ReadonlyMap<string, string>,
): Comments {
  return {
    head: [
      'Written by docksmith export --stack. On a manager of a swarm, docker stack deploy -c FILE STACK runs it;',
      'docksmith adopt --stack FILE makes the same records of it.',
      ...(variables.size === 0
        ? []
        : [
            `Secrets are not in it. It needs ${[...variables.keys()].join(', ')} in the environment:`,
            'docksmith export --stack --env >.env; set -a; . ./.env; set +a',
          ]),
    ],
    keys: keys.map(([path, lines]) => {
      const [top, name] = path;
      if (top !== 'services') return [path, lines];
      return [path, [...lines, ...notCarried.filter((one) => one.name === name).map(describe)]];
    }),
  };
}

/** `cannot carry devices "/dev/x" of "wiki": it is of one server, …` */
export function formatNotCarried({ name, key, value, why }: NotCarried): string {
  return `not in the file: ${key} ${value} of ${name}: ${why}`;
}

function describe({ key, value, why }: NotCarried): string {
  return `not here: ${key} ${value.replaceAll('\n', ' ')}: ${why}`;
}
