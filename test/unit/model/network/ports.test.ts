import { describe, expect, it } from 'vitest';
import { Container } from '../../../../src/model/container.ts';
import { publishedPorts } from '../../../../src/model/network/ports.ts';
import { NotAccepted, parsePortMappings, parsePorts } from '../../../../src/model/network/parse-ports.ts';
import { factsWith, serverWith } from '../../../support/containers.ts';

const published = (props: Readonly<Record<string, string>>, facts = factsWith()): readonly string[] =>
  publishedPorts(new Container(serverWith({ web: props }), 'web'), facts).map(
    ({ host, container, protocol }) => `${host}:${container}/${protocol}`,
  );

describe('publishedPorts', () => {
  it.each<[string, Readonly<Record<string, string>>, readonly string[]]>([
    ['nothing, where no port is named', {}, []],
    [
      'the ports under their own numbers',
      { TCPPort: '80, 443', UDPPort: '53' },
      ['80:80/tcp', '443:443/tcp', '53:53/udp'],
    ],
    [
      'with custom only what the mapping says',
      { TCPPort: '80', PortMapping: 'custom', PortMappingPorts: '2222:22,53:5353/udp' },
      ['2222:22/tcp', '53:5353/udp'],
    ],
    ['no mapping without custom', { PortMappingPorts: '2222:22' }, []],
    ['a port named twice once', { TCPPort: '80,80' }, ['80:80/tcp']],
    ['what the image exposes', { Image: 'nginx:1', TCPPort: 'exposed' }, ['80:80/tcp', '443:443/tcp']],
    ["nothing on the host's network", { TCPPort: '80', network: 'host' }, []],
    ['nothing in the network of another', { TCPPort: '80', network: 'container:db' }, []],
    ["ports on a network of one's own", { TCPPort: '80', network: 'custom:front' }, ['80:80/tcp']],
  ])('gives %s', (_, props, expected) => {
    expect(published(props, factsWith({ exposed: { 'nginx:1': [80, 443] } }))).toEqual(expected);
  });

  it('does not know what an image exposes that the engine does not have', () => {
    expect(() => published({ Image: 'nginx:2', TCPPort: 'exposed' })).toThrow(
      'the engine does not have the image "nginx:2" yet',
    );
  });
});

describe('a port', () => {
  it.each(['0', '65536', '-1', '80-90', '1e3', 'http', '8 0'])('is not %j', (value) => {
    expect(() => parsePorts(value, 'TCPPort')).toThrow(NotAccepted);
    // a range of the host for one port of the container is one to choose from
    if (value !== '80-90') expect(() => parsePortMappings(`${value}:80`)).toThrow(NotAccepted);
    expect(() => parsePortMappings(`80:${value}`)).toThrow(NotAccepted);
  });

  it.each(['80:80:80', '80:80/sctp', '80-81:80-82', '81-80:81-80', ':80', '::1:80:80', '127.0.0.1:80'])(
    'mapping is not %j',
    (value) => {
      expect(() => parsePortMappings(value)).toThrow(`"${value}" is no port mapping`);
    },
  );

  it.each<readonly [string, readonly (readonly [string | undefined, unknown, number, string])[]]>([
    ['80', [[undefined, undefined, 80, 'tcp']]],
    ['127.0.0.1::53/udp', [['127.0.0.1', undefined, 53, 'udp']]],
    ['[::1]:6001:6001', [['::1', [6001, 6001], 6001, 'tcp']]],
    ['9000-9005:80', [[undefined, [9000, 9005], 80, 'tcp']]],
    [
      '8000-8001:7000-7001',
      [
        [undefined, [8000, 8000], 7000, 'tcp'],
        [undefined, [8001, 8001], 7001, 'tcp'],
      ],
    ],
  ])('mapping %s is read as Compose does', (value, expected) => {
    expect(
      parsePortMappings(value).map(({ address, hosts, container, protocol }) => [address, hosts, container, protocol]),
    ).toEqual(expected);
  });

  it('that a mapping does not name is the one that was given', () => {
    const given = '23000:3000,127.0.0.1:23001:3000,9000:80,1:81';
    const ports = '3000,127.0.0.1::3000,9000-9005:80,9000-9005:81';
    expect(published({ PortMapping: 'custom', PortMappingPorts: ports, PortMappingGiven: given })).toEqual([
      '23000:3000/tcp',
      '23001:3000/tcp',
      '9000:80/tcp',
    ]);
  });
});
