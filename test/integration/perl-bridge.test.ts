import { createServer } from 'node:net';
import path from 'node:path';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeFolder } from '../support/folder.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { type DbTexts, renderFragments } from '../support/perl-cases.ts';

function renderPerl(text: string, dbs: DbTexts = { configuration: 'SystemName=heron\n' }): string {
  return renderFragments('/etc/one', { '/etc/one': { '10x': text } }, { dbs });
}

/** A host with an event that expands these fragments, and a perl that counts how often it is started. */
function makePerlHost(fragments: Readonly<Record<string, string>>, metadata: string): Host & { starts(): number } {
  const host = makeHost();
  onTestFinished(() => host.stop());
  for (const [name, text] of Object.entries(fragments))
    host.write(`/etc/docksmith/templates/etc/one.conf/${name}`, text);
  host.write('/etc/docksmith/templates.metadata/etc/one.conf', metadata);
  host.write('/etc/docksmith/events/one-update/templates2expand/etc/one.conf', '');
  host.write('/count/perl', `#!/bin/sh\necho x >> ${host.file('/count/starts')}\nexec /usr/bin/perl "$@"\n`);
  const env = { PATH: `${host.file('/count')}:${process.env['PATH'] ?? ''}` };
  return {
    ...host,
    run: (bin, args, options) => host.run(bin, args, { ...options, env }),
    runOrFail: (bin, args, options) => host.runOrFail(bin, args, { ...options, env }),
    starts: () => {
      const file = host.file('/count/starts');
      return existsSync(file) ? readFileSync(file, 'utf8').length / 2 : 0;
    },
  };
}

needs('perl')('what fragments in Perl can do', () => {
  test('one cannot write files, dbs or devices, mount, or see processes, and has a folder of its own', () => {
    const target = path.join(makeFolder(), 'target');
    const text = renderPerl(`{
      my @done;
      for my $file ('/etc/docksmith-test', '${target}', '/tmp/docksmith/db/configuration', '/proc/sys/kernel/hostname') {
          push @done, $file if open(my $out, '>>', $file);
      }
      push @done, 'mount' if system('mount -t tmpfs none /mnt 2>/dev/null') == 0;
      push @done, 'own' if open(my $own, '>', '/tmp/own');
      push @done, "$_" foreach grep { /[^\\d.]/ } map { s{.*/}{}r } glob('/dev/*');
      push @done, scalar(@{[glob('/proc/[0-9]*')]}) . ' processes';
      join ' ', @done;
    }`);
    expect(text).toBe('own full null random urandom zero 2 processes');
    expect(existsSync(target)).toBe(false);
  });

  test('one reaches neither network nor sockets of other programs', async () => {
    const socket = path.join(makeFolder(), 'socket');
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    onTestFinished(() => void server.close());
    const text = renderPerl(`{
      use IO::Socket; use IO::Socket::UNIX;
      my @reached;
      push @reached, 'local' if IO::Socket::UNIX->new(Peer => '${socket}');
      push @reached, 'interface' if grep { !/\\blo:/ && /:/ } split /\\n/, \`cat /proc/net/dev | tail -n +3\`;
      "reached [@reached]";
    }`);
    expect(text).toBe('reached []');
  });

  test('one that never ends is killed, with what it started', () => {
    const dbs = { configuration: 'docksmith=service|PerlWait|1s\n' };
    expect(() => renderPerl('{ setpgrp(0, 0); fork(); 1 while 1 }', dbs)).toThrow(
      /cannot render the Perl fragments of "\/etc\/one": it did not end within 1 seconds/,
    );
  });

  test('what is wrong in one is said with the fragment and the line', () => {
    expect(() => renderPerl('a\n{\n  my $x = 1;\n  die "no colour" }\n')).toThrow(
      '/etc/docksmith/templates/etc/one/10x:4: cannot render the fragment: no colour',
    );
    expect(() => renderPerl('{ 1 }\n{\n  foreach (1, 2 { 3 }\n}\n')).toThrow(
      /one\/10x:3: cannot render the fragment: syntax error/,
    );
    expect(() => renderPerl('a\nb }\n')).toThrow(/one\/10x:2: cannot render the fragment: unmatched close brace/);
    expect(() => renderPerl('\n{ $DB->set_value("SystemName", "x") }')).toThrow(
      /one\/10x:2: .* a template does not write dbs: set_value/,
    );
  });

  test('who is not root is told how to allow it, and then it runs', () => {
    const geteuid = vi.spyOn(process, 'geteuid').mockReturnValue(1000);
    onTestFinished(() => geteuid.mockRestore());
    expect(() => renderPerl('{ $SystemName }')).toThrow(/only root can shut Perl off from files and network/);
    expect(
      renderPerl('{ $SystemName }', {
        configuration: 'SystemName=heron\ndocksmith=service|PerlTemplates|unconfined\n',
      }),
    ).toBe('heron');
  });

  test('where there is no perl, the message says what to install', () => {
    vi.stubEnv('PATH', '/nowhere');
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(() => renderPerl('{ 1 }')).toThrow(/there is no perl on this host/);
  });

  test('a fragment that others can write is not run', () => {
    const folder = makeFolder();
    mkdirSync(path.join(folder, 'x'));
    const host = makePerlHost({ '10x': '{ 1 }' }, 'LANGUAGE = perl');
    host.write('/etc/docksmith/templates/etc/one.conf/10x', '{ 2 }', 0o666);
    return expect(host.run('expand-template', ['--stdout', '/etc/one.conf'])).resolves.toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('everybody can write') as string,
    });
  });
});

needs('perl')('templates with fragments in Perl', () => {
  test('a name that ends in .pl is Perl among Handlebars, and prints in its place', async () => {
    const host = makePerlHost(
      {
        'template-begin': '# {{SystemName}}\n',
        '10a.pl': '{ "a $SystemName" }\n',
        '20b': 'b {{SystemName}}\n',
        '30c.pl': 'c\n',
      },
      '',
    );
    await host.db('configuration set SystemName heron', 'configuration set docksmith service PerlTemplates unconfined');
    expect(await host.runOrFail('expand-template', ['--stdout', '/etc/one.conf'])).toBe(
      '# heron\na heron\nb heron\nc\n',
    );
  });

  test('an event starts no perl while nothing that was read has changed, and one when it has', async () => {
    const host = makePerlHost(
      { '10x': '{ $OUT .= "port $relayd{TCPPort}\\n" if $relayd{status} eq "enabled"; $OUT .= $ghost{Prop} }\n' },
      'LANGUAGE = perl',
    );
    await host.db(
      'configuration set docksmith service PerlTemplates unconfined ServiceManager command',
      'configuration set relayd service status enabled TCPPort 25 Other 1',
    );
    const update = async (): Promise<readonly [number, string]> => {
      const before = host.starts();
      await host.runOrFail('signal-event', ['one-update']);
      return [host.starts() - before, host.read('/etc/one.conf').replace(/^#.*\n/gm, '')];
    };
    // what was written just before an event is not known by its time
    await update();
    await update();
    expect(await update()).toEqual([0, 'port 25\n\n']);
    await host.db('configuration setprop relayd Other 2');
    expect(await update()).toEqual([0, 'port 25\n\n']);
    await host.db('configuration setprop relayd TCPPort 26');
    expect(await update()).toEqual([1, 'port 26\n\n']);
    await host.db('configuration set ghost service Prop boo');
    expect(await update()).toEqual([1, 'port 26\nboo\n']);
  });

  test('one that looks at more than the dbs is rendered each time', async () => {
    const host = makePerlHost({ '10x': '{ -e "/etc/docksmith-nowhere" ? "yes" : "no" }\n' }, 'LANGUAGE = perl');
    await host.db('configuration set docksmith service PerlTemplates unconfined ServiceManager command');
    for (const starts of [1, 2]) {
      await host.runOrFail('signal-event', ['one-update']);
      expect(host.starts()).toBe(starts);
    }
  });

  test('why and impact know which props decide its lines', async () => {
    const host = makePerlHost(
      { '10x': 'first\n{ $relayd{status} eq "enabled" ? "port $relayd{TCPPort}" : "off" }\n' },
      'LANGUAGE = perl',
    );
    await host.db(
      'configuration set docksmith service PerlTemplates unconfined ServiceManager command',
      'configuration set relayd service status enabled TCPPort 25',
    );
    await host.runOrFail('signal-event', ['one-update']);
    const line = host.read('/etc/one.conf').split('\n').indexOf('port 25') + 1;
    const why = await host.runOrFail('docksmith', ['why', `/etc/one.conf:${line}`]);
    expect(why).toContain('/etc/docksmith/templates/etc/one.conf/10x:2');
    expect(why).toMatch(/relayd TCPPort/);
    expect(why).toMatch(/relayd status/);
    host.write('/etc/docksmith/events/docker-update/templates2expand/etc/one.conf', '');
    expect(await host.runOrFail('docksmith', ['impact', 'configuration', 'relayd', 'TCPPort'])).toContain(
      '/etc/one.conf',
    );
  });
});
