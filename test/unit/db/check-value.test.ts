import { describe, expect, it } from 'vitest';
import { checkRecord, checkValue, findPropSchema } from '../../../src/db/check-value.ts';
import { KINDS } from '../../../src/db/kinds.ts';
import type { RecordSchema } from '../../../src/db/schema.ts';

const EXAMPLES: Readonly<Record<string, { allowed: readonly string[]; wrong: readonly string[] }>> = {
  text: { allowed: ['', 'a\nb'], wrong: [] },
  integer: { allowed: ['0', '-1', '42'], wrong: ['', '1.5', 'x', '1 '] },
  replicas: { allowed: ['0', '3', 'global'], wrong: ['', '-1', '01', '1.5', 'all'] },
  'manager-addresses': {
    allowed: ['', '10.0.0.1', 'web1.example.test:2377,10.0.0.2', '[fd00::1]:2377'],
    wrong: ['fd00::1', '10.0.0.1:0', 'web_1', '[10.0.0.1]', ',', 'a:b'],
  },
  placement: {
    allowed: ['node.labels.zone==a', 'node.hostname!=n3,spread:node.labels.zone', 'node.platform.os==linux', ''],
    wrong: ['zone==a', 'node.labels.zone=a', 'spread:zone', 'node.labels.zone==a b', 'node.labels.zone==a,'],
  },
  ratio: { allowed: ['0', '0.25', '1', '1.0'], wrong: ['2', '-1', '.5', '1.5', 'x'] },
  rollback: {
    allowed: ['failure', 'none', 'failure:0.3', 'failure:1'],
    wrong: ['', 'failure:', 'failure:2', 'always'],
  },
  count: { allowed: ['1', '5'], wrong: ['0', '-1', 'x'] },
  'process-space': { allowed: ['host', 'container:web'], wrong: ['none', 'container:', 'hosts'] },
  'shared-memory': {
    allowed: ['none', 'private', 'shareable', 'host', 'container:web'],
    wrong: ['other', 'container:'],
  },
  swap: { allowed: ['1g', '-1', '1073741824', '512M'], wrong: ['0', '-2', '1t', 'lots'] },
  microseconds: { allowed: ['50ms', '100000', '1s'], wrong: ['0', '-1', '5m', 'long'] },
  'device-rule': { allowed: ['c 1:3 mr', 'b *:* rwm'], wrong: ['c 1:3', 'x 1:3 r', 'c 1:3 mr,c 1:4 r'] },
  'device-rules': { allowed: ['c 1:3 mr', 'c 1:3 mr,b *:* rwm'], wrong: ['c 1:3 mr,', 'ref'] },
  'mac-address': {
    allowed: ['02:42:ac:11:65:44', '02:42:AC:11:65:44'],
    wrong: ['02:42:ac:11:65', '02-42-ac-11-65-44'],
  },
  percentage: { allowed: ['0', '100'], wrong: ['-1', '101', '1.5'] },
  'oom-score': { allowed: ['-1000', '0', '1000'], wrong: ['-1001', '1001', 'low'] },
  json: { allowed: ['{"weight":300}', '[]'], wrong: ['{', 'x', '1'] },
  size: { allowed: ['10m', '1G', '4096'], wrong: ['10mb', '0m', ''] },
  memory: { allowed: ['6', '512', '512m', '2g', '6144k'], wrong: ['5', '6143k', '1x', '', '-1', '1.5g', '80,443'] },
  port: { allowed: ['1', '65535'], wrong: ['0', '65536', '080', 'http', ''] },
  ports: { allowed: ['80', '80,443', 'exposed', ''], wrong: ['80,', '80, 443', 'exposed,80', '80-90', '70000'] },
  'port-range': { allowed: ['47000-47999', '1-1'], wrong: ['47999-47000', '47000', '0-1', '1-2-3'] },
  'exposed-ports': { allowed: ['80', '80,53/udp'], wrong: ['80,', 'http', '80-90'] },
  'port-mappings': {
    allowed: ['8080:80,5353:53/udp', '1:1/tcp', '8080', '127.0.0.1:1:2,[::1]:1:2', '1-3:2-4', '127.0.0.1::80', '5-9:1'],
    wrong: ['8080:80/sctp', '0:1', '1:70000', '1.2.3:1:2', '1-3:2-5', ':80', '3-1:3-1'],
  },
  path: { allowed: ['/', '/srv/a b'], wrong: ['srv', '', '/a/../b', '/a\nb'] },
  paths: { allowed: ['/a,/b'], wrong: ['/a,b'] },
  mount: { allowed: ['/srv', '/x,/y:/z:ro'], wrong: ['x', '/a:b', '/a:/b:rx'] },
  mounts: {
    allowed: ['/srv/wiki:/images', '/srv', '/a:/b:ro,/c:/d:rw'],
    wrong: ['wiki:/images', '/a:b', '/a:/b:rx', '/a:/b:ro:z', '/a/..:/b'],
  },
  'data-mount': {
    allowed: ['/data', '/srv/x:/data', 'wiki-data:/data'],
    wrong: ['', 'data', 'a:b', '/a:/b:ro', '-x:/data', '/a/../b'],
  },
  socket: { allowed: ['/var/run/docker.sock', 'unix:///run/docker.sock'], wrong: ['docker.sock', 'tcp://1.2.3.4:1'] },
  owner: { allowed: ['www-data', '33:33', 'a:b'], wrong: ['', 'a:b:c', '-x', 'a b'] },
  mode: { allowed: ['755', '0750'], wrong: ['75', '0888', 'rwx'] },
  restart: {
    allowed: ['no', 'always', 'unless-stopped', 'on-failure', 'on-failure:3'],
    wrong: ['never', 'on-failure:', 'yes'],
  },
  'host-name': {
    allowed: ['wiki', 'wiki.example.test', '1.example'],
    wrong: ['', '-a', 'a..b', 'a_b', 'a b', `${'a'.repeat(64)}.test`, 'wiki.example.test.'],
  },
  label: { allowed: ['wiki', 'a-1'], wrong: ['a.b', '-a', ''] },
  'path-names': { allowed: ['git', 'git,wiki-2'], wrong: ['a/b', '..', '.', 'a b', 'a,'] },
  'ip-address': { allowed: ['192.168.1.2', '::1'], wrong: ['192.168.1', '192.168.1.256', 'host'] },
  netmask: { allowed: ['24', '255.255.255.0', '64'], wrong: ['255.0.255.0', '129', 'x'] },
  image: { allowed: ['mariadb:11', 'localhost:5000/a/b@sha256:1', 'wiki'], wrong: ['', 'a b', '-x', 'a;b'] },
  tag: { allowed: ['1.43', 'latest', '_a-b'], wrong: ['', '.a', '1 2', 'a:b', 'a\n'] },
  registry: {
    allowed: ['registry.example.test', 'r:5000', 'r.example.test/team/apps'],
    wrong: ['', 'r:', 'https://r', 'r/A', 'r/', 'a b', 'a\nb'],
  },
  'command-line': { allowed: ['sh -c "echo a"', "it\\'s", ''], wrong: ['"', "a 'b", 'a\\'] },
  digest: { allowed: [`sha256:${'0'.repeat(64)}`], wrong: ['sha256', 'sha256:12'] },
  assignments: { allowed: ['A=1,B=', 'A=x=y', ''], wrong: ['A', 'A=1,', '=1', 'A B=1'] },
  'network-mode': {
    allowed: ['bridge', 'host', 'none', 'custom:lan', 'container:wiki'],
    wrong: ['', 'custom:', 'lan', 'container:x y'],
  },
  links: { allowed: ['wikidb:db,cache', ''], wrong: ['wikidb:', 'a b', 'a:b:c', 'wikidb,'] },
  dependencies: {
    allowed: ['db:healthy,init:completed,cache', 'db:started:restart', 'cache?', 'cache:healthy:restart?', ''],
    wrong: ['db:well', 'db:', 'db:restart:healthy', 'db:healthy:completed', '?', 'db,'],
  },
  'volume-mounts': {
    allowed: ['cache:/var/cache,conf:/etc/app:ro', ''],
    wrong: ['cache', '/srv:/data', 'cache:data', 'cache:/a:rx'],
  },
  'log-size': { allowed: ['10m', 'unlimited'], wrong: ['0', 'none', ''] },
  'volumes-from': { allowed: ['wiki:ro,git'], wrong: ['wiki:rx', 'wiki:/x'] },
  'secret-variables': {
    allowed: ['db_password:DB_PASSWORD', 'wiki.A:A,b:B'],
    wrong: ['a', 'a:', ':A', 'a b:A', 'a:1A', 'a:A,'],
  },
  secrets: {
    allowed: ['db_password', 'a:/etc/a,b', 'a:/a:0440:103:0'],
    wrong: ['a:b', 'a b', '/a', 'a,', 'a:/a:9', 'a:/a:0440:x'],
  },
  subnets: {
    allowed: ['10.5.0.0/24', '10.5.0.0/24,fd00::/64'],
    wrong: ['10.5.0.0', '10.5.0.0/33', '10.5.0/24', 'x/8'],
  },
  decimal: { allowed: ['1', '0.5', '12.25'], wrong: ['0', '0.0', '-1', 'x', '.5', ''] },
  limit: { allowed: ['-1', '100'], wrong: ['0', '-2', 'x', ''] },
  'cpu-shares': { allowed: ['2', '1024', '262144'], wrong: ['0', '1', '262145', 'x'] },
  'cpu-list': { allowed: ['0', '0-2,4'], wrong: ['', 'a', '0-', '0,,1'] },
  uptime: { allowed: ['1', '0.5s', '100ms', '1m30s'], wrong: ['', '0', '0s', '0.0s', '-1', '30x'] },
  duration: { allowed: ['30', '30s', '1m30s', '500ms', '1.5h'], wrong: ['', '-1', '30x', 's', '12345678901234567890'] },
  schedule: {
    allowed: ['03:30', '30 3 * * *', '*/15 8-18 * * mon-fri'],
    wrong: ['', 'daily', '24:00', '60 * * * *', '0 3 30 2 *'],
  },
  'reload-signal': { allowed: ['SIGHUP', 'USR1', 'none'], wrong: ['', 'sighup', 'no'] },
  signal: { allowed: ['SIGTERM', 'QUIT', 'SIGRTMIN+3', '15'], wrong: ['', 'sigterm', '0', '-9'] },
  'ip-addresses': { allowed: ['10.0.0.1', '10.0.0.1,::1', ''], wrong: ['10.0.0', 'a,10.0.0.1', '10.0.0.1,'] },
  'host-names': { allowed: ['example.test,a'], wrong: ['a b', 'a,'] },
  'network-names': { allowed: ['db,my_db.lan'], wrong: ['a b', '_a', 'a,'] },
  'fixed-addresses': {
    allowed: ['10.5.0.7', 'fd00::7', '10.5.0.7,fd00::7'],
    wrong: ['10.5.0', '10.5.0.7,10.5.0.8', '10.5.0.7,', ''],
  },
  'endpoint-options': {
    allowed: [
      '{}',
      '{"mac_address":"02:42:ac:11:65:44","gw_priority":-1,"link_local_ips":["169.254.1.1"],"driver_opts":{"a":"b,c"}}',
    ],
    wrong: [
      '',
      '{',
      '[]',
      'null',
      '{"gw_priority":"1"}',
      '{"constructor":{}}',
      '{"__proto__":{"x":1}}',
      '{"mac_address":"x"}',
      '{"aliases":["a"]}',
      '{"driver_opts":{"a":1}}',
    ],
  },
  commands: {
    allowed: [
      '[]',
      '[{"command":["sh","-c","a b"],"user":"root","privileged":true,"working_dir":"/srv","environment":{"A":"b"}}]',
    ],
    wrong: ['', '{}', '[{}]', '[{"command":[]}]', '[{"command":"a"}]', '[{"command":["a"],"shell":"b"}]'],
  },
  'host-addresses': {
    allowed: ['db:10.0.0.5,v6:fd00::1', 'host:host-gateway'],
    wrong: ['db', 'db:', ':10.0.0.1', 'db=10.0.0.1', 'a b:10.0.0.1'],
  },
  ulimits: {
    allowed: ['nofile=1024:2048,nproc=200', 'core=-1'],
    wrong: ['nofile', 'nofile=', 'nofile=1:2:3', 'NoFile=1'],
  },
  capabilities: { allowed: ['NET_ADMIN,SYS_TIME', 'ALL'], wrong: ['NET ADMIN', 'NET_ADMIN,'] },
  devices: {
    allowed: ['/dev/null', '/dev/null:/dev/nix:r,/dev/zero:rw'],
    wrong: ['null', '/dev/null:x', '/dev/null:/dev/x:q'],
  },
  name: { allowed: ['docker-update', 'a.b_c'], wrong: ['', '-x', 'a b', 'a,b', 'a/b'] },
  'http-addresses': {
    allowed: ['http://127.0.0.1:2379', 'https://a.test:1/,http://[fd00::1]:2'],
    wrong: ['127.0.0.1:2379', 'http://', 'ftp://a.test', 'http://a.test/path', 'http://u@a.test', 'http://a.test,'],
  },
  'ssh-address': {
    allowed: ['web2', 'root@web2.example.test:2222', '10.0.0.2', '[fd00::2]:22', 'a_b@[fd00::2]'],
    wrong: [
      '',
      '-oProxyCommand=date',
      'a b',
      'web2:',
      'web2:70000',
      'root@-x',
      'fd00::2',
      '[10.0.0.2]',
      'a/b',
      '@web2',
    ],
  },
  'git-url': {
    allowed: [
      'https://git.example.test/site.git',
      'http://user@[fd00::1]:8080/site',
      'ssh://git@git.example.test:2222/srv/site.git',
      'git@git.example.test:group/site.git',
      'git:site',
      'file:///srv/git/site',
    ],
    wrong: [
      '',
      '/srv/git/site',
      'site',
      'ext::sh -c date',
      'git@host::site',
      'fd::17',
      'git://git.example.test/site',
      'ftp://git.example.test/site',
      '--upload-pack=date',
      '-oProxyCommand=date:site',
      'ssh://-oProxyCommand=date/site',
      'git@-oProxyCommand=date:site',
      'host:-option',
      'https://user:word@git.example.test/site',
      'https://git.example.test/a b',
      'file://host/site',
    ],
  },
  'git-ref': {
    allowed: ['main', 'v1.2', 'feature/one', 'refs/heads/main', '0123456789abcdef0123456789abcdef01234567'],
    wrong: [
      '',
      '-main',
      '--upload-pack=x',
      'a..b',
      'a b',
      'a:b',
      'a^',
      'a~1',
      'a@{1}',
      'a.lock',
      'a/',
      'a//b',
      '*',
      '.a',
    ],
  },
  word: { allowed: ['bookworm', '9', 'el9.4'], wrong: ['', 'a b', '-a', 'a/b', 'a,b'] },
  'path-word': { allowed: ['bookworm', 'bookworm/updates'], wrong: ['', '/a', 'a/', 'a//b', 'a/../b', 'a b'] },
  words: { allowed: ['main', 'main,contrib', ''], wrong: ['main,', 'a b', '-a,b'] },
  targets: {
    allowed: ['redis:6379', 'dns:53/udp,6380=redis:6379', 'tcp://192.168.1.52:1', 'udp://[fd00::1]:53'],
    wrong: ['redis', 'redis:0', 'redis:65536', '0=redis:1', 'tcp://:1', 'tcp://host:1/udp', 'http://host:1', 'a:1,'],
  },
  packages: {
    allowed: ['bash', '@core,glibc-langpack-en', 'bash-5.1*', 'libc6=2.36-9+deb12u14', 'python3:any'],
    wrong: ['-y', 'bash,--nogpgcheck', 'a b', '/etc/passwd', '!bash'],
  },
  url: {
    allowed: ['http://mirror.example.test/os/', 'https://m.test', 'file:///srv/repository', 'http://m.test/$basearch/'],
    wrong: ['', 'mirror', 'gopher://m.test/', 'file://srv', 'http://', 'http://a b/', 'http://me:pass@m.test/', '-x'],
  },
  tmpfs: { allowed: ['/run', '/run:size=1m,mode=1777,/tmp'], wrong: ['', 'run', '/run:', '/run,size=1m'] },
};

it('an empty item of a list is said to be one', () => {
  const ports = { kind: 'ports', doc: '' } as const;
  expect(checkValue(ports, '80,')).toBe('has an empty item; allowed are ports as 80,443, or exposed');
  expect(checkValue(ports, '80,x')).toMatch(/^has the item "x", which /);
});

describe.each(KINDS.filter((kind) => kind !== 'choice'))('a value of kind %s', (kind) => {
  const { allowed = [], wrong = [] } = EXAMPLES[kind] ?? {};

  it('is allowed, or wrong for a reason', () => {
    expect(allowed.length).toBeGreaterThan(0);
    for (const value of allowed) expect([value, checkValue({ doc: '', kind }, value)]).toEqual([value, undefined]);
    for (const value of wrong)
      expect([value, checkValue({ doc: '', kind }, value)]).toEqual([value, expect.stringMatching(/^(is|has) /)]);
  });
});

it('a choice names what is allowed, and the value that was most likely meant', () => {
  expect(checkValue({ doc: '', kind: 'choice', values: ['enabled', 'disabled'] }, 'enable')).toBe(
    'is none of enabled, disabled; did you mean enabled?',
  );
});

const WIKI: RecordSchema = {
  type: { doc: '', kind: 'choice', values: ['service'] },
  MaxMemory: { doc: '', kind: 'memory' },
  'Env.*': { doc: '', kind: 'text' },
  Password: { doc: '', kind: 'count', secret: true },
};

it('a pattern stands for every prop that begins with it, and is longer', () => {
  expect(findPropSchema(WIKI, 'Env.A')).toBe(WIKI['Env.*']);
  expect(findPropSchema(WIKI, 'Env.')).toBeUndefined();
  expect(findPropSchema(WIKI, 'constructor')).toBeUndefined();
});

it('a mistake in a single value is told of the value', () => {
  const { mistakes } = checkRecord(
    { type: { doc: 'a name', kind: 'host-name' } },
    { key: 'DomainName', type: '-bad', props: new Map() },
  );
  expect(mistakes).toEqual([{ prop: 'type', why: expect.stringMatching(/^"-bad" is not a host name/) as string }]);
});

it('all mistakes of a record are reported, with the nearest names of unknown props', () => {
  const props = new Map([
    ['MaxMemory', '2x'],
    ['MaxMemori', '1'],
    ['Env.A', ''],
    ['Password', 'hush'],
    ['Own', '1'],
  ]);
  expect(checkRecord(WIKI, { key: 'wiki', type: 'servce', props })).toEqual({
    mistakes: [
      { prop: 'type', why: 'type "servce" is none of service; did you mean service?' },
      {
        prop: 'MaxMemory',
        why: 'MaxMemory "2x" is not a number of megabytes, or a number with k, m or g, as 512 or 2g',
      },
      { prop: 'Password', why: 'Password (a secret) is not a whole number from 1' },
    ],
    unknown: [
      { prop: 'MaxMemori', nearest: 'MaxMemory' },
      { prop: 'Own', nearest: undefined },
    ],
  });
});
