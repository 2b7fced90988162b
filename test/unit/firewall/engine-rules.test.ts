import { describe, expect, it } from 'vitest';
import { hasChains, isTranslated, listLostRules } from '../../../src/firewall/engine-rules.ts';
import { parseRules } from '../../../src/firewall/rules.ts';

/** As Docker 20.10 leaves it, and as 28 does. */
const SAVED = `*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff
COMMIT
*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A DOCKER -i docker0 -j RETURN
-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8081 -j DNAT --to-destination 172.17.0.2:80
-A DOCKER -d 192.168.1.2/32 ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.3:53
COMMIT
`;
const NEWER = SAVED.replace('-A FORWARD -o docker0 -j DOCKER\n', '-A FORWARD -j DOCKER-FORWARD\n');
const port = (
  address: string,
  number: number,
  protocol = 'tcp',
): { address: string; port: number; protocol: string } => ({
  address,
  port: number,
  protocol,
});
const PUBLISHED = [
  port('0.0.0.0', 8081),
  port('::', 8081),
  port('192.168.1.2', 53, 'udp'),
  port('127.0.0.1', 9000),
] as const;

describe("the engine's rules", () => {
  it('are told by table: those of mangle are none of them', () => {
    const rules = parseRules(SAVED);
    expect([...rules.keys()]).toEqual(['FORWARD', 'DOCKER', 'nat/PREROUTING', 'nat/DOCKER']);
    expect(rules.get('DOCKER')).toHaveLength(1);
    expect(rules.get('nat/PREROUTING')).toEqual(['-m addrtype --dst-type LOCAL -j DOCKER']);
  });

  const ofIPv4 = PUBLISHED.filter((one) => isTranslated(one, 'IPv4'));

  it('translate what is published of their family, but for the loopback', () => {
    expect(ofIPv4).toEqual([PUBLISHED[0], PUBLISHED[2]]);
    expect(PUBLISHED.filter((one) => isTranslated(one, 'IPv6'))).toEqual([PUBLISHED[1]]);
    expect(isTranslated(port('::1', 80), 'IPv6')).toBe(false);
  });

  it.each([SAVED, NEWER])('are all there', (saved) => {
    expect(listLostRules('IPv4', parseRules(saved), ofIPv4)).toMatchObject({ ways: [], ports: [], cutOff: [] });
  });

  it('are lost one by one, by address and protocol', () => {
    const wanted = [port('0.0.0.0', 8082), port('192.168.1.9', 53, 'udp'), port('192.168.1.2', 53)];
    const lost = listLostRules('IPv4', parseRules(SAVED), [...ofIPv4, ...wanted]);
    expect(lost).toEqual({ family: 'IPv4', ways: [], ports: wanted, cutOff: wanted });
  });

  it('are lost as a whole with the ways into them, also where the way to DOCKER-USER is there', () => {
    const flushed = parseRules('*filter\n:FORWARD DROP [0:0]\n-A FORWARD -j DOCKER-USER\nCOMMIT\n');
    expect(listLostRules('IPv4', flushed, ofIPv4)).toMatchObject({
      ways: ["PREROUTING of nat does not lead to the engine's rules", "FORWARD does not lead to the engine's rules"],
      ports: ofIPv4,
    });
    const noWay = parseRules(SAVED.replace('-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER\n', ''));
    expect(listLostRules('IPv4', noWay, ofIPv4)).toMatchObject({ ports: [], cutOff: ofIPv4 });
  });

  it('are those of IPv6 as well, with its addresses', () => {
    const rules = parseRules(
      SAVED.replace('172.17.0.2:80', '[fd00::2]:80').replace(
        '-d 192.168.1.2/32 ! -i docker0 -p udp',
        '-d fd00::9/128 ! -i docker0 -p udp',
      ),
    );
    const [there, lost] = [[port('::', 8081), port('fd00::9', 53, 'udp')], port('fd00::8', 53, 'udp')];
    expect(listLostRules('IPv6', rules, [...there, lost]).ports).toEqual([lost]);
    expect(listLostRules('IPv6', parseRules(''), there).ways[0]).toBe(
      "PREROUTING of nat does not lead to the engine's rules for IPv6",
    );
    expect([hasChains(rules), hasChains(parseRules('*nat\n:DOCKER - [0:0]\n')), hasChains(parseRules(''))]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
