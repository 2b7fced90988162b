import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Host, makeHost } from '../support/host.ts';
import type { Result } from '../support/run.ts';

let host: Host;
beforeEach(async () => {
  host = makeHost();
  await host.db(
    'configuration set DomainName example.test',
    'networks set 192.168.1.0 network Mask 255.255.255.0',
    'docker_containers set shop service status enabled Image s:1 EnvFile /srv/env',
    'docker_containers set wiki service status enabled Image w:1',
  );
  writeBytes('/srv/env', 'A=1\n');
  expect(await signal()).toMatchObject({ exitCode: 0 });
});
afterEach(() => host.stop());

const env = (): Record<string, string> => ({ DOCKSMITH_ENGINE: `memory://${host.file('/engine.json')}` });
const signal = (...args: readonly string[]): Promise<Result> =>
  host.run('signal-event', [...args, 'docker-update'], { env: env() });

/** A file whose text is bytes: Latin-1 in the test's source. */
function writeBytes(name: string, latin1: string): void {
  mkdirSync(path.dirname(host.file(name)), { recursive: true });
  writeFileSync(host.file(name), Buffer.from(latin1, 'latin1'));
  chmodSync(host.file(name), 0o644);
}

describe('what is wrong with the EnvFile of one container', () => {
  it.each<[string, string | undefined, RegExp]>([
    ['a line that is none', 'A=1\nNOVALUE\n', /\/srv\/env:2: cannot run container "shop": the line is not NAME=VALUE/],
    ['bytes that are not UTF-8', 'A=1\nB=2\nC=caf\xe9\n', /\/srv\/env:3: cannot run container "shop": .*not UTF-8/],
    ['a NUL', 'A=1\0\n', /\/srv\/env:1: cannot run container "shop": it holds a NUL byte/],
  ])('is named with file and line, and the others go on: %s', async (_, content, message) => {
    writeBytes('/srv/env', content ?? '');
    await host.db('docker_containers setprop wiki MaxMemory 64', 'docker_containers setprop shop MaxMemory 64');
    const dry = await signal('--dry-run');
    expect(dry.stdout).toMatch(message);
    expect(dry.stdout).toContain('update wiki: memory none -> 64m');
    const { exitCode, stdout, stderr } = await signal();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('wiki');
    expect(stdout).toContain('update wiki: memory none -> 64m');
    expect(stdout).not.toMatch(/(update|recreate) shop/);
    writeBytes('/srv/env', 'A=2\n');
    const next = await signal();
    expect(next).toMatchObject({ exitCode: 0 });
    expect(next.stdout).toContain('recreate shop: environment A changed, memory none -> 64m');
  });
});

describe('bytes that are not UTF-8 are an error with file and line, and nothing is changed', () => {
  const C = '/etc/docksmith';
  it.each([
    ['a fragment', `${C}/templates-custom/etc/docksmith/containers/99x`, 'services:\n  # caf\xe9\n', 2],
    ['a fragment of Apache', `${C}/templates-custom/etc/httpd/docksmith/site/99x`, '# caf\xe9\n', 1],
    ['metadata', `${C}/templates.metadata/etc/docksmith/containers`, 'PERMS = 0640\n# caf\xe9\n', 2],
    [
      'a schema',
      `${C}/db/docker_containers/schema.d/x.json`,
      '{"service":\n{"X":{"kind":"text","doc":"caf\xe9"}}}\n',
      2,
    ],
    ['a service of an event', `${C}/events/docker-update/services2adjust/foo`, 'restart\n# caf\xe9\n', 2],
    ['metadata of an event', `${C}/events/docker-update/templates2expand/etc/motd`, '# caf\xe9\n', 1],
  ])('%s', async (_, name, content, line) => {
    await host.db('docker_containers set wiki service status enabled Image w:1 SubDomain enabled WebPort 80');
    writeBytes(name, content);
    const { exitCode, stdout, stderr } = await signal();
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(new RegExp(`${name}:${line}: cannot read .*: it holds bytes that are not UTF-8`));
    expect(stdout).not.toMatch(/^(new|changed|removed) /m);
    expect(stdout + stderr).not.toContain('\uFFFD');
  });

  it('a Compose file that is adopted', async () => {
    writeBytes('/c.yml', 'services:\n  shop:\n    image: caf\xe9\n');
    const { exitCode, stderr } = await host.run('docksmith', ['adopt', '-f', host.file('/c.yml')], { env: env() });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('/c.yml:3: cannot read the text: it holds bytes that are not UTF-8');
  });
});
