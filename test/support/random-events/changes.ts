import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { readSnapshot } from '../../../src/db/read-snapshot.ts';
import { withHostDefaults } from '../../../src/model/host-defaults.ts';
import { allocatePorts } from '../../../src/model/network/allocate-ports.ts';
import { withChanges } from '../../../src/db/snapshot.ts';
import { Failure } from '../../../src/base/errors.ts';
import { type Facts, withFacts } from '../../../src/host/facts.ts';
import { readLedger } from '../../../src/output/plan/ledger.ts';
import { type Dbs, legalChange, pick, type Random, randomChange, withChange } from '../random-changes.ts';
import { db, record, SAMPLE_DBS, SAMPLE_FACTS, unitTexts } from '../sample.ts';
import type { RandomHost } from './host.ts';
import {
  OF_CONTAINERS,
  OF_THINGS,
  PARTS,
  QUIET_DBS,
  randomMetadata,
  randomSpecText,
  randomText,
  RUN_SPECS,
  SINGLE,
  THING_PROPS,
  THING_VALUES,
  THINGS,
} from './texts.ts';

/** Props that name files: one must not be a folder of the other. */
const FILES: Readonly<Record<string, readonly string[]>> = {
  OptionsFile: ['/etc/one', '/etc/one,/etc/two', '/etc/three'],
  ConfDir: ['/etc/a.d', '/etc/b.d'],
};
const OWN = [OF_CONTAINERS, OF_THINGS, SINGLE];
const CUSTOM = '/etc/docksmith/templates-custom';
const NAMES = ['20a', '50b', '65c', '66d', 'template-begin', 'template-end', '70e~'];

/** One change of the host. @returns in words what was done; undefined: nothing could be */
type Change = (host: RandomHost, random: Random) => string | undefined;

/** The first state: the sample's records, some of another db, and templates of the tester's own. */
export function setUp(host: RandomHost, random: Random): void {
  const things = db(...THINGS.map((key) => record(key, 'thing', { Color: 'red' })));
  const containers = db(
    ...(SAMPLE_DBS.get('docker_containers')?.values() ?? []),
    record('app', 'service', { status: 'enabled', Image: 'app:1' }),
  );
  const dbs: Dbs = new Map([...SAMPLE_DBS, ['things', things], ['docker_containers', containers]]);
  for (const name of dbs.keys()) host.writeDb(name, dbs);
  for (const folder of [
    ...OWN.map((template) => CUSTOM + template),
    ...PARTS.map((part) => `/etc/docksmith/templates${part}`),
  ])
    rmSync(host.touch(folder), { recursive: true, force: true });
  for (const template of OWN) {
    host.write(`/etc/docksmith/templates.metadata${template}`, randomMetadata(template, random));
    host.write(`${CUSTOM}${template}/20a`, randomText(template === SINGLE ? 'nothing' : 'record', random));
    host.write(`/etc/docksmith/events/docker-update/templates2expand${template}`, '');
  }
  host.write(`/etc/docksmith/events/docker-container-update/templates2expand${OF_CONTAINERS}`, 'ONLY = arguments\n');
  host.write(`/etc/docksmith/events/docker-container-update/templates2expand${SINGLE}`, 'ONLY = arguments\n');
  for (const part of PARTS) host.write(`/etc/docksmith/templates${part}/10a`, randomText('nothing', random));
  host.write('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n');
  host.write('/etc/group', 'root:x:0:\nstaff:x:50:\n');
}

function dbsOf(host: RandomHost): Dbs {
  return readSnapshot(host.paths).dbs;
}

const changeRecord: Change = (host, random) => {
  const dbs = dbsOf(host);
  const options = { valuesOf: (_: string, prop: string) => FILES[prop] };
  const { schema } = readSnapshot(host.paths);
  const change =
    random() < 0.9 ? legalChange(dbs, host.facts, random, options) : randomChange({ dbs, schema }, random, options);
  if (change === undefined) return undefined;
  host.writeDb(change.db, withChange(dbs, change));
  allocate(host);
  return `record ${JSON.stringify([change.db, change.key, change.prop, change.prop === undefined ? change.after : change.after?.props.get(change.prop)])}`;
};

/** What the step before the templates does. */
function allocate(host: RandomHost): void {
  try {
    const snapshot = withHostDefaults(readSnapshot(host.paths), host.facts);
    const changes = allocatePorts(snapshot, host.facts);
    if (changes.length > 0) host.writeDb('docker_containers', withChanges(snapshot, changes).dbs);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

const toggle: Change = (host, random) => {
  const dbs = dbsOf(host);
  const before = dbs.get('docker_containers')?.get(pick(random, ['wiki', 'git', 'app']));
  if (before === undefined) return undefined;
  const status = before.props.get('status') === 'enabled' ? 'disabled' : 'enabled';
  host.writeDb(
    'docker_containers',
    withChange(dbs, {
      db: 'docker_containers',
      key: before.key,
      before,
      after: { ...before, props: new Map(before.props).set('status', status) },
      prop: 'status',
    }),
  );
  allocate(host);
  return `${before.key} ${status}`;
};

const changeThing: Change = (host, random) => {
  const dbs = dbsOf(host);
  const name = random() < 0.8 ? 'things' : pick(random, QUIET_DBS);
  const key = pick(random, THINGS);
  const before = dbs.get(name)?.get(key);
  const props = new Map(before?.props).set(pick(random, THING_PROPS), pick(random, THING_VALUES));
  const after =
    before !== undefined && random() < 0.15
      ? undefined
      : { key, type: random() < 0.1 ? 'other' : (before?.type ?? 'thing'), props };
  host.writeDb(name, withChange(dbs, { db: name, key, before, after, prop: undefined }));
  return `${name} ${key} ${JSON.stringify([after?.type, ...props])}`;
};

const dropDb: Change = (host, random) => {
  const file = `/var/lib/docksmith/db/${pick(random, QUIET_DBS)}`;
  if (!existsSync(host.at(file))) return undefined;
  rmSync(host.touch(file));
  return `rm ${file}`;
};

/** A place of a fragment, and what may stand there. */
function fragmentOf(random: Random): { readonly file: string; readonly text: (random: Random) => string } {
  const template = pick(random, [RUN_SPECS, RUN_SPECS, ...OWN, ...OWN, ...PARTS]);
  const layer = pick(random, [CUSTOM, CUSTOM, '/etc/docksmith/templates', 'package:/templates']);
  const about =
    template === SINGLE || PARTS.includes(template) ? 'nothing' : template === OF_CONTAINERS ? 'container' : 'record';
  // a layer above the shipped run specs holds fragments of our own, and none of the shipped ones
  return {
    file: `${layer === '/etc/docksmith/templates' && template === RUN_SPECS ? CUSTOM : layer}${template}/${pick(random, NAMES)}`,
    text: template === RUN_SPECS ? randomSpecText : (r) => randomText(about, r),
  };
}

const writeFragment: Change = (host, random) => {
  const { file, text } = fragmentOf(random);
  const folder = host.at(path.dirname(file));
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === false) return undefined;
  const content = text(random);
  host.write(file, content);
  return `write ${file}: ${content}`;
};

const removeFragment: Change = (host, random) => {
  const { file } = fragmentOf(random);
  const folder = host.at(path.dirname(file));
  if (!existsSync(folder) || !statSync(folder).isDirectory() || !readdirSync(folder).includes(path.basename(file)))
    return undefined;
  rmSync(host.touch(file), { recursive: true });
  return `rm ${file}`;
};

/** Files that decide what is rendered, of the tester's own and a few shipped ones. */
function listSourceFiles(host: RandomHost): readonly string[] {
  return [
    CUSTOM,
    '/etc/docksmith/templates',
    '/etc/docksmith/templates.metadata',
    'package:/templates/etc/random',
    'package:/templates/etc/docksmith/containers',
  ].flatMap((folder) => {
    const at = host.at(folder);
    return existsSync(at)
      ? readdirSync(at, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => `${folder}${path.join(entry.parentPath, entry.name).slice(at.length)}`)
      : [];
  });
}

/** Another text of the same size, by the same or another inode, with the time of the one before. */
export const changeInPlace: Change = (host, random) => {
  const found = listSourceFiles(host).filter((file) => sameSize(host.read(file) ?? '', random) !== undefined);
  if (found.length === 0) return undefined;
  const file = pick(random, found);
  const text = sameSize(host.read(file) ?? '', random);
  if (text === undefined) return undefined;
  replaceSilently(host.touch(file), text, random);
  return `in place ${file}: ${text}`;
};

/**
 * Another text of one size, and the one before again, by one inode: what does so within a step of the clock
 * leaves the file as it was found in between.
 */
export function findTwice(host: RandomHost, random: Random): (() => string) | undefined {
  const found = listSourceFiles(host).filter(
    (file) => !file.startsWith('package:') && sameSize(host.read(file) ?? '', random) !== undefined,
  );
  if (found.length === 0) return undefined;
  const file = host.touch(pick(random, found));
  const before = readFileSync(file, 'utf8');
  const other = sameSize(before, random) ?? before;
  return () => {
    const text = readFileSync(file, 'utf8') === before ? other : before;
    writeFileSync(file, text);
    return `in place ${file}: ${text}`;
  };
}

const WORDS = [
  ['word', 'deed'],
  ['red', 'fir'],
  // a value, and no helper: of the package's own fragments nobody would mend it
  ['"enabled"', '"Enabled"'],
  ['"aa"', '"bb"'],
  ['Note', 'Noxx'],
  ['none', 'nine'],
  ['0600', '0640'],
  ['private', 'Private'],
];

function sameSize(text: string, random: Random): string | undefined {
  const words = WORDS.filter(([a = '', b = '']) => a.length === b.length && (text.includes(a) || text.includes(b)));
  if (words.length === 0) return undefined;
  const [a = '', b = ''] = pick(random, words);
  return text.includes(a) ? text.replace(a, b) : text.replace(b, a);
}

function replaceSilently(file: string, text: string, random: Random): void {
  const { atime, mtime, mode } = statSync(file);
  const isInPlace = random() < 0.6;
  const written = isInPlace ? file : `${file}.other`;
  writeFileSync(written, text, { mode: mode & 0o7777 });
  if (!isInPlace) renameSync(written, file);
  utimesSync(file, atime, mtime);
}

/** A fragment that is a link: to a file, to a folder, to nothing; and what it leads to becomes another thing. */
const link: Change = (host, random) => {
  const { file, text } = fragmentOf(random);
  const target = `/srv/linked-${pick(random, ['a', 'b'])}`;
  const folder = host.at(path.dirname(file));
  if (
    lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === false ||
    file.includes(RUN_SPECS) ||
    file.startsWith('package:')
  )
    return undefined;
  if (random() < 0.5) {
    const at = host.touch(file);
    rmSync(at, { recursive: true, force: true });
    symlinkSync(path.relative(path.dirname(at), host.at(target)), at);
    return `link ${file} -> ${target}`;
  }
  const at = host.touch(target);
  rmSync(at, { recursive: true, force: true });
  if (random() < 0.4) mkdirSync(at);
  else writeFileSync(at, random() < 0.5 ? 'word\n' : text(random));
  return `what is linked ${target} is another thing`;
};

/** A flat file over a folder of fragments, a folder in place of a fragment, a layer that goes. */
const changeLayer: Change = (host, random) => {
  const template = pick(random, [...OWN, ...PARTS]);
  const folder = `${pick(random, [CUSTOM, '/etc/docksmith/templates', 'package:/templates'])}${template}`;
  const at = host.touch(folder);
  rmSync(at, { recursive: true, force: true });
  const kind = random();
  if (kind < 0.4)
    writeFileSync(at, randomText(template === SINGLE || PARTS.includes(template) ? 'nothing' : 'record', random));
  else if (kind < 0.7) mkdirSync(path.join(at, pick(random, NAMES)), { recursive: true });
  return `${folder} is ${kind < 0.4 ? 'a flat file' : kind < 0.7 ? 'a folder with a folder' : 'gone'}`;
};

const changeMetadata: Change = (host, random) => {
  const template = pick(random, OWN);
  const file = `${pick(random, ['/etc/docksmith', 'package:'])}/templates.metadata${template}`;
  if (file.startsWith('package:') && random() < 0.3) {
    rmSync(host.touch(file), { force: true });
    return `rm ${file}`;
  }
  const text = randomMetadata(template, random);
  host.write(file, text);
  return `metadata ${file}: ${text}`;
};

/** An event that expands one of the templates, or does not any more. */
const changeEvent: Change = (host, random) => {
  const file = `/etc/docksmith/events/docker-update/templates2expand${pick(random, OWN)}`;
  if (existsSync(host.at(file))) rmSync(host.touch(file));
  else host.write(file, random() < 0.3 ? 'SERVICES = httpd\n' : '');
  return `event ${file}`;
};

/** Somebody edits, removes or replaces what is installed. */
const editOutput: Change = (host, random) => {
  const owned = [...readLedger(host.paths).outputs.paths()].filter((file) => host.read(file) !== undefined);
  if (owned.length === 0) return undefined;
  const name = pick(random, owned);
  const file = host.touch(name);
  const kind = random();
  if (kind < 0.2) rmSync(file);
  else if (kind < 0.4) chmodSync(file, 0o604);
  else if (kind < 0.5) writeFileSync(file, `${readFileSync(file, 'utf8')}# by hand\n`);
  else if (kind < 0.6) replaceSilently(file, readFileSync(file, 'utf8'), random);
  else
    replaceSilently(
      file,
      readFileSync(file, 'utf8').replace(/[a-y]/, (char) => String.fromCharCode(char.charCodeAt(0) + 1)),
      random,
    );
  return `by hand ${name}`;
};

const changeFacts: Change = (host, random) => {
  const { facts } = host;
  host.onUndo(() => (host.facts = facts));
  const ports = (): Facts['images'] =>
    new Map([['mediawiki:1.43', { exposedPorts: [{ port: pick(random, [80, 8080]), protocol: 'tcp' }] }]]);
  const command = `/usr/bin/dockerd -H ${pick(random, ['fd://', 'unix:///run/x.sock'])} $OPTIONS`;
  const others: readonly Partial<Facts>[] = [
    { images: ports() },
    { images: new Map() },
    { dockerUnit: unitTexts('/usr/lib/systemd/system/docker.service', command) },
    { dockerUnit: undefined },
    {
      host: { ...SAMPLE_FACTS.host, apacheLayout: pick(random, ['redhat', 'debian', 'sme']), isDebian: random() < 0.5 },
    },
    { addresses: [{ address: pick(random, ['192.168.1.2', '192.168.1.3']), prefix: 24, interface: 'eth0' }] },
    { listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: pick(random, [22, 8080]) }] },
    { listeners: [] },
  ];
  const other = pick(random, others);
  host.facts = withFacts(facts, other);
  return `facts ${JSON.stringify(other)}`;
};

const changeOwners: Change = (host, random) => {
  host.write('/etc/group', `root:x:0:\nstaff:x:${pick(random, ['50', '51', '52'])}:\n`);
  return 'another group staff';
};

const moveHost: Change = (host, random) => {
  const which = random() < 0.6 ? 'root' : 'packageDir';
  host.move(which);
  return `moved ${which}`;
};

const forget: Change = (host) => {
  rmSync(host.at('/var/cache/docksmith'), { recursive: true, force: true });
  return 'rm cache';
};

const CHANGES: readonly (readonly [weight: number, change: Change])[] = [
  [14, changeRecord],
  [6, toggle],
  [14, changeThing],
  [2, dropDb],
  [12, writeFragment],
  [5, removeFragment],
  [7, changeInPlace],
  [5, link],
  [3, changeLayer],
  [5, changeMetadata],
  [2, changeEvent],
  [8, editOutput],
  [6, changeFacts],
  [1, changeOwners],
  [3, moveHost],
  [1, forget],
];
const WHOLE = CHANGES.reduce((sum, [weight]) => sum + weight, 0);

/** Some change of the host, in words. */
export function makeChange(host: RandomHost, random: Random): string {
  for (;;) {
    let at = random() * WHOLE;
    const found = CHANGES.find(([weight]) => (at -= weight) < 0);
    const done = found?.[1](host, random);
    if (done !== undefined) return done;
  }
}
