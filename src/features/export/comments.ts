import type { Snapshot } from '../../db/snapshot.ts';
import { boundAddresses } from '../../model/network/access.ts';
import { Container } from '../../model/container.ts';
import { listUrls } from '../../model/urls.ts';
import { OWN_KEY } from '../adopt/own-records.ts';
import type { Comments } from './write-yaml.ts';

/** What Compose has no key for, and what a reader of the file has to know. */
export function makeComments(
  snapshot: Snapshot,
  names: readonly string[],
  variables: ReadonlyMap<string, string>,
): Comments {
  return {
    head: [
      'Written by docksmith export. Compose runs it; docksmith adopt -f makes the same records of it.',
      ...(variables.size === 0
        ? []
        : [
            `Secrets are not in it. It needs ${[...variables.keys()].join(', ')}: docksmith export --env prints a file .env for beside it.`,
          ]),
    ],
    keys: [
      ...names.map((name) => [['services', name], describeContainer(new Container(snapshot, name))] as const),
      [[OWN_KEY], ['Props of records that no key above says; null: the record does not have the prop.']],
    ],
  };
}

/** What docksmith does for a container: its place in the web, who reaches it, and that it is switched off. */
function describeContainer(container: Container): readonly string[] {
  const urls = listUrls(container);
  const password = container.asksPassword ? ', with a password' : '';
  return [
    ...(container.isEnabled ? [] : ['status disabled: docksmith does not run it']),
    ...(urls.length === 0
      ? []
      : [
          `docksmith has Apache serve it at ${urls.join(' and ')}, access ${container.isPublic ? 'public' : 'private'}${password}`,
        ]),
    ...(container.hasPortMapping && boundAddresses(container) !== undefined
      ? ['access private: docksmith keeps its ports from other networks by the packet filter']
      : []),
    ...(container.role === 'service' ? [] : [`Role ${container.role}`]),
  ];
}
