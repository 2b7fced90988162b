import { beforeAll, expect, it } from 'vitest';
import { readSnapshot } from '../../src/db/read-snapshot.ts';
import { Failure, Failures } from '../../src/base/errors.ts';
import { previewChange } from '../../src/features/impact/impact.ts';
import { signalEvent } from '../../src/flow/signal.ts';
import { findPaths } from '../../src/base/paths.ts';
import { STEPS_AS_PROCESSES } from '../support/step-commands.ts';
import { type MainHost, makeMainHost, useMainMachine } from '../support/main-host.ts';
import { makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { type Change, commandOf, type Dbs, legalChange, randomChange, randomFrom } from '../support/random-changes.ts';
import { SAMPLE_FACTS } from '../support/sample.ts';
import { SHIPPED_TEMPLATES } from '../support/line-trials.ts';

const SILENT = {
  waiting: () => undefined,
  progress: () => undefined,
  line: () => undefined,
  warning: () => undefined,
  installed: () => undefined,
};
const SEED = Number(process.env['SEED'] ?? 1);

/** The change as `impact` takes it. */
function askedOf({ db, key, after, before, prop }: Change): Parameters<typeof previewChange>[1] {
  if (after === undefined) return { db, key, props: new Map(), isDeleted: true };
  const named = before === undefined ? ['type', ...after.props.keys()] : [prop ?? 'type'];
  return {
    db,
    key,
    isDeleted: false,
    props: new Map(named.map((name) => [name, name === 'type' ? after.type : after.props.get(name)])),
  };
}

/** Words as a batch of `db` reads them. */
function quoteAll(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", "'\\''").replaceAll('\n', '\\n')}'`).join(' ');
}

/** All mistakes of what is thrown, sorted. */
function mistakesOf(error: unknown): readonly string[] {
  if (error instanceof Failures) return error.failures.map(({ message }) => message).sort();
  if (error instanceof Failure) return [error.message];
  throw error;
}

it('says of 300 random changes before each which files and lines the event then changes, which services it adjusts, or with which words it refuses', async () => {
  const host = makeHost();
  try {
    const paths = findPaths({ DOCKSMITH_ROOT: host.root });
    // the event without steps that are processes of their own: 300 times those take long
    for (const template of SHIPPED_TEMPLATES)
      host.write(`/etc/docksmith/events/files-update/templates2expand${template}`, '');
    for (const service of ['httpd', 'docker'])
      host.write(`/etc/docksmith/events/files-update/services2adjust/${service}`, 'reload');
    host.write('/run/told', '');
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set LocalIP 192.168.1.2',
      'configuration set docker service status enabled ReloadCommand true',
      'configuration set httpd service status enabled Layout redhat ReloadCommand true',
      'configuration set docksmith service status enabled ServiceManager command',
      'networks set 192.168.1.0 network Mask 255.255.255.0',
      'docker_networks set lan network Subnet 10.5.0.0/24',
      'docker_images set wiki service Repository mediawiki Tag 1.43',
      'secrets set db_password secret Value hush',
      'docker_containers set wikidb service status enabled Image mariadb:11 DataMountPath /var/lib/mysql MaxMemory 512 WebHostPort 23002 WebPort 80 TCPPort 3306',
      'docker_containers set wiki service status enabled Image wiki SubDomain enabled WebPort 80 WebHostPort 23000 Interlinked wikidb:db MountPath /srv/wiki:/images',
      'docker_containers set git service status enabled Image gitea:1 PortMapping custom PortMappingPorts 2222:22 access public WebAlias git WebPort 3000 WebHostPort 23001',
    );
    const signal = async (): ReturnType<typeof signalEvent> =>
      signalEvent(paths, { event: 'files-update', args: [], commands: STEPS_AS_PROCESSES }, SILENT);
    expect((await signal()).failures).toEqual([]);
    const random = randomFrom(SEED);
    const outcomes = { changed: 0, unchanged: 0, refused: 0, adjusted: 0 };
    for (let n = 0; n < 300; n++) {
      const snapshot = readSnapshot(paths);
      const dbs: Dbs = snapshot.dbs;
      const options = {
        mayChange: (db: string, _: string, prop: string) =>
          !(db === 'configuration' && (prop.endsWith('Command') || prop === 'ServiceManager')) &&
          prop !== 'WebHostPort',
      };
      // some that are refused, too
      const change =
        (random() < 0.6 ? legalChange(dbs, SAMPLE_FACTS, random, options) : undefined) ??
        randomChange({ dbs, schema: snapshot.schema }, random, options);
      // with its record a service loses the command by which it is adjusted
      if (change.db === 'configuration' && change.after === undefined) continue;
      const words = commandOf(change).join(' ');
      const said = await previewChange(paths, askedOf(change), STEPS_AS_PROCESSES, 'files-update').catch(mistakesOf);
      await host.db(`${change.db} ${quoteAll(commandOf(change).slice(1))}`);
      const before = host.snapshot('/etc');
      const texts = new Map(host.files('/etc').map((file) => [file, host.read(file)]));
      const done = await signal();
      if (!('preview' in said)) {
        expect([words, done.failures.map(({ message }) => message).sort()]).toEqual([words, said]);
        expect(host.snapshot('/etc')).toEqual(before);
        outcomes.refused++;
        // back, so that the next one is not refused for this
        await host.db(...restore(change));
        continue;
      }
      expect([words, done.failures]).toEqual([words, []]);
      const { install, remove } = said.preview.changes;
      expect([
        words,
        done.changes.install.map(({ output }) => output.path),
        done.changes.remove.map(({ owned }) => owned.path),
      ]).toEqual([words, install.map(({ output }) => output.path), remove.map(({ owned }) => owned.path)]);
      // what stands on the disk is what was said, line by line, and nothing else is touched
      for (const { output } of install)
        expect([words, host.read(output.path)]).toEqual([words, output.content.toString()]);
      const touched = new Set([...install.map(({ output }) => output.path), ...remove.map(({ owned }) => owned.path)]);
      for (const [file, text] of texts) if (!touched.has(file)) expect(host.read(file)).toBe(text);
      expect(said.anyway).toEqual([]);
      expect([words, done.adjusted.map(({ service }) => service).sort()]).toEqual([
        words,
        said.preview.services.map(({ service }) => service).sort(),
      ]);
      outcomes[install.length + remove.length > 0 ? 'changed' : 'unchanged']++;
      outcomes.adjusted += done.adjusted.length;
    }
    expect(outcomes.changed, JSON.stringify(outcomes)).toBeGreaterThan(30);
    expect(outcomes.unchanged).toBeGreaterThan(20);
    expect(outcomes.adjusted).toBeGreaterThan(1);
    expect(outcomes.refused).toBeGreaterThan(2);
  } finally {
    host.stop();
  }
}, 600_000);

function restore({ db, key, before: was, after }: Change): readonly string[] {
  const gone = after === undefined ? [] : [`${db} delete '${key}'`];
  return was === undefined ? gone : [...gone, `${db} ${quoteAll(['set', key, was.type, ...[...was.props].flat()])}`];
}

needs('dockerd')('an impact on a real engine', () => {
  const machine = useMainMachine();
  let main: MainHost;
  beforeAll(async () => {
    main = await makeMainHost(machine);
  });

  it('is what the event then does to files, services and containers, change by change, and does nothing by itself', async () => {
    const { host } = main;
    const paths = findPaths({ DOCKSMITH_ROOT: host.root });
    expect((await main.signal('docker-update')).exitCode).toBe(0);
    main.takeApacheCommands();
    const random = randomFrom(SEED);
    const until = Date.now() + 60_000;
    const props = [
      'status',
      'MaxMemory',
      'access',
      'Restart',
      'LogMaxSize',
      'SubDomain',
      'WebAlias',
      'Hostname',
      'Env',
      'PortMappingPorts',
      'Interlinked',
      'StopTimeout',
      'Init',
      'ReadOnly',
      'Labels',
    ];
    let count = 0;
    // as many as a minute has room for, and some on a slow machine too
    while (count < 5 || Date.now() < until) {
      count++;
      const { dbs } = readSnapshot(paths);
      const change = legalChange(dbs, SAMPLE_FACTS, random, {
        records: false,
        mayChange: (db, _, prop) => db === 'docker_containers' && props.includes(prop),
        valuesOf: (_, prop) =>
          ({
            MaxMemory: ['64', '96', '128'],
            Interlinked: ['wikidb:db', 'wikidb'],
            PortMappingPorts: ['2222:22', '2223:22'],
            WebAlias: ['git', 'code', 'a,b'],
          })[prop],
      });
      if (change === undefined) continue;
      const words = commandOf(change);
      const [db = '', , key = '', prop = '', value] = words;
      const said = await host.run('docksmith', [
        'impact',
        '--json',
        ...(value === undefined ? ['--delete', db, key, prop] : [db, key, `${prop}=${value}`]),
      ]);
      const containers = await main.listContainers();
      const files = host.snapshot('/etc');
      await host.runOrFail('db', words);
      expect(host.snapshot('/etc')).toEqual(files);
      expect(await main.listContainers()).toEqual(containers);
      const done = JSON.parse((await host.run('signal-event', ['--json', 'docker-update'])).stdout) as {
        installed: { path: string }[];
        removed: string[];
        adjusted: { service: string }[];
        failures: { message: string }[];
        id: string;
      };
      const operations = host
        .files('/var/lib/docksmith/state/runs')
        .filter((file) => file.endsWith(`${done.id}.operations`))
        .flatMap((file) => host.read(file).trim().split('\n'))
        .map((line) => JSON.parse(line) as { verb: string; name: string; cause: string });
      if (said.exitCode !== 0) {
        expect([words, done.failures.length > 0]).toEqual([words, true]);
        continue;
      }
      const told = JSON.parse(said.stdout) as {
        installed: { path: string }[];
        removed: string[];
        services: { service: string }[];
        plan: { operations: { verb: string; name: string; cause: string }[] };
      };
      expect([words, done.failures]).toEqual([words, []]);
      expect([words, done.installed.map(({ path }) => path), done.removed]).toEqual([
        words,
        told.installed.map(({ path }) => path),
        told.removed,
      ]);
      expect([words, done.adjusted.map(({ service }) => service)]).toEqual([
        words,
        told.services.map(({ service }) => service),
      ]);
      expect([words, main.takeApacheCommands()]).toEqual([words, told.services.map(() => 'reload')]);
      expect([words, operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`)]).toEqual([
        words,
        told.plan.operations.map(({ verb, name, cause }) => `${verb} ${name}: ${cause}`),
      ]);
    }
    expect(count).toBeGreaterThanOrEqual(5);
  }, 600_000);
});
