import { describe, expect, it } from 'vitest';
import { findPassing, type Way } from '../../../src/firewall/reach.ts';
import { parseRules } from '../../../src/firewall/rules.ts';

const RULES = [
  '-A INPUT -j DOCKSMITH-INPUT',
  '-A FORWARD -j DOCKER-USER',
  '-A DOCKER-USER -j DOCKSMITH',
  '-A DOCKER-USER -j RETURN',
  '-A DOCKSMITH -m conntrack --ctdir REPLY -j RETURN',
  '-A DOCKSMITH -i lo -j RETURN',
  '-A DOCKSMITH -s 192.168.1.0/24 -j RETURN',
  '-A DOCKSMITH -m conntrack --ctstate DNAT --ctorigdst 127.0.0.0/8 -j DROP',
  '-A DOCKSMITH -i docker0 -j RETURN',
  '-A DOCKSMITH -i br-lan -j RETURN',
  '-A DOCKSMITH -o docker0 -m conntrack ! --ctstate RELATED,DNAT -j DROP',
  '-A DOCKSMITH -o br-lan -m conntrack ! --ctstate RELATED,DNAT -j DROP',
  '-A DOCKSMITH -p tcp -m conntrack --ctstate DNAT --ctorigdst 192.168.1.2/32 --ctorigdstport 8080 -m comment --comment wiki -j DROP',
  '-A DOCKSMITH-INPUT -i lo -j RETURN',
  '-A DOCKSMITH-INPUT -s 192.168.1.0/24 -j RETURN',
  '-A DOCKSMITH-INPUT -d 192.168.1.2/32 -p tcp -m tcp --dport 8080 -m comment --comment "my wiki" -j DROP',
  '-A DOCKSMITH-INPUT -p udp -m udp --dport 53 -j DROP',
];
const WIKI: Way = { protocol: 'tcp', port: 8080, address: '192.168.1.2', kind: 'published' };
const DNS: Way = { protocol: 'udp', port: 53, address: undefined, kind: 'host' };
const DIRECT: Way = { kind: 'direct', address: '172.17.0.2', bridge: 'docker0' };
const LOOPBACK: Way = { kind: 'loopback' };
const pass = (way: Way, rules: readonly string[] = RULES): unknown => {
  const { networks, why } = findPassing(parseRules(`*filter\n${rules.join('\n')}\nCOMMIT\n`), way);
  return networks ?? why;
};
const without = (start: string): readonly string[] => RULES.filter((rule) => !rule.startsWith(start));

describe('whom our chains let through', () => {
  it('is the networks in front of the rule that drops the rest', () => {
    expect(pass(WIKI)).toEqual(['192.168.1.0/24']);
    expect(pass(DNS)).toEqual(['192.168.1.0/24']);
    const node = '-A DOCKSMITH-INPUT -s 10.0.0.2/32 -p tcp -m tcp --dport';
    expect(pass(WIKI, [...RULES.slice(0, 13), `${node} 7946 -j RETURN`, ...RULES.slice(13)])).toEqual([
      '192.168.1.0/24',
    ]);
    expect(pass(WIKI, [...RULES.slice(0, 13), `${node} 8080 -j RETURN`, ...RULES.slice(13)])).toEqual([
      '192.168.1.0/24',
      '10.0.0.2/32',
    ]);
    expect(pass(DIRECT)).toEqual(['192.168.1.0/24']);
    expect(pass({ ...DIRECT, bridge: 'br-lan' })).toEqual(['192.168.1.0/24']);
    expect(pass(WIKI, [...RULES.slice(0, 6), '-A DOCKSMITH -s 10.0.0.0/8 -j RETURN', ...RULES.slice(6)])).toEqual([
      '10.0.0.0/8',
      '192.168.1.0/24',
    ]);
    expect(pass(WIKI, [...RULES, '-A DOCKSMITH -s 10.0.0.0/8 -j RETURN'])).toEqual(['192.168.1.0/24']);
  });

  it.each<[string, Way, readonly string[], string]>([
    ['nothing is there', WIKI, [], 'FORWARD does not lead to DOCKER-USER'],
    ['the way in is gone', DNS, without('-A INPUT'), 'INPUT does not lead to DOCKSMITH-INPUT'],
    [
      'the way for published ports is gone',
      WIKI,
      without('-A DOCKER-USER -j DOCKSMITH'),
      'DOCKER-USER does not lead to DOCKSMITH',
    ],
    ['one of both chains has no rule', WIKI, without('-A DOCKSMITH-INPUT -d'), 'DOCKSMITH-INPUT has no rule for it'],
    ['it is another port', { ...WIKI, port: 8081 }, RULES, 'DOCKSMITH has no rule for it'],
    ['it is another protocol', { ...DNS, protocol: 'tcp' }, RULES, 'DOCKSMITH-INPUT has no rule for it'],
    [
      'it is bound to all addresses, and the rule is about one',
      { ...WIKI, address: undefined },
      RULES,
      'DOCKSMITH has no rule for it',
    ],
    [
      'the rule drops a part alone',
      WIKI,
      RULES.map((rule) => rule.replace('-A DOCKSMITH -p tcp', '-A DOCKSMITH -s 8.8.8.8/32 -p tcp')),
      'DOCKSMITH has no rule for it',
    ],
    [
      'the rule is the other way round',
      WIKI,
      RULES.map((rule) => rule.replace('--ctorigdst ', '! --ctorigdst ')),
      'DOCKSMITH has no rule for it',
    ],
    [
      'everybody is let through before',
      DNS,
      ['-A DOCKSMITH-INPUT -j RETURN', ...RULES],
      'DOCKSMITH-INPUT lets everybody through before',
    ],
    ['nobody keeps the bridge', { ...DIRECT, bridge: 'br-0123456789ab' }, RULES, 'DOCKSMITH has no rule for it'],
    [
      "the way for a container's own address is gone",
      DIRECT,
      without('-A DOCKER-USER -j DOCKSMITH'),
      'DOCKER-USER does not lead to DOCKSMITH',
    ],
    [
      'new connections are spared',
      DIRECT,
      RULES.map((rule) => rule.replace('RELATED,DNAT', 'NEW,DNAT')),
      'DOCKSMITH has no rule for it',
    ],
    [
      'a wire is let in before',
      DIRECT,
      ['-A DOCKSMITH -i eth1 -j RETURN', ...RULES],
      'DOCKSMITH lets everybody through before',
    ],
    [
      'the bridge is let in before',
      DIRECT,
      ['-A DOCKSMITH -o docker0 -j ACCEPT', ...RULES],
      'DOCKSMITH lets everybody through before',
    ],
    [
      'somebody accepts what goes to the bridge',
      DIRECT,
      ['-A FORWARD -o docker0 -j ACCEPT', ...RULES],
      'FORWARD accepts it before: -o docker0 -j ACCEPT',
    ],
    [
      'somebody accepts what goes to the container',
      DIRECT,
      ['-A FORWARD -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT', ...RULES],
      'FORWARD accepts it before: -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j ACCEPT',
    ],
    [
      'loopback is not kept',
      LOOPBACK,
      without('-A DOCKSMITH -m conntrack --ctstate DNAT'),
      'DOCKSMITH has no rule for it',
    ],
    [
      'somebody accepts the port before ours',
      DNS,
      ['-A INPUT -p udp -m udp --dport 53 -j ACCEPT', ...RULES],
      'INPUT accepts it before: -p udp -m udp --dport 53 -j ACCEPT',
    ],
    [
      'somebody accepts everything before ours',
      WIKI,
      ['-A FORWARD -j ACCEPT', ...RULES],
      'FORWARD accepts it before: -j ACCEPT',
    ],
  ])('is everybody where %s', (_, way, rules, why) => {
    expect(pass(way, rules)).toBe(why);
  });

  it('is not widened by what is let through for others', () => {
    expect(pass(WIKI, ['-A DOCKSMITH -p tcp -m conntrack --ctorigdstport 443 -j RETURN', ...RULES])).toEqual([
      '192.168.1.0/24',
    ]);
    expect(
      pass(DIRECT, [
        '-A FORWARD -o docker1 -j ACCEPT',
        '-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
        '-A DOCKSMITH -o br-lan -j RETURN',
        ...RULES,
      ]),
    ).toEqual(['192.168.1.0/24']);
  });

  it('is nobody where no network is let in', () => {
    expect(
      pass(
        LOOPBACK,
        RULES.filter((rule) => !rule.includes(' -s ')),
      ),
    ).toEqual([]);
  });

  it('is not widened by what others accept for another port', () => {
    expect(
      pass(DNS, ['-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT', '-A INPUT -s 10.0.0.1/32 -j ACCEPT', ...RULES]),
    ).toEqual(['192.168.1.0/24']);
  });
});
