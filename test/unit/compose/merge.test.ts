import { describe, expect, it } from 'vitest';
import { makeComposeFolder, serviceOf } from '../../support/compose-folder.ts';

const TOPS =
  '\nvolumes: {data: {}, other: {}}\nnetworks: {front: {}, back: {}}\nsecrets: {s: {file: f}, t: {file: f}}\nconfigs: {c: {file: f}, d: {file: f}}\n';

function merge(base: string, over: string): unknown {
  const write = (text: string): string => `services: {a: {image: app, ${text}}}${TOPS}`;
  return serviceOf(
    makeComposeFolder({ 'base.yaml': write(base), 'over.yaml': write(over) }).read({
      files: ['base.yaml', 'over.yaml'],
    }),
    'a',
  );
}

/** What two files that say `base` and `over` of a service make together, by the rules of Compose. */
const RULES: readonly (readonly [base: string, over: string, merged: unknown])[] = [
  ['user: a', 'user: b', { user: 'b' }],
  ['user: a', 'tty: true', { user: 'a', tty: true }],
  ['user: a', 'user:', { user: null }],
  ['command: [a, b]', 'command: [c]', { command: ['c'] }],
  ['command: [a, b]', 'command: c d', { command: 'c d' }],
  ['entrypoint: a', 'entrypoint: [b]', { entrypoint: ['b'] }],
  [
    'healthcheck: {test: [CMD, a], interval: 1s}',
    'healthcheck: {test: b}',
    { healthcheck: { test: 'b', interval: '1s' } },
  ],
  ['environment: {A: 1, B: 2}', 'environment: {B: 3, C: 4}', { environment: { A: 1, B: 3, C: 4 } }],
  ['environment: [A=1, B=2]', 'environment: {B: 3, C: }', { environment: ['A=1', 'B=3', 'C'] }],
  ['environment: {A: 1, B: }', 'environment: [B=3]', { environment: ['A=1', 'B=3'] }],
  ['environment: [A=1, A=2]', 'tty: true', { environment: ['A=2'], tty: true }],
  ['labels: [a=1]', 'labels: {a: 2, b: 3}', { labels: ['a=2', 'b=3'] }],
  ['sysctls: {a: 1}', 'sysctls: [a=2]', { sysctls: ['a=2'] }],
  ['env_file: a.env', 'env_file: [b.env]', { env_file: ['./a.env', './b.env'] }],
  [
    'env_file: [a.env]',
    'env_file: [{path: a.env, required: false}]',
    { env_file: [{ path: './a.env', required: false }] },
  ],
  ['dns: 192.0.2.1', 'dns: [192.0.2.2, 192.0.2.1]', { dns: ['192.0.2.1', '192.0.2.2'] }],
  ['dns_search: [a]', 'dns_search: b', { dns_search: ['a', 'b'] }],
  ['tmpfs: /a', 'tmpfs: /b', { tmpfs: ['/a', '/b'] }],
  ['ports: ["80:80"]', 'ports: ["80:80/tcp", "81:81"]', { ports: ['80:80/tcp', '81:81'] }],
  ['ports: ["80:80"]', 'ports: ["8080:80"]', { ports: ['80:80', '8080:80'] }],
  [
    'ports: ["127.0.0.1:80:80"]',
    'ports: [{target: 80, published: "80", host_ip: 127.0.0.1, mode: host}]',
    { ports: [{ target: 80, published: '80', host_ip: '127.0.0.1', mode: 'host' }] },
  ],
  ['ports: ["53:53/udp"]', 'ports: ["53:53"]', { ports: ['53:53/udp', '53:53'] }],
  ['expose: [80]', 'expose: ["80", 81]', { expose: ['80', 81] }],
  ['volumes: [data:/a, ./x:/b]', 'volumes: [other:/a:ro]', { volumes: ['other:/a:ro', './x:/b'] }],
  [
    'volumes: [/a, ./x:/b]',
    'volumes: [{type: bind, source: ./y, target: /a}]',
    { volumes: [{ type: 'bind', source: './y', target: '/a' }, './x:/b'] },
  ],
  ['devices: ["/dev/a:/dev/x"]', 'devices: ["/dev/b:/dev/x:r"]', { devices: ['/dev/b:/dev/x:r'] }],
  [
    'secrets: [s]',
    'secrets: [{source: t, target: /run/secrets/s}]',
    { secrets: [{ source: 't', target: '/run/secrets/s' }] },
  ],
  ['secrets: [s]', 'secrets: [s, t]', { secrets: ['s', 't'] }],
  ['configs: [c]', 'configs: [{source: d, target: /c}]', { configs: [{ source: 'd', target: '/c' }] }],
  ['cap_add: [A]', 'cap_add: [B, A]', { cap_add: ['A', 'B'] }],
  ['extra_hosts: [a=192.0.2.1]', 'extra_hosts: {b: 192.0.2.2}', { extra_hosts: ['a=192.0.2.1', 'b=192.0.2.2'] }],
  ['extra_hosts: ["a:192.0.2.1"]', 'extra_hosts: [a=192.0.2.1]', { extra_hosts: ['a=192.0.2.1'] }],
  ['networks: [front]', 'networks: [back]', { networks: ['front', 'back'] }],
  [
    'networks: [front]',
    'networks: {front: {aliases: [x]}, back: }',
    { networks: { front: { aliases: ['x'] }, back: null } },
  ],
  ['build: ./x', 'build: {target: prod}', { build: { context: './x', target: 'prod' } }],
  ['build: {args: [A=1]}', 'build: {args: {A: 2, B: 3}}', { build: { args: ['A=2', 'B=3'], context: '.' } }],
  [
    'logging: {driver: json-file, options: {a: 1}}',
    'logging: {options: {b: 2}}',
    { logging: { driver: 'json-file', options: { a: 1, b: 2 } } },
  ],
  ['logging: {driver: json-file, options: {a: 1}}', 'logging: {driver: syslog}', { logging: { driver: 'syslog' } }],
  [
    'ulimits: {nofile: {soft: 1, hard: 2}, nproc: 3}',
    'ulimits: {nofile: {hard: 4}, nproc: {soft: 5, hard: 6}}',
    { ulimits: { nofile: { soft: 1, hard: 4 }, nproc: { soft: 5, hard: 6 } } },
  ],
  [
    'deploy: {resources: {limits: {cpus: "1"}}}',
    'deploy: {resources: {limits: {memory: 1g}}}',
    {
      deploy: { resources: { limits: { cpus: '1', memory: '1g' } } },
    },
  ],
  ['ports: ["80:80"]', 'ports: !reset []', {}],
  ['ports: ["80:80"]', 'ports: !override ["81:81"]', { ports: ['81:81'] }],
  ['environment: {A: 1, B: 2}', 'environment: {A: !reset null}', { environment: { B: 2 } }],
  ['environment: {A: 1}', 'environment: !override {B: 2}', { environment: { B: 2 } }],
  ['user: a', 'user: !reset null', {}],
  ['ports: !reset []', 'ports: ["81:81"]', { ports: ['81:81'] }],
  ['x-note: {a: 1}', 'x-note: {b: 2}', { 'x-note': { b: 2 } }],
  ['security_opt: [a]', 'security_opt: [b]', { security_opt: ['a', 'b'] }],
  ['ports: ["80:80"]', 'ports:', { ports: ['80:80'] }],
];

describe('two files of a project', () => {
  it.each(RULES)('%s and %s', (base, over, merged) => {
    expect(merge(base, over)).toEqual(merged);
  });

  it('one of which has the name of a service more', () => {
    const { services } = makeComposeFolder({
      'a.yaml': 'services: {a: {image: x, depends_on: [b]}, b: {image: x}}\n',
      'b.yaml': 'services:\n  c: {image: y}\n  a: {depends_on: {c: {condition: service_healthy}}}\n',
    }).read({ files: ['a.yaml', 'b.yaml'] });
    expect([...services.keys()]).toEqual(['a', 'b', 'c']);
  });

  it('a list in place of a map is refused, with both places', () => {
    const folder = makeComposeFolder({
      'a.yaml': 'services:\n  a:\n    image: x\n    healthcheck: {interval: 1s}\n',
      'b.yaml': 'services:\n  a:\n    healthcheck: [x]\n',
    });
    expect(folder.mistakes({ files: ['a.yaml', 'b.yaml'] })).toEqual([
      'b.yaml:3:18: cannot use "services.a.healthcheck": is no map, and a.yaml:4 has one',
    ]);
  });

  it('networks and volumes are merged as well', () => {
    const { model } = makeComposeFolder({
      'a.yaml': 'services: {a: {image: x}}\nnetworks: {n: {ipam: {config: [{subnet: 192.0.2.0/25}]}, labels: [a=1]}}\n',
      'b.yaml': 'networks: {n: {ipam: {config: [{subnet: 192.0.2.0/25, gateway: 192.0.2.1}]}, labels: {b: 2}}}\n',
    }).read({ files: ['a.yaml', 'b.yaml'] });
    expect(
      JSON.stringify(model.entries?.find(([key]) => key === 'networks')?.[1].entries?.[0]?.[1].entries?.length),
    ).toBe('2');
  });
});
