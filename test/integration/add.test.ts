import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import { makeImage, SLEEP } from '../support/image.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const RECIPES = path.resolve(import.meta.dirname, '../../recipes');
const NAMES = readdirSync(RECIPES).flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? []);

const DOMAIN = ['configuration set DomainName example.test', 'configuration set SystemName host'];

/** A program that is there and succeeds. */
const SUCCEED = '#!/bin/sh\nexit 0\n';

describe('an application is added', () => {
  let host: Host;
  beforeEach(async () => {
    const folder = makeTemporaryFolder('engine');
    host = makeHost({ env: { DOCKSMITH_ENGINE: `memory://${folder}/engine.json` } });
    onTestFinished(() => {
      host.stop();
      removeFolder(folder);
    });
    await host.db(...DOMAIN, 'configuration set LocalIP 192.168.1.2');
  });
  const keys = async (): Promise<string> => (await host.run('db', ['docker_containers', 'keys'])).stdout;

  it('not before it was shown and confirmed', async () => {
    expect(await host.runOrFail('docksmith', ['add', '--dry-run', 'pw', 'passwords'])).toMatch(
      /made up, and kept in db secrets: ADMIN_TOKEN\n[^]*\n {2}create pw[^]*dry run, nothing was changed/,
    );
    expect(await host.run('docksmith', ['add', 'pw', 'passwords'])).toMatchObject({
      exitCode: 1,
      stdout: expect.not.stringContaining('dry run') as string,
      stderr: 'docksmith: cannot add pw so: there is no terminal to ask at\nhint: docksmith add --yes pw passwords\n',
    });
    expect(await keys()).toBe('');
  });

  it('with what is typed, in folders and under a name of its own', async () => {
    const added = await host.runOrFail('docksmith', [
      ...['add', '--yes', '--host', 'vault.example.org', '--data', '/srv/pw', 'pw', 'passwords'],
      ...['SIGNUPS_ALLOWED=true', 'MaxMemory=128', 'access=public'],
    ]);
    // the plan is carried out after it was shown
    expect(added).toMatch(/^docker-container-update: plan; files: \d+ to install/m);
    expect(added).not.toContain('dry run');
    expect(added).toContain('http://vault.example.org/\n');
    const record = await host.runOrFail('db', ['docker_containers', 'show']);
    for (const line of [
      'MaxMemory=128',
      'access=public',
      'SubDomainName=vault.example.org',
      'Env.SIGNUPS_ALLOWED=true',
      'MountPath=/srv/pw/data:/data',
      'MountCreate=yes',
      'WebPort=80',
    ])
      expect(record).toContain(`    ${line}\n`);
    expect(record).not.toContain('LogMaxSize');
  });

  it('refuses words that mean nothing, and changes nothing', async () => {
    for (const [args, message] of [
      [['wik'], /cannot add "wik": no image is named, and there is no recipe .*\nhint: did you mean "wiki"\?/],
      [['xx'], /recipes: chat, files, /],
      [['xx', './compose.yaml'], /cannot add "xx": there is no file or folder "\.\/compose\.yaml"/],
      [
        ['xx', 'passwords', 'MaxMemry=1'],
        /cannot set "MaxMemry": no container has .*\nhint: did you mean "MaxMemory"\?/,
      ],
      [['xx', 'passwords', 'word'], /"word" is not PROP=VALUE/],
      [['a/b', 'passwords'], /cannot add "a\/b": that is no name of a container/],
      [['xx', 'passwords', '--data', 'data'], /"data" is no absolute path/],
      [['xx', 'passwords', 'MaxMemory=lots'], /MaxMemory "lots"/],
    ] as const) {
      const { exitCode, stderr } = await host.run('docksmith', ['add', '--yes', ...args]);
      expect([args, exitCode > 0, stderr]).toEqual([args, true, expect.stringMatching(message)]);
    }
    expect(await keys()).toBe('');
    expect((await host.run('db', ['secrets', 'keys'])).stdout).toBe('');
  });
});

needs('dockerd')('applications on a real engine', () => {
  const machine = useMachine({ addresses: ['192.168.1.2/24'] });

  it('come from every recipe, all on one host, with passwords that nobody saw', { timeout: 600_000 }, async () => {
    const host = await machine.makeHealthServer(['configuration set httpd service status enabled']);
    const texts = NAMES.map((name) => readFileSync(path.join(RECIPES, `${name}.yaml`), 'utf8'));
    const images = new Set(
      texts.flatMap((text) => [...text.matchAll(/^ +image: (\S+)$/gm)].map(([, image = '']) => image)),
    );
    // the same shape: its ports, and the programs that the file calls
    for (const image of images)
      await makeStandIn(image, texts.find((text) => text.includes(`image: ${image}\n`)) ?? '');
    expect(NAMES).toHaveLength(10);
    for (const name of NAMES) {
      const { exitCode, stdout, stderr } = await host.run('docksmith', ['add', '--yes', name]);
      expect([name, exitCode, stderr]).toEqual([name, 0, '']);
      expect(stdout).toContain(`http://${name}.example.test/\n`);
      expect(stdout).not.toContain('not in the records');
    }
    const containers = await machine.listContainers();
    expect(Object.keys(containers).length).toBe(texts.join('').split(/^ +image: /m).length - 1);
    for (const [name, state] of Object.entries(containers))
      expect([name, state]).toEqual([name, expect.stringContaining(' running ')]);
    const ids = (await machine.engine.docker('ps', '--quiet')).split('\n');
    const variables = await Promise.all(
      ids.map((id) => machine.engine.docker('inspect', '--format', '{{json .Config.Env}}', id)),
    );
    // each application has one of its own, and its two containers the same
    const made = variables.flatMap((env) =>
      [...env.matchAll(/"\w*PASSWORD=([0-9a-f]{64})"/g)].map(([, word = '']) => word),
    );
    expect(made.length).toBeGreaterThan(new Set(made).size);
    expect(new Set(made).size).toBeGreaterThan(4);
    const exported = await host.runOrFail('docksmith', ['export', '--json', 'files/']);
    expect(Object.keys((JSON.parse(exported) as { readonly services: object }).services)).toEqual(
      ['cache', 'cron', 'db', 'web'].map((service) => `files-${service}-1`),
    );
    machine.proxy.reset();
    expect(await host.runOrFail('signal-event', ['docker-update'])).toContain('S50docker-reconcile: nothing to do\n');
    expect(machine.proxy.listMutating()).toEqual([]);
  });

  it('come from an image: its ports, its volumes, and its user', async () => {
    const host = await machine.makeHealthServer([]);
    await makeImage(machine.engine, 'notes:7', {
      cmd: ['/serve'],
      expose: ['8080/tcp', '9999/tcp'],
      files: { '/serve': serve('8080') },
      changes: ['VOLUME /var/notes', 'USER 1000'],
    });
    const added = await host.runOrFail('docksmith', ['add', '--yes', 'mynotes', 'notes:7']);
    expect(added).toContain('http://mynotes.example.test/\n');
    expect(await host.runOrFail('db', ['docker_containers', 'show', 'mynotes'])).toMatch(
      /Volumes=mynotes_notes:\/var\/notes\n[^]*WebPort=8080\n/,
    );
    expect((await host.run('docksmith', ['plan', 'mynotes'])).stdout).toBe('nothing to do\n');
  });

  async function makeStandIn(image: string, text: string): Promise<void> {
    const port = /ports: \["(\d+)"/.exec(text)?.[1] ?? '80';
    const programs = Object.fromEntries(
      ['healthcheck.sh', 'pg_isready', 'curl'].map((name) => [`/bin/${name}`, SUCCEED]),
    );
    await makeImage(machine.engine, image, {
      cmd: ['/serve'],
      expose: [`${port}/tcp`],
      files: { '/serve': serve(port), '/cron.sh': SLEEP, ...programs },
    });
  }
});

/** Listens, so that a health check by port succeeds. */
function serve(port: string): string {
  return `#!/bin/sh\ntrap "exit 0" TERM\nnc -ll -p ${port} -e /bin/true &\nwait $!\n`;
}
