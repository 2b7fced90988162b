import { expect, it } from 'vitest';
import { render } from '../../../support/render.ts';
import { db, record, SAMPLE_FACTS, snapshotOf } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;

/** The rules of the filter for ports between nodes. */
function rulesOf(
  docker: Props,
  hosts: Readonly<Record<string, Props>>,
  peers?: readonly string[],
  family: 4 | 6 = 4,
): readonly string[] {
  const snapshot = snapshotOf(
    new Map([
      [
        'configuration',
        db(
          record('DomainName', 'example.test'),
          record('SystemName', 'web1'),
          record('docker', 'service', { status: 'enabled', ...docker }),
        ),
      ],
      ['hosts', db(...Object.entries(hosts).map(([key, props]) => record(key, 'docksmith', props)))],
    ]),
  );
  const template = `/etc/docksmith/filter/docker-user.v${family}`;
  const facts = { ...SAMPLE_FACTS, ...(peers === undefined ? {} : { peers }) };
  const [file] = render({ template }, { snapshot, facts }).outputs;
  return (file?.content.toString() ?? '').split('\n').filter((line) => /--dport (2377|7946|4789)\b/.test(line));
}

const HOSTS = {
  web1: { NodeAddress: '10.0.0.1' },
  web2: { NodeAddress: '10.0.0.2' },
  web3: { NodeAddress: 'fd00::3' },
  web4: {},
};

it('a host that is to be in no swarm has none', () => {
  expect(rulesOf({}, HOSTS, ['10.0.0.9'])).toEqual([]);
});

it('a manager lets in the other nodes of the records and of its engine, and nobody else', () => {
  expect(rulesOf({ Swarm: 'manager' }, HOSTS, ['10.0.0.9', '10.0.0.2', '10.0.0.1']).slice(0, 6)).toEqual([
    '-A DOCKSMITH-INPUT -s 10.0.0.2 -p tcp -m tcp --dport 2377 -j RETURN',
    '-A DOCKSMITH-INPUT -s 10.0.0.9 -p tcp -m tcp --dport 2377 -j RETURN',
    '-A DOCKSMITH-INPUT ! -i lo -p tcp -m tcp --dport 2377 -j DROP',
    '-A DOCKSMITH-INPUT -s 10.0.0.2 -p tcp -m tcp --dport 7946 -j RETURN',
    '-A DOCKSMITH-INPUT -s 10.0.0.9 -p tcp -m tcp --dport 7946 -j RETURN',
    '-A DOCKSMITH-INPUT ! -i lo -p tcp -m tcp --dport 7946 -j DROP',
  ]);
  expect(rulesOf({ Swarm: 'manager' }, HOSTS, undefined, 6).filter((line) => line.includes('-s '))).toEqual([
    '-A DOCKSMITH-INPUT -s fd00::3 -p tcp -m tcp --dport 2377 -j RETURN',
    '-A DOCKSMITH-INPUT -s fd00::3 -p tcp -m tcp --dport 7946 -j RETURN',
    '-A DOCKSMITH-INPUT -s fd00::3 -p udp -m udp --dport 7946 -j RETURN',
    '-A DOCKSMITH-INPUT -s fd00::3 -p udp -m udp --dport 4789 -j RETURN',
  ]);
});

it('a worker has no port of managers, and closes nothing as long as it knows managers alone', () => {
  const ports = (rules: readonly string[]): readonly string[] =>
    rules
      .filter((line) => line.endsWith('DROP'))
      .map((line) => /-p (\w+).*--dport (\d+)/.exec(line)?.slice(1).join(' ') ?? '');
  expect(ports(rulesOf({ Swarm: 'worker' }, HOSTS))).toEqual(['tcp 7946', 'udp 7946', 'udp 4789']);
  expect(rulesOf({ Swarm: 'worker' }, {}, ['10.0.0.9'])).toEqual([]);
  expect(ports(rulesOf({ Swarm: 'manager' }, {}, []))).toEqual(['tcp 2377', 'tcp 7946', 'udp 7946', 'udp 4789']);
  expect(rulesOf({ Swarm: 'manager' }, { web1: { NodeAddress: '10.0.0.1' } })).toEqual([]);
});
