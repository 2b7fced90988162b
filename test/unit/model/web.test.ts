import { describe, expect, it } from 'vitest';
import { Container } from '../../../src/model/container.ts';
import { backEndPort, primaryHost, subDomainName, webPort } from '../../../src/model/web.ts';
import { factsWith, serverWith } from '../../support/containers.ts';

type Props = Readonly<Record<string, string>>;
const facts = factsWith({
  exposed: { 'one:1': [3000], 'two:1': [3000, 4000], 'http:1': [443, 8080, 9000], 'both:1': [80, 8080], 'none:1': [] },
});

describe('webPort', () => {
  it.each<[string, Props, number]>([
    ['WebPort before all', { WebPort: '5000', TCPPort: '80', Image: 'one:1' }, 5000],
    ['the only port of the record', { TCPPort: '9000', Image: 'one:1' }, 9000],
    [
      "the container's side of a mapping",
      { PortMapping: 'custom', PortMappingPorts: '2222:9000', Image: 'one:1' },
      9000,
    ],
    ['the only port of the image', { Image: 'one:1' }, 3000],
    ['8080 among several', { Image: 'http:1' }, 8080],
    ['80 before 8080', { Image: 'both:1' }, 80],
    ["the port of the record on the host's network", { network: 'host', TCPPort: '9000' }, 9000],
  ])('is %s', (_, props, expected) => {
    expect(webPort(new Container(serverWith({ web: props }), 'web'), facts)).toBe(expected);
  });

  it.each<[string, Props, RegExp]>([
    ['several ports', { Image: 'two:1' }, /^3000, 4000 could all be the web port: set WebPort$/],
    ['an image without ports', { Image: 'none:1' }, /^neither the record nor the image names a port: set WebPort$/],
    ['an image that is not there', { Image: 'new:1' }, /nor is the image "new:1" on the engine: set WebPort$/],
    ['two web ports', { WebPort: '80,81' }, /^it is one port$/],
  ])('has to be said with %s', (_, props, message) => {
    expect(() => webPort(new Container(serverWith({ web: props }), 'web'), facts)).toThrow(message);
  });
});

describe('backEndPort', () => {
  it("is the one that was allocated, or the container's own on the host's network", () => {
    const server = serverWith({
      a: { WebPort: '80', WebHostPort: '47005' },
      b: { WebPort: '8080', WebHostPort: '47006', network: 'host' },
      c: { WebPort: '80' },
    });
    expect(['a', 'b', 'c'].map((key) => backEndPort(new Container(server, key), facts))).toEqual([
      47_005,
      8080,
      undefined,
    ]);
  });
});

describe('names', () => {
  it.each<[Props, string]>([
    [{}, 'web.example.test'],
    [{ SubDomainName: 'Docs' }, 'docs.example.test'],
    [{ SubDomainName: 'Docs.Other.org' }, 'docs.other.org'],
    [{ SubDomainName: '' }, 'web.example.test'],
  ])('of %j is %s', (props, expected) => {
    expect(subDomainName(new Container(serverWith({ web: props }), 'web'))).toBe(expected);
  });

  it('need a domain to stand under', () => {
    expect(() => subDomainName(new Container(serverWith({ web: {} }, { DomainName: { type: '' } }), 'web'))).toThrow(
      'there is no DomainName',
    );
  });

  it('of the primary host come from httpd, else from the server', () => {
    expect(primaryHost(serverWith({}))).toBe('host.example.test');
    expect(primaryHost(serverWith({}, { httpd: { PrimaryHost: 'WWW.example.test' } }))).toBe('www.example.test');
    expect(primaryHost(serverWith({}, { httpd: { PrimaryHost: '' } }))).toBe('host.example.test');
    expect(primaryHost(serverWith({}, { SystemName: { type: '' } }))).toBeUndefined();
  });
});

it('a container has a web address by SubDomain or WebAlias', () => {
  const server = serverWith({ a: { SubDomain: 'enabled' }, b: { WebAlias: '/b/, c' }, c: { WebAlias: ' ,' }, d: {} });
  expect(['a', 'b', 'c', 'd'].map((key) => new Container(server, key).hasWeb)).toEqual([true, true, false, false]);
  expect(new Container(server, 'b').webAliases).toEqual(['b', 'c']);
});
