import { describe, expect, it } from 'vitest';
import { engineAddress, engineHost, findUnitStart } from '../../../../src/model/daemon/daemon.ts';
import { unitTexts } from '../../../support/sample.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

const docker = (props: Readonly<Record<string, string>>): ReturnType<typeof serverWith> =>
  serverWith({}, { docker: { status: 'enabled', ...props } });
const TLS = { TLSCACert: '/a', TLSCert: '/c', TLSKey: '/k' };
const unit = (execStart: string): ReturnType<typeof factsWith> => factsWith({ dockerUnit: unitTexts('/u', execStart) });

const IN_JSON = new Set([
  'data-root',
  'bip',
  'storage-driver',
  'log-driver',
  'log-opts',
  'live-restore',
  'tls',
  'tlsverify',
  'tlscacert',
  'tlscert',
  'tlskey',
]);

describe('engineAddress', () => {
  it.each<[Readonly<Record<string, string>>, string]>([
    [{}, '127.0.0.1'],
    [{ access: 'private' }, '127.0.0.1'],
    [TLS, '0.0.0.0'],
    [{ ...TLS, access: 'public' }, '0.0.0.0'],
    [{ ...TLS, access: 'private' }, '127.0.0.1'],
  ])('with %j is %s', (props, address) => {
    expect(engineAddress(docker(props))).toBe(address);
  });

  it('is an error where everybody would be root here', () => {
    expect(() => engineAddress(docker({ access: 'public' }))).toThrow('open to everybody');
    expect(() => engineAddress(docker({ TLSCert: '/c' }))).toThrow('needs TLSCACert and TLSKey of docker too');
  });
});

describe('findUnitStart', () => {
  it('takes sockets, its own variables and what daemon.json says off the command, and leaves the rest', () => {
    const start =
      '-/usr/bin/dockerd -H fd:// --containerd=/run/c.sock -H=tcp://0.0.0.0:2375 --data-root /old --storage-driver=vfs --tls --log-driver json-file --selinux-enabled $OPTIONS ${STORAGE}';
    expect(findUnitStart(docker({}), unit(start), IN_JSON)).toEqual({
      command: '-/usr/bin/dockerd --containerd=/run/c.sock --selinux-enabled ${STORAGE}',
      environmentFiles: [],
      optionsFile: '/etc/sysconfig/docker',
      variable: '$OPTIONS',
    });
  });

  it("reads Debian's own file where there is one, under Debian's name", () => {
    expect(
      findUnitStart(
        docker({ OptionsFile: '/etc/sysconfig/docker,/etc/default/docker' }),
        unit('/usr/sbin/dockerd'),
        IN_JSON,
      ),
    ).toMatchObject({ optionsFile: '/etc/default/docker', variable: '$DOCKER_OPTS' });
  });

  it('finds nothing without a unit', () => {
    expect(findUnitStart(docker({}), factsWith({ dockerUnit: undefined }), IN_JSON)).toBeUndefined();
  });
});

describe('engineHost', () => {
  it.each([
    ['/var/run/docker.sock', '-H fd://', 'fd://'],
    ['/run/docker.sock', '--host=fd://', 'fd://'],
    ['unix:///run/docker.sock', '-H fd://', 'fd://'],
    ['/run/own.sock', '-H fd://', 'unix:///run/own.sock'],
    ['/var/run/docker.sock', '', 'unix:///var/run/docker.sock'],
  ])('for the socket %s and a unit with "%s" is %s', (Socket, option, expected) => {
    expect(engineHost(docker({ Socket }), unit(`/usr/bin/dockerd ${option}`))).toBe(expected);
  });
});
