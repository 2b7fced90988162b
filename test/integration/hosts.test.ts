import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { commonOf, ManyHosts, specsOf, until } from '../support/many-hosts.ts';
import { needs } from '../support/needs.ts';

const NAMES = Array.from({ length: 10 }, (_, n) => `web${n}`);
const FOLLOWERS = NAMES.slice(1);
const WIKI = 'docker_containers set wiki service Image wiki:1 status enabled SubDomain enabled WebPort 80 MaxMemory 64';

interface Sent {
  readonly hosts: readonly { readonly host: string; readonly outcome: string; readonly why: readonly string[] }[];
}

needs('git')('ten hosts with the same dbs', () => {
  let many: ManyHosts;
  let writer: Host;
  beforeAll(async () => {
    many = new ManyHosts(NAMES);
    await many.fill('web0');
    writer = many.get('web0');
    await writer.db(WIKI, 'docker_containers set wiki@web2 service MaxMemory 128');
    writer.writeFragment('/etc/motd', '50site', 'here is {{SystemName}}\n');
  });
  afterAll(() => many.remove());

  const push = async (...args: readonly string[]): Promise<Readonly<Record<string, string>>> => {
    const { stdout } = await writer.run('docksmith', ['push', '--yes', '--json', ...args]);
    return Object.fromEntries((JSON.parse(stdout) as Sent).hosts.map(({ host, outcome }) => [host, outcome]));
  };
  const all = (outcome: string, others: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
    ...Object.fromEntries(FOLLOWERS.map((name) => [name, outcome])),
    ...others,
  });
  const memoryOf = (name: string): string =>
    /mem_limit: "(.*)"/.exec(specsOf(many.get(name))['/etc/docksmith/containers/wiki.yaml'] ?? '')?.[1] ?? '';

  it('show what a push would do on each, and nothing is changed anywhere', async () => {
    const before = FOLLOWERS.map((name) => commonOf(many.get(name)));
    const { stdout, exitCode } = await writer.run('docksmith', ['push', '--dry-run', 'web1', 'web2']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^web1 {2}planned .*\n( .*\n)* {4}docker_containers wiki added\n( .*\n)* +create wiki: not there$/m,
    );
    expect(stdout).toMatch(/dry run, nothing was changed\n$/);
    expect(stdout.split('\n').filter((line) => line.length > 80 && !line.startsWith('    '))).toEqual([]);
    expect(FOLLOWERS.map((name) => commonOf(many.get(name)))).toEqual(before);
  });

  it('get what the writer has: one is unreachable, one refuses it, one is never confirmed and goes back', async () => {
    many.set('web7', 'away', true);
    many.set('web9', 'mute', true);
    // wrong on one host alone, and all that is found wrong is said
    await writer.db('docker_containers set wiki@web8 service MaxMemory plenty');
    const old = new Map(['web7', 'web8', 'web9'].map((name) => [name, commonOf(many.get(name))]));
    const { stdout, exitCode } = await writer.run('docksmith', ['push', '--yes', ...FOLLOWERS.slice(0, -1)]);
    expect(exitCode).toBe(1);
    const unconfirmed = await writer.run('docksmith', ['push', '--yes', '--confirm-timeout', '2', 'web9']);
    expect(unconfirmed.exitCode).toBe(1);
    expect(stdout).toMatch(/^web1 {2}done {9}docker_containers wiki added, /m);
    expect(stdout).toMatch(/^web7 {2}unreachable\n {4}ssh: connect to host web7: No route to host$/m);
    expect(stdout.replaceAll(/\n {4}/g, ' ')).toMatch(
      /^web8 {2}refused .*docker_containers wiki: MaxMemory "plenty" is not a number of megabytes/m,
    );
    expect(unconfirmed.stdout.replaceAll(/\n {4}/g, ' ')).toMatch(
      /^web9 {2}not confirmed .*without a confirmation it goes back by itself$/m,
    );
    await until(() => !many.isPending('web9'));
    for (const name of FOLLOWERS) {
      const wanted = old.get(name) ?? commonOf(writer);
      expect([name, commonOf(many.get(name))]).toEqual([name, wanted]);
    }
    expect(['web1', 'web2', 'web8', 'web9'].map(memoryOf)).toEqual(['64m', '128m', '', '']);
    const table = (await writer.run('docksmith', ['hosts'])).stdout;
    expect(table).toMatch(/^web0 \(here\) {2}writer +[0-9a-f]{8} +up to date +-$/m);
    expect(table).toMatch(/^web7 +follower {2}- +unreachable +-$/m);
    expect(table).toMatch(/^web8: refused [^]*MaxMemory "plenty"/m);
    expect(table).toMatch(/^web9: went back .*: it was not confirmed within 2 seconds$/m);
  });

  it('are asked again for what failed, and one that was away fetches it by itself', async () => {
    many.set('web9', 'mute', false);
    await writer.db('docker_containers delete wiki@web8');
    expect(await push()).toEqual(all('done', { web7: 'unreachable' }));
    expect(await push()).toEqual(all('up to date', { web7: 'unreachable' }));
    many.set('web7', 'away', false);
    // it has to know the writer: its own dbs had never heard of it
    const { stderr } = await many.get('web7').run('docksmith', ['pull']);
    expect(stderr).toContain('no host of db hosts is the writer');
    await many.get('web7').db(...(await hostLines(writer)));
    expect(await many.get('web7').runOrFail('docksmith', ['pull'])).toMatch(/done: revision [0-9a-f]{8} of web0\n$/);
    expect(await many.get('web7').runOrFail('docksmith', ['pull'])).toMatch(/^up to date: /);
    for (const name of FOLLOWERS) expect([name, commonOf(many.get(name))]).toEqual([name, commonOf(writer)]);
  });

  it('keep what was changed on them, unless the writer changed it, too: that is refused with both values', async () => {
    const own = many.get('web1');
    await own.db('docker_containers setprop wiki Restart always');
    await writer.db('docker_containers setprop wiki MaxMemory 65', 'docker_containers setprop wiki EnvSecrets ""');
    const { stdout } = await writer.run('docksmith', ['push', '--yes', 'web1', 'web3']);
    expect(stdout).toMatch(
      /^web1 {2}done .*\n {4}keeps what was changed there: docker_containers wiki Restart\nweb3 {2}done/m,
    );
    expect(memoryOf('web1')).toBe('65m');
    expect(specsOf(own)['/etc/docksmith/containers/wiki.yaml']).toContain('restart: always');
    expect((await writer.run('docksmith', ['hosts'])).stdout).toMatch(/^web1 +follower +[0-9a-f]{8} {2}1 of its own/m);

    await writer.db('docker_containers setprop wiki Restart no', 'secrets set pass secret Value new-password');
    await own.db('secrets set pass secret Value own-password');
    const refused = (await writer.run('docksmith', ['push', '--yes', 'web1'])).stdout.replaceAll(/\n {4}/g, ' ');
    expect(refused).toContain('docker_containers wiki Restart: on web1 always, in what was sent no, before not set');
    expect(refused).toContain('secrets pass Value: on web1 ********, in what was sent ********, before not set');
    expect(refused).not.toContain('password');
    expect(await push('--take-over', 'web1')).toEqual({ web1: 'done' });
    expect(commonOf(own)).toEqual(commonOf(writer));
  });

  it('have another writer when theirs died; the old one is not listened to, and joins what both made', async () => {
    const heir = many.get('web1');
    many.set('web0', 'away', true);
    await writer.db('docker_containers setprop wiki StopTimeout 20');
    const why = (await heir.run('docksmith', ['push', '--yes'])).stderr;
    expect(why).toContain('this host, web1, is not the writer: web0 is');
    await heir.db(
      'hosts setprop web1 Role writer',
      'hosts setprop web0 Role follower',
      'docker_containers setprop wiki MaxMemory 66',
    );
    const { stdout } = await heir.run('docksmith', ['push', '--yes', '--json', 'web0', 'web2', 'web3']);
    const { hosts } = JSON.parse(stdout) as Sent;
    expect(hosts.map(({ outcome }) => outcome)).toEqual(['unreachable', 'done', 'done']);

    many.set('web0', 'away', false);
    const late = await writer.run('docksmith', ['push', '--yes', '--json', 'web2']);
    expect(late.stdout).toContain('revisions of another writer');
    expect((await heir.run('docksmith', ['push', '--yes', 'web0'])).stdout).toContain('is the writer itself');
    const joined = await writer.runOrFail('docksmith', ['pull', '--from', 'web1']);
    expect(joined).toMatch(/of web1\n$/);
    expect(memoryOf('web0')).toBe('66m');
    expect(specsOf(writer)['/etc/docksmith/containers/wiki.yaml']).toContain('stop_grace_period: "20s"');
    // what the old writer made and the new one does not have goes to it as any change of its own
    expect((await writer.run('docksmith', ['push', '--yes'])).stderr).toContain('is not the writer: web1 is');
    expect(await heir.runOrFail('docksmith', ['pull', '--from', 'web0'])).toMatch(/of web0\n$/);
    expect((await heir.run('docksmith', ['push', '--yes'])).exitCode).toBe(0);
    for (const name of NAMES) expect([name, commonOf(many.get(name))]).toEqual([name, commonOf(writer)]);
  });
});

async function hostLines(host: Host): Promise<readonly string[]> {
  const { stdout } = await host.run('db', ['hosts', 'print']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, key = '', value = ''] = /^([^=]*)=(.*)$/.exec(line) ?? [];
      return `hosts set ${key} '${value}'`;
    });
}

describe('the timer of a follower', () => {
  it('is shipped, and off', () => {
    const read = (name: string): string => readFileSync(new URL(`../../packaging/${name}`, import.meta.url), 'utf8');
    expect(read('systemd/docksmith-pull.timer')).toContain('systemctl enable --now docksmith-pull.timer');
    expect(read('systemd/docksmith-pull.service')).toContain('docksmith pull');
    expect(read('system-preset/90-docksmith.preset')).toContain('disable docksmith-pull.timer');
  });
});
