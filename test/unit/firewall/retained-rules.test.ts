import { describe, expect, it } from 'vitest';
import { isNeeded, listLost, type StillReached, withRetained } from '../../../src/firewall/retained-rules.ts';

const WIKI =
  '-A DOCKSMITH -p tcp -m conntrack --ctstate DNAT --ctorigdst 192.168.1.2 --ctorigdstport 8080 -m comment --comment "wiki" -j DROP';
const WIKI_INPUT = '-A DOCKSMITH-INPUT -d 192.168.1.2 -p tcp -m tcp --dport 8080 -m comment --comment "wiki" -j DROP';
const MAIL = '-A DOCKSMITH-INPUT -p tcp -m tcp --dport 25 -m comment --comment "mail" -j DROP';
const [INSIDE, DIRECT] = [
  '-A DOCKSMITH -i docker0 -j RETURN',
  '-A DOCKSMITH -o docker0 -m conntrack ! --ctstate RELATED,DNAT -j DROP',
];
const [LO, NETWORK, OWN] = [
  '-A DOCKSMITH -i lo -j RETURN',
  '-A DOCKSMITH -s 192.168.1.0/24 -j RETURN',
  '-A DOCKSMITH -s 203.0.113.9/32 -j DROP',
];

const file = (...lines: readonly string[]): string =>
  ['*filter', ':DOCKSMITH - [0:0]', ':DOCKSMITH-INPUT - [0:0]', ...lines, 'COMMIT', ''].join('\n');

describe('rules that a file no longer has', () => {
  it("are lost where they keep somebody from a container; who is let in, and an admin's own rule, go with the file", () => {
    expect(listLost(file(LO, NETWORK, OWN, WIKI, WIKI_INPUT, INSIDE, DIRECT), file(LO, WIKI))).toEqual([
      WIKI_INPUT,
      INSIDE,
      DIRECT,
    ]);
    expect(listLost(file(WIKI), file(WIKI, MAIL))).toEqual([]);
  });

  it('are all lost without a file', () => {
    expect(listLost(file(LO, NETWORK, WIKI, DIRECT), undefined)).toEqual([WIKI, DIRECT]);
  });

  it('stay behind those of the file; without a file all stays as it was, with who is let in', () => {
    expect(withRetained(file(LO, MAIL), [WIKI], file(LO, WIKI))).toBe(file(LO, MAIL, WIKI));
    expect(withRetained(undefined, [WIKI], file(LO, NETWORK, WIKI))).toBe(file(LO, NETWORK, WIKI));
    expect(withRetained(undefined, [], file(LO, WIKI))).toBeUndefined();
    expect(withRetained(file(LO), [], file(LO, WIKI))).toBe(file(LO));
  });

  const nothing: StillReached = { ports: [], names: [], bridges: [] };
  const at = (address: string, port = 8080, protocol = 'tcp'): StillReached => ({
    ...nothing,
    ports: [{ address, port, protocol }],
  });
  it.each<[string, readonly string[], StillReached, boolean]>([
    ['nobody is there', [WIKI, WIKI_INPUT, MAIL, DIRECT, INSIDE], nothing, false],
    ['the port is published there', [WIKI, WIKI_INPUT], at('192.168.1.2'), true],
    ['it is published everywhere', [WIKI, WIKI_INPUT], at('0.0.0.0'), true],
    ['it is published on another address', [WIKI, WIKI_INPUT], at('192.168.1.3'), false],
    ['another port is', [WIKI, WIKI_INPUT, MAIL], at('192.168.1.2', 8081), false],
    ['the other protocol is', [WIKI, WIKI_INPUT], at('192.168.1.2', 8080, 'udp'), false],
    ["a container on the host's network has the name", [MAIL], { ...nothing, names: ['mail'] }, true],
    ['a container is on the bridge', [DIRECT, INSIDE], { ...nothing, bridges: ['docker0'] }, true],
    ['a container is on another bridge', [DIRECT, INSIDE], { ...nothing, bridges: ['br-1'] }, false],
  ])('are needed or not: %s', (_, lines, reached, expected) => {
    expect(lines.map((line) => isNeeded(line, reached))).toEqual(lines.map(() => expected));
  });
});
