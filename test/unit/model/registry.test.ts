import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withRecords } from '../../../src/db/overlay.ts';
import type { Snapshot } from '../../../src/db/snapshot.ts';
import { checkRecords } from '../../../src/model/check-records.ts';
import { Container } from '../../../src/model/container.ts';
import { ImageRecord } from '../../../src/model/image-record.ts';
import { readImageSource } from '../../../src/model/image-source.ts';
import { COLLECT, planRegistry } from '../../../src/model/registry/plan-registry.ts';
import { registryAddress } from '../../../src/model/registry/registry-record.ts';
import { listHashedLogins } from '../../../src/model/users/container-users.ts';
import { factsWith, serverWith } from '../../support/containers.ts';
import { record } from '../../support/sample.ts';

type Props = Readonly<Record<string, string>>;
const TLS = { Certificate: '/c.crt', CertificateKey: '/c.key' };

function hostWith(
  registry: Props,
  container?: Props,
  others: readonly (readonly [string, string, Props])[] = [],
): Snapshot {
  return withRecords(serverWith(container === undefined ? {} : { registry: container }), [
    { db: 'configuration', key: 'registry', record: record('registry', 'service', registry) },
    ...others.map(([db, key, props]) => ({
      db,
      key,
      record: record(key, db === 'users' ? 'user' : db === 'secrets' ? 'secret' : 'service', props),
    })),
  ]);
}

describe("the record of the registry's container", () => {
  const plan = (registry: Props, container?: Props): Props | undefined => {
    const made = planRegistry(hostWith(registry, container));
    return made === undefined ? undefined : Object.fromEntries(made.props);
  };

  it('is made of that of configuration, and made once', () => {
    const made = plan({ status: 'enabled', Writers: 'ada', ...TLS });
    expect(made).toMatchObject({
      status: 'enabled',
      Image: 'registry:2',
      SubDomain: 'enabled',
      SubDomainName: 'registry',
      Writers: 'ada',
      DataMountPath: '/var/lib/registry',
      WebPort: '5000',
      ...TLS,
    });
    expect(made).not.toHaveProperty('Readers');
    expect(plan({ status: 'enabled', Writers: 'ada', ...TLS }, made)).toBeUndefined();
  });

  it('collects garbage where the event for that leaves its mark', () => {
    const action = path.resolve(import.meta.dirname, '../../../events/actions/registry-mark');
    expect(readFileSync(action, 'utf8')).toContain(`exec docksmith exec registry touch ${COLLECT}\n`);
    expect(plan({ status: 'enabled' })?.['Command']).toContain(`if test -e ${COLLECT}; then rm ${COLLECT};`);
  });

  it('follows it, and keeps what else its admin says', () => {
    const made = plan(
      { status: 'enabled', Writers: 'ada', Storage: '/srv/r' },
      { Readers: 'bob', MaxMemory: '64', WebPort: '5001', WebHostPort: '23000' },
    );
    expect(made).toMatchObject({
      MaxMemory: '64',
      WebPort: '5001',
      WebHostPort: '23000',
      DataMount: 'host',
      DataMountPath: '/srv/r:/var/lib/registry',
    });
    expect(made).not.toHaveProperty('Readers');
  });

  it('is disabled with it, and never made of one that is not enabled', () => {
    expect(plan({ status: 'disabled' }, { MaxMemory: '64' })).toEqual({ status: 'disabled', MaxMemory: '64' });
    expect(plan({ status: 'disabled' })).toBeUndefined();
    expect(plan({})).toBeUndefined();
    expect(plan({}, { MaxMemory: '64' }), 'a container that has that name by chance').toBeUndefined();
  });
});

describe('the address of the registry', () => {
  const CONTAINER = { SubDomain: 'enabled', SubDomainName: 'Images' };
  it.each<[Props, Props | undefined, string | undefined]>([
    [{ status: 'enabled' }, CONTAINER, 'images.example.test'],
    [{ status: 'disabled' }, CONTAINER, undefined],
    [{ status: 'enabled' }, undefined, undefined],
    [{ status: 'enabled' }, { ...CONTAINER, status: 'disabled' }, undefined],
  ])('of %j is %s, %s', (registry, container, expected) => {
    expect(registryAddress(hostWith(registry, container))).toBe(expected);
  });

  it('has the port where that is not the usual one', () => {
    expect(
      registryAddress(hostWith({ status: 'enabled' }, CONTAINER, [['configuration', 'httpd', { SSLPort: '8443' }]])),
    ).toBe('images.example.test:8443');
  });
});

describe('the users of a container', () => {
  const USERS = [
    ['users', 'ada', {}],
    ['users', 'bob', { Secret: 'bobs' }],
    ['secrets', 'ada', { Value: 'open: sesame' }],
    ['secrets', 'bobs', { Value: 'x' }],
  ] as const;
  const withUsers = (props: Props, others: readonly (readonly [string, string, Props])[] = USERS): Snapshot =>
    hostWith({ status: 'enabled' }, { SubDomain: 'enabled', Writers: 'ada', Readers: 'bob,ada', ...props }, others);

  it('are those who may log in, with salted passwords that stay what they are', () => {
    const list = (snapshot: Snapshot, secretSalt = 'salt'): readonly string[] =>
      listHashedLogins(new Container(snapshot, 'registry'), { secretSalt }).map(({ user, hash }) => `${user}:${hash}`);
    const all = list(withUsers({}));
    expect(all.map((line) => line.replace(/(?<=\$6\$).*/, ''))).toEqual(['ada:$6$', 'bob:$6$']);
    expect(list(withUsers({}))).toEqual(all);
    expect(list(withUsers({}), 'of another host')[0]).not.toBe(all[0]);
    expect(list(withUsers({}, [...USERS, ['users', 'bob', { status: 'disabled' }]]))).toEqual([all[0]]);
  });

  it('are those as whom this host pulls, readers first, from its own registry alone', () => {
    const loginFor = (registry: string, props: Props = {}): unknown => {
      const snapshot = withRecords(withUsers({ SubDomainName: 'registry', ...props }), [
        { db: 'docker_images', key: 'app', record: record('app', 'service', { Registry: registry }) },
      ]);
      const { login } = readImageSource(new ImageRecord(snapshot, 'app'), () => {
        throw new Error('nothing is installed here');
      });
      return login === undefined ? undefined : [login.registry, login.user, login.revealPassword()];
    };
    expect(loginFor('registry.example.test/team')).toEqual(['registry.example.test/team', 'bob', 'x']);
    expect(loginFor('Registry.example.test', { Readers: '' })).toEqual([
      'Registry.example.test',
      'ada',
      'open: sesame',
    ]);
    expect(loginFor('other.example.test')).toBeUndefined();
    expect(loginFor('')).toBeUndefined();
  });

  it('have to be there, with a password, and in one place', () => {
    const mistakes = (snapshot: Snapshot): readonly string[] =>
      checkRecords(snapshot, factsWith(), ['registry'])
        .mistakes.map(({ message }) => message)
        .filter((message) => !message.includes('web address') && !message.startsWith('cannot serve the registry'));
    expect(mistakes(withUsers({ WebPort: '5000' }))).toEqual([]);
    expect(
      mistakes(withUsers({ WebPort: '5000', BasicAuth: '/etc/users', Readers: 'eve,bob' }, USERS.slice(0, 3))),
    ).toEqual([
      'cannot ask for passwords in front of container "registry": BasicAuth names a file of users, and Readers or Writers name others',
      'cannot let user "eve" in to container "registry": db users has no such record of the type user',
      'cannot let user "bob" in to container "registry": db secrets has no record "bobs" with a Value, the password',
    ]);
  });
});
