import { checkValue } from './check-value.ts';
import type { PropSchema } from './schema.ts';

/** Two values of each kind at least that mean different things, and those that mean something of their own. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  text: ['other', 'another'],
  json: ['{"weight":100}', '[{"count":1,"capabilities":["gpu"]}]'],
  integer: ['1', '2'],
  count: ['1', '2'],
  size: ['1m', '2m'],
  memory: ['64', '65'],
  port: ['1', '2'],
  ports: ['1', '2', '1,2', 'exposed'],
  'exposed-ports': ['1', '2/udp'],
  'port-range': ['1024-1025', '1026-1027'],
  'port-mappings': ['1:1', '2:2/udp', '127.0.0.1:3:3', '4-5:4-5', '6'],
  path: ['/one', '/two'],
  paths: ['/one', '/two', '/etc/default/one'],
  mount: ['/one', '/two:/2:ro'],
  mounts: ['/one', '/two:/2'],
  'data-mount': ['/one', 'two:/2', '/three:/3'],
  socket: ['/one.sock', '/two.sock'],
  owner: ['one', 'two:two'],
  mode: ['0700', '0701'],
  restart: ['no', 'always', 'on-failure:1', 'unless-stopped'],
  'host-name': ['one', 'two.test'],
  label: ['one', 'two'],
  'path-names': ['one', 'two'],
  'ip-address': ['10.1.0.0', '10.2.0.0'],
  netmask: ['8', '9'],
  image: ['one', 'two'],
  tag: ['1.0', '2.0'],
  registry: ['r.example.test', 'other.example.test:5000'],
  'command-line': ['true', 'sh -c "exit 0"'],
  digest: [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`],
  word: ['one', 'two'],
  'path-word': ['one', 'two/2'],
  words: ['one', 'two'],
  packages: ['one', 'two'],
  targets: ['redis:6379', 'tcp://192.168.1.52:6379'],
  url: ['http://one.test/', 'file:///two'],
  assignments: ['ONE=1', 'ONE=2', 'TWO=1'],
  'network-mode': ['bridge', 'host', 'none', 'custom:one', 'container:one'],
  'volume-mounts': ['one:/1', 'two:/2', '/3'],
  'log-size': ['1m', 'unlimited'],
  links: ['one', 'one:two', 'two'],
  dependencies: ['one', 'one:healthy', 'two:completed?'],
  'volumes-from': ['one', 'two:ro'],
  secrets: ['one', 'two:/2'],
  'secret-variables': ['one:ONE', 'two:TWO'],
  subnets: ['10.1.0.0/24', '10.2.0.0/24'],
  decimal: ['0.1', '0.2'],
  limit: ['-1', '1'],
  'cpu-shares': ['2', '3'],
  'cpu-list': ['0', '0-1'],
  duration: ['1s', '2s', '0'],
  uptime: ['1s', '2s'],
  schedule: ['03:30', '0 7 * * 1-5'],
  'reload-signal': ['SIGHUP', 'none'],
  signal: ['SIGHUP', 'SIGINT'],
  'ip-addresses': ['10.1.0.1', 'fd00::1', '10.1.0.1,fd00::1'],
  'ipv4-address': ['10.1.0.1', '10.1.0.2'],
  'host-names': ['one', 'two'],
  'network-names': ['one', 'two'],
  'host-addresses': ['one:10.1.0.1', 'two:10.1.0.2'],
  ulimits: ['nofile=1', 'nproc=2'],
  capabilities: ['KILL', 'CHOWN'],
  devices: ['/dev/one', '/dev/two'],
  name: ['one', 'two'],
  'http-addresses': ['http://one.test:2379', 'https://two.test:2379'],
  'git-url': ['https://one.test/one', 'git@two.test:two'],
  'git-ref': ['one', 'two'],
  tmpfs: ['/one', '/two'],
};

/**
 * Values that a prop could have instead of one, to find out what it decides: all of a choice,
 * several of another kind; not set (undefined) at last.
 * @param words what fragments compare values with: taken where they are of the kind
 */
export function listOtherValues(
  schema: PropSchema | undefined,
  value: string | undefined,
  words: readonly string[] = [],
): readonly (string | undefined)[] {
  const ofKind = schema === undefined ? VALUES['text'] : (schema.values ?? VALUES[schema.kind]);
  const spoken = words.filter((word) => schema === undefined || checkValue(schema, word) === undefined);
  return [
    ...new Set([...(ofKind ?? []), ...(schema?.default === undefined ? [] : [schema.default]), ...spoken, undefined]),
  ].filter((other) => other !== value);
}
