import { describe, expect, it } from 'vitest';
import { listLostRules } from '../../../src/firewall/engine-rules.ts';
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

  it.each([SAVED, NEWER])('are all there, where loopback and IPv6 need none', (saved) => {
    expect(listLostRules(parseRules(saved), PUBLISHED)).toEqual({ ways: [], ports: [] });
  });

  it('are lost one by one, by address and protocol', () => {
    const wanted = [port('0.0.0.0', 8082), port('192.168.1.9', 53, 'udp'), port('192.168.1.2', 53)];
    expect(listLostRules(parseRules(SAVED), [...PUBLISHED, ...wanted])).toEqual({ ways: [], ports: wanted });
  });

  it('are lost as a whole with the ways into them, also where the way to DOCKER-USER is there', () => {
    const flushed = parseRules('*filter\n:FORWARD DROP [0:0]\n-A FORWARD -j DOCKER-USER\nCOMMIT\n');
    expect(listLostRules(flushed, PUBLISHED)).toEqual({
      ways: ["PREROUTING of nat does not lead to the engine's rules", "FORWARD does not lead to the engine's rules"],
      ports: [PUBLISHED[0], PUBLISHED[2]],
    });
  });
});
