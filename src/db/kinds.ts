import { isIP } from 'node:net';
import {
  checkHostAddress,
  checkHostName,
  checkNetmask,
  checkPort,
  checkSshAddress,
  checkSubnet,
  checkTarget,
  LABEL,
} from './kinds/addresses.ts';
import { checkGitRef, checkGitUrl } from '../base/git-address.ts';
import { parseSchedule } from '../base/schedule.ts';
import { parsePortMapping } from '../base/port-mapping.ts';
import { parseMilliseconds } from '../base/quantity.ts';
import { splitWords } from '../base/split-words.ts';
import { type Check, each, matches } from './kinds/check.ts';
import { ENGINE_CHECKS } from './kinds/engine.ts';
import { SWARM_CHECKS } from './kinds/swarm.ts';
import {
  BETWEEN_MOUNTS,
  BETWEEN_VOLUMES,
  BIND_OPTIONS,
  findWrongOption,
  VOLUME_OPTIONS,
} from '../base/mount-options.ts';

const PORT_MAPPING =
  '[ADDRESS:][HOSTPORT:]CONTAINERPORT[/udp] with ports from 1 to 65535, as 8080:80,127.0.0.1:53:53/udp';
const WORD_KIND = matches(/^[A-Za-z0-9][\w.+-]*$/, 'a word of letters, digits and _ . + -');

/**
 * The kinds that a prop of the schema may be of, but for `choice`, whose values stand in the
 * schema. Lists are separated by commas; white space around an item is the item's.
 */
const CHECKS: ReadonlyMap<string, Check> = new Map(
  Object.entries<Check>({
    text: () => undefined,
    ...ENGINE_CHECKS,
    ...SWARM_CHECKS,
    integer: matches(/^-?\d{1,15}$/, 'a whole number'),
    count: matches(/^[1-9]\d{0,8}$/, 'a whole number from 1'),
    size: matches(/^[1-9]\d{0,8}[kmg]?$/i, 'a number with k, m or g, as 10m'),
    memory: checkMemory,
    port: checkPort,
    ports: (value) => (value === 'exposed' ? undefined : each(checkPort, 'ports as 80,443, or exposed')(value)),
    'port-range': checkPortRange,
    'exposed-ports': each(matches(/^\d{1,5}(\/(tcp|udp|sctp))?$/, 'PORT[/udp], as 8080'), 'PORT[/udp], as 8080,53/udp'),
    'port-mappings': each(
      (value) => (parsePortMapping(value) === undefined ? `is not ${PORT_MAPPING}` : undefined),
      PORT_MAPPING,
    ),
    path: checkPath,
    paths: each(checkPath, 'paths from /'),
    mount: checkMount,
    mounts: each(checkMount, 'HOSTPATH[:CONTAINERPATH[:OPTIONS]]', BETWEEN_MOUNTS),
    'data-mount': checkDataMount,
    socket: (value) =>
      /^(unix:\/\/)?\/[^\0\n]+$/.test(value) ? undefined : 'is no path of a socket, as /var/run/docker.sock',
    owner: matches(/^[A-Za-z0-9_][\w.-]*(:[A-Za-z0-9_][\w.-]*)?$/, 'USER, or USER:GROUP, by name or number'),
    mode: matches(/^[0-7]{3,4}$/, 'an octal mode, as 0755'),
    restart: matches(
      /^(no|always|unless-stopped|on-failure(:\d{1,9})?)$/,
      'no, on-failure, on-failure:N, always or unless-stopped',
    ),
    'host-name': checkHostName,
    label: matches(LABEL, 'a host name label: letters, digits and inner hyphens, 63 at most'),
    'path-names': each(matches(/^(?!\.{1,2}$)[\w.~-]+$/, 'one part of a path: letters, digits and . _ ~ -'), 'names'),
    'ip-address': (value) => (isIP(value) === 0 ? 'is no IPv4 or IPv6 address' : undefined),
    netmask: checkNetmask,
    image: matches(/^[A-Za-z0-9][\w.:/@+-]*$/, 'an image, as mariadb:11, or a record of docker_images'),
    // https://github.com/distribution/reference: tag, and domain with path
    tag: matches(/^\w[\w.-]{0,127}$/, 'a tag: letters, digits and _ . -, 128 at most'),
    registry: matches(
      /^[A-Za-z0-9][\w.-]*(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/,
      'HOST[:PORT][/PATH], as registry.example.test:5000',
    ),
    'command-line': (value) => (splitWords(value) === undefined ? 'is no command: a quote is left open' : undefined),
    digest: matches(/^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/, 'a digest: sha256: and 64 hexadecimal digits'),
    word: WORD_KIND,
    'path-word': matches(/^[A-Za-z0-9][\w.+-]*(\/[A-Za-z0-9][\w.+-]*)*$/, 'words with / between, as bookworm/updates'),
    words: each(WORD_KIND, 'words'),
    // what dnf and apt understand: names, @groups, patterns, and versions
    packages: each(matches(/^[@A-Za-z0-9*][\w.+:*@~=-]*$/, 'a package, as bash or @core'), 'packages, as bash,@core'),
    url: checkUrl,
    assignments: each(matches(/^[^=,\s]+=/, 'NAME=VALUE'), 'NAME=VALUE,…'),
    'network-mode': matches(
      /^(bridge|host|none|custom:[a-zA-Z0-9][\w.-]*|container:[a-zA-Z0-9][\w.-]+)$/,
      'bridge, host, none, custom:NET or container:NAME',
    ),
    'volume-mounts': each(checkVolume, 'VOLUME:CONTAINERPATH[:OPTIONS], or CONTAINERPATH', BETWEEN_VOLUMES),
    'log-size': (value) => (value === 'unlimited' ? undefined : checkByKind('size', value)),
    links: each(
      matches(/^[a-zA-Z0-9][\w.-]+(:[a-zA-Z0-9][\w.-]*)?$/, 'CONTAINER[:ALIAS], as wikidb:db'),
      'CONTAINER[:ALIAS]',
    ),
    dependencies: each(
      matches(
        /^[a-zA-Z0-9][\w.-]+(:(started|healthy|completed))?(:restart)?\??$/,
        'CONTAINER[:started|healthy|completed][:restart][?], as db:healthy',
      ),
      'CONTAINER[:CONDITION][:restart][?]',
    ),
    targets: each(checkTarget, 'CONTAINER:PORT[/udp], or tcp://HOST:PORT or udp://HOST:PORT'),
    'volumes-from': each(matches(/^[a-zA-Z0-9][\w.-]+(:(ro|rw))?$/, 'CONTAINER[:ro]'), 'CONTAINER[:ro]'),
    secrets: each(
      matches(
        /^[a-zA-Z0-9][\w.-]*(:\/[^:]+(:[0-7]{3,4}(:\d+(:\d+)?)?)?)?$/,
        'NAME[:PATH[:MODE[:UID[:GID]]]], as db_password:/etc/password:0440:33',
      ),
      'NAME[:PATH[:MODE[:UID[:GID]]]]',
    ),
    'secret-variables': each(
      matches(/^[a-zA-Z0-9][\w.-]*:[A-Za-z_][\w.-]*$/, 'SECRET:VARIABLE, as db_password:DB_PASSWORD'),
      'SECRET:VARIABLE',
    ),
    subnets: each(checkSubnet, 'ADDRESS/BITS, as 10.5.0.0/24'),
    decimal: matches(/^(?=.*[1-9])\d{1,6}(\.\d{1,9})?$/, 'a number above 0, as 1.5'),
    limit: matches(/^(-1|[1-9]\d{0,8})$/, 'a whole number from 1, or -1 for any number'),
    'cpu-shares': (value) =>
      /^\d{1,6}$/.test(value) && Number(value) >= 2 && Number(value) <= 262_144
        ? undefined
        : 'is not a whole number from 2 to 262144',
    'cpu-list': matches(/^\d+(-\d+)?(,\d+(-\d+)?)*$/, 'a list of CPUs, as 0-2,4'),
    duration: checkDuration,
    uptime: (value) => checkDuration(value) ?? (/[1-9]/.test(value) ? undefined : 'is not a duration above 0, as 2s'),
    'reload-signal': matches(/^(none|(SIG)?[A-Z]+\d*([+-]\d+)?|[1-9]\d?)$/, 'a signal, as SIGHUP, or none'),
    signal: matches(/^((SIG)?[A-Z]+\d*([+-]\d+)?|[1-9]\d?)$/, 'a signal, as SIGTERM'),
    'ip-addresses': each((value) => (isIP(value) === 0 ? 'is no IPv4 or IPv6 address' : undefined), 'addresses'),
    'host-names': each(checkHostName, 'names'),
    name: matches(/^[a-zA-Z0-9][\w.-]*$/, 'a name of letters, digits and _ . -'),
    'http-addresses': each(
      matches(
        /^https?:\/\/([A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:]+\])(:\d{1,5})?\/?$/,
        'http://HOST:PORT or https://HOST:PORT',
      ),
      'http://HOST:PORT,…',
    ),
    'network-names': each(matches(/^[a-zA-Z0-9][\w.-]*$/, 'a name of letters, digits and _ . -'), 'names'),
    'host-addresses': each(checkHostAddress, 'NAME:ADDRESS'),
    ulimits: each(
      matches(/^[a-z]+=(-1|\d+)(:(-1|\d+))?$/, 'NAME=SOFT[:HARD], as nofile=1024:2048'),
      'NAME=SOFT[:HARD]',
    ),
    capabilities: each(matches(/^[A-Za-z_]+$/, 'a capability, as NET_ADMIN'), 'capabilities, as NET_ADMIN'),
    devices: each(
      matches(/^\/[^:]+(:\/[^:]+)?(:[rwm]{1,3})?$/, 'HOSTPATH[:CONTAINERPATH][:rwm]'),
      'HOSTPATH[:CONTAINERPATH][:rwm]',
    ),
    schedule: (value) => {
      const schedule = parseSchedule(value);
      return typeof schedule === 'string' ? schedule : undefined;
    },
    'ssh-address': checkSshAddress,
    'git-url': checkGitUrl,
    'git-ref': checkGitRef,
    tmpfs: matches(
      /^\/[^:,]*(:[^:,/]+(,[^:,/]+)*)?(,\/[^:,]*(:[^:,/]+(,[^:,/]+)*)?)*$/,
      'PATH[:OPTIONS],…, as /run:size=1m,mode=1777,/tmp',
    ),
  }),
);

/** All names of kinds. */
export const KINDS: readonly string[] = ['choice', ...CHECKS.keys()];

export function isKind(name: string): boolean {
  return KINDS.includes(name);
}

/** Checks a value by a kind other than `choice`; a kind that is none finds nothing wrong. */
export function checkByKind(kind: string, value: string): string | undefined {
  return CHECKS.get(kind)?.(value);
}

function checkPortRange(value: string): string | undefined {
  const [first = '', last = '', more] = value.split('-');
  const isRange =
    more === undefined &&
    checkPort(first) === undefined &&
    checkPort(last) === undefined &&
    Number(first) <= Number(last);
  return isRange ? undefined : 'is not a range of ports, as 23000-23999';
}

const MEGABYTE: Readonly<Record<string, number>> = { k: 1 / 1024, m: 1, g: 1024 };

/** Megabytes where no unit stands; the engine refuses less than 6. */
function checkMemory(value: string): string | undefined {
  const [, amount, unit = 'm'] = /^(\d{1,9})([kmg])?$/i.exec(value) ?? [];
  if (amount === undefined) return 'is not a number of megabytes, or a number with k, m or g, as 512 or 2g';
  return Number(amount) * (MEGABYTE[unit.toLowerCase()] ?? 1) < 6
    ? 'is less than 6m, the least that the engine takes'
    : undefined;
}

/** Apache and the engine count them in units that hold no more. */
const TEN_YEARS = 10 * 365 * 24 * 3600 * 1000;

function checkDuration(value: string): string | undefined {
  if (!/^(\d+|(\d+(\.\d+)?(us|ms|s|m|h))+)$/.test(value)) return 'is not a duration, as 30s or 1m30s';
  return (parseMilliseconds(value) ?? 0) > TEN_YEARS ? 'is a duration of more than ten years' : undefined;
}

function checkPath(value: string): string | undefined {
  if (!value.startsWith('/')) return 'is not a path from /';
  if (/[\0\n]/.test(value)) return 'is no path: it holds a NUL or a newline';
  return value.split('/').includes('..') ? 'is not a plain path: it holds ..' : undefined;
}

function checkMount(value: string): string | undefined {
  const [host = '', container = host, options, more] = value.split(':');
  if (more !== undefined) return 'is not HOSTPATH[:CONTAINERPATH[:OPTIONS]]';
  return checkPath(host) ?? checkPath(container) ?? checkOptions(options, BIND_OPTIONS);
}

function checkVolume(value: string): string | undefined {
  if (/^\/[^:]+$/.test(value)) return checkPath(value);
  const [name = '', container = '', options, more] = value.split(':');
  if (more !== undefined || !/^[a-zA-Z0-9][\w.-]+$/.test(name) || !container.startsWith('/'))
    return 'is not VOLUME:CONTAINERPATH[:OPTIONS], as cache:/var/cache';
  return checkOptions(options, VOLUME_OPTIONS);
}

function checkOptions(options: string | undefined, allowed: readonly string[]): string | undefined {
  const wrong = findWrongOption(options?.split(',') ?? [], allowed);
  return wrong === undefined ? undefined : `has the option "${wrong}", which is none of ${allowed.join(', ')}`;
}

function checkDataMount(value: string): string | undefined {
  const [first = '', container, more] = value.split(':');
  if (more !== undefined) return 'is not CONTAINERPATH, or FOLDER:CONTAINERPATH or VOLUME:CONTAINERPATH';
  if (container === undefined || first.startsWith('/'))
    return checkPath(first) ?? (container === undefined ? undefined : checkPath(container));
  return /^[a-zA-Z0-9][\w.-]+$/.test(first)
    ? checkPath(container)
    : 'is not a folder or the name of a volume in front of the colon';
}

/** A name and password would be readable in every image that has the file. */
function checkUrl(value: string): string | undefined {
  if (!/^(https?|ftp):\/\/[^\s/]+(\/\S*)?$|^file:\/\/\/\S*$/.test(value))
    return 'is no URL of http, https, ftp or file, as http://mirror.example.test/os/';
  return /^[^/]*\/\/[^/]*@/.test(value) ? 'has a user, whose password everybody could read in the image' : undefined;
}
