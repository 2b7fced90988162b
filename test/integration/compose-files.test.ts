import { cpSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { type Host, makeHost } from '../support/host.ts';

const CASES = path.resolve(import.meta.dirname, '../data/compose');

interface Adopted {
  readonly records: readonly {
    readonly db: string;
    readonly key: string;
    readonly props: Readonly<Record<string, string>>;
  }[];
  readonly leftOut: readonly unknown[];
  readonly folders: readonly string[];
  readonly warnings: readonly string[];
}

describe('Compose files as Compose reads them', () => {
  let host: Host;
  let folder: string;
  beforeAll(async () => {
    // nothing of the environment may be taken for a variable of theirs
    const unset = Object.fromEntries(
      ['SMTP_HOST', 'DB_PASS', 'TITLE', 'PORT', 'TOKEN'].map((name) => [name, undefined]),
    );
    folder = makeTemporaryFolder('engine');
    host = makeHost({ env: { ...unset, DOCKSMITH_ENGINE: `memory://${folder}/engine.json` } });
    await host.db(
      'configuration set DomainName example.test',
      'configuration set SystemName host',
      'configuration set docker service status enabled Daemon foreign',
      'configuration set docksmith service status enabled',
      'configuration set httpd service status enabled',
    );
    cpSync(CASES, host.file('/opt'), { recursive: true });
  });
  afterAll(() => {
    host.stop();
    removeFolder(folder);
  });

  const adopt = async (name: string, ...args: readonly string[]): Promise<Adopted> =>
    JSON.parse(
      await host.runOrFail('docksmith', ['adopt', '--dry-run', '--json', '-f', host.file(`/opt/${name}`), ...args]),
    ) as Adopted;
  const containers = ({ records }: Adopted): readonly Readonly<Record<string, string>>[] =>
    records.filter(({ db }) => db === 'docker_containers').map(({ props }) => props);

  it.each<[string, readonly object[]]>([
    ['anchors', [{ 'Env.A': '1', 'Env.B': '20', 'Env.C': '3', Restart: 'always' }, { Restart: 'always' }]],
    ['big-number-env', [{ 'Env.GUILD_ID': '123456789012345678' }]],
    ['dotenv-comment', [{ 'Env.TITLE': 'My Site', 'Env.GREETING': 'a\nb' }]],
    ['dotenv-spaces', [{ 'Env.PORT': '80' }]],
    ['env-file-bare-name', [{ 'Env.A': '1' }]],
    ['extends-file', [{ Restart: 'always' }]],
    ['include', [{ Restart: 'no' }, { Restart: 'no' }]],
    ['override-file', [{ 'Env.A': '1', 'Env.B': '2', TCPPort: '8080' }]],
    ['override-file/compose.yaml', [{ 'Env.A': '1' }]],
    ['profiles', [{ Restart: 'no' }]],
    ['reset-tag', [{ 'Env.A': '1' }]],
    ['restart-no', [{ Restart: 'no' }]],
    ['top-models', [{ Restart: 'no' }]],
    ['var-unset', [{ 'Env.SMTP_HOST': '' }]],
  ])('%s', async (name, props) => {
    const adopted = await adopt(name);
    expect(containers(adopted)).toMatchObject(props);
    expect(containers(adopted)).toHaveLength(props.length);
    expect(adopted.leftOut).toEqual([]);
  });

  it('have values whose comments were cut off, also of what is secret', async () => {
    host.write(
      '/opt/commented/compose.yaml',
      'services: {app: {image: x, container_name: commented, environment: {DB_PASS: "${DB_PASS}"}}}\n',
    );
    host.write('/opt/commented/.env', host.read('/opt/dotenv-comment/.env'));
    await host.runOrFail('docksmith', ['adopt', '-f', host.file('/opt/commented')]);
    const adopted = (await host.runOrFail('db', ['docker_containers', 'show'])).match(/Env\.DB_PASS=.*/)?.[0];
    expect(adopted).toBe('Env.DB_PASS=secret1');
  });

  it('warn of what Compose warns of, and say what is left out', async () => {
    expect((await adopt('var-unset')).warnings).toEqual([
      expect.stringMatching(/^variable "SMTP_HOST" is not set, .*var-unset\/compose\.yaml:4:20; .*\.env can set it$/),
    ]);
    expect((await adopt('profiles')).warnings).toEqual([
      'service "debug" is left out: it has the profile debug, which --profile debug asks for',
    ]);
    expect(containers(await adopt('profiles', '--profile', 'debug'))).toHaveLength(2);
    expect((await adopt('top-models')).warnings).toEqual([
      'model "m" is left out: docksmith runs containers, and no AI models',
    ]);
  });

  it('are laid over each other, with variables of several files', async () => {
    host.write('/opt/more/a.yaml', 'services: {app: {image: "x:${TAG}", environment: {A: "${ONE}"}}}\n');
    host.write('/opt/more/b.yaml', 'services: {app: {environment: {B: "${TWO:-none}"}}}\n');
    host.write('/opt/more/one.env', 'TAG=1\nONE=one # first\n');
    host.write('/opt/more/two.env', 'TWO="t w o"\n');
    const file = (name: string): string => host.file(`/opt/more/${name}`);
    const adopted = await adopt(
      'more/a.yaml',
      '-f',
      file('b.yaml'),
      '--env-file',
      file('one.env'),
      '--env-file',
      file('two.env'),
      '--project-name',
      'mine',
    );
    expect(containers(adopted)).toMatchObject([{ 'Env.A': 'one', 'Env.B': 't w o', network: 'custom:mine_default' }]);
  });

  it('that grow without end are refused within seconds', async () => {
    const refused = await host.run('docksmith', ['adopt', '-f', host.file('/opt/alias-bomb')]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/compose\.yaml:\d+:\d+: cannot read the Compose file: its aliases stand for more than/),
    ]);
  });

  it('mount folders that are made as the engine would make them, once something is written', async () => {
    expect((await adopt('bind-missing-folder')).folders).toEqual([host.file('/opt/bind-missing-folder/data')]);
    host.write(
      '/opt/made/compose.yaml',
      'services: {app: {image: x, container_name: made, volumes: ["./data:/data", "./a/b:/b"]}}\n',
    );
    const data = host.file('/opt/made/data');
    expect((await adopt('made')).folders).toEqual(['a', 'data', 'a/b'].map((name) => host.file(`/opt/made/${name}`)));
    expect(existsSync(data)).toBe(false);
    expect(await host.runOrFail('docksmith', ['adopt', '-f', host.file('/opt/made')])).toContain(
      `new folder ${data}\n`,
    );
    const { mode, uid } = statSync(data);
    expect([mode & 0o7777, uid]).toEqual([0o755, process.getuid?.()]);
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await host.runOrFail('docksmith', ['plan'])).toMatch(/^nothing to do\n/);
  });

  it('that say that nobody makes a folder are refused where it is not there', async () => {
    host.write(
      '/opt/unmade/compose.yaml',
      'services:\n  app:\n    image: x\n    volumes:\n      - {type: bind, source: ./none, target: /n, bind: {create_host_path: false}}\n',
    );
    const refused = await host.run('docksmith', ['adopt', '-f', host.file('/opt/unmade')]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/compose\.yaml:5:30: cannot use .*none" is not there, and create_host_path says/),
    ]);
  });

  it('come with what a service that is named needs, once, and say so; an orphan of that name is called one', async () => {
    host.write(
      '/opt/needing/compose.yaml',
      'services:\n  web: {image: x, depends_on: [db]}\n  db: {image: x, network_mode: "service:net"}\n' +
        '  net: {image: x}\n  worker: {image: x, volumes_from: [db]}\n  other: {image: x}\n',
    );
    const file = host.file('/opt/needing');
    const said = await host.runOrFail('docksmith', ['adopt', '-f', file, 'web']);
    expect(said.replace(/\s+/g, ' ')).toContain(
      'adopted needing-web-1 (not there yet), needing-db-1 (not there yet; needing-web-1 needs it), ' +
        'needing-net-1 (not there yet; needing-db-1 needs it) new record',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    // what it needs has a record already
    const second = await adopt('needing', 'worker');
    expect(containers(second)).toMatchObject([{ VolumesFrom: 'needing-db-1' }]);
    expect(second.records.map(({ key }) => key)).toContain('needing-worker-1');

    await host.db('docker_containers delete needing-web-1');
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await host.runOrFail('docksmith', ['adopt', '-f', file, 'web'])).toContain(
      'adopted needing-web-1 (an orphan of docksmith until now)\n',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    expect(await host.runOrFail('docksmith', ['plan'])).toMatch(/^nothing to do\n/);
  });
});
