import { describe, expect, it } from 'vitest';
import { Failures } from '../../../src/base/errors.ts';
import { KEYS, parseMetadata } from '../../../src/template/metadata.ts';
import { readMetadata } from '../../../src/template/read-metadata.ts';
import { makeRoot } from '../../support/folder.ts';

const parse = (...texts: readonly string[]): ReturnType<typeof parseMetadata> =>
  parseMetadata(
    '/etc/it',
    texts.map((text, n) => ({ file: `/metadata${n}`, text })),
  );

describe('metadata', () => {
  it('is text of root for all, where nothing is said', () => {
    expect(parse()).toMatchObject({
      template: '/etc/it',
      outputFilename: '/etc/it',
      mode: 0o644,
      owner: 'root',
      group: 'root',
      format: 'text',
      escape: 'text',
      services: [],
      filters: [],
      check: undefined,
      delete: undefined,
      forEach: undefined,
      onlyArguments: false,
    });
  });

  it('has these keys', () => {
    expect(
      parse(
        [
          'PERMS = 0600',
          'UID = www',
          'GID = adm',
          'OUTPUT_FILENAME = /etc/{{record.key}}',
          'TEMPLATE_PATH = /etc/other',
          'FILTER = s/\\s+$/\\n/g',
          "DELETE = '{{#if x}}1{{/if}}'",
          'FOREACH = docker_containers type=service status=enabled',
          'ONLY = arguments',
          'LANGUAGE = perl',
          'FORMAT = yaml',
          'ESCAPE = compose',
          'CHECK = test -s %s',
          'SERVICES = httpd, docker',
          'READS = /etc/a/, /etc/b',
        ].join('\n'),
      ),
    ).toEqual({
      file: '/metadata0',
      template: '/etc/other',
      outputFilename: '/etc/{{record.key}}',
      mode: 0o600,
      isModeGiven: true,
      areServicesGiven: true,
      owner: 'www',
      group: 'adm',
      delete: '{{#if x}}1{{/if}}',
      forEach: {
        db: 'docker_containers',
        filter: new Map([
          ['type', 'service'],
          ['status', 'enabled'],
        ]),
      },
      onlyArguments: true,
      language: 'perl',
      format: 'yaml',
      escape: 'compose',
      filters: [{ pattern: '\\s+$', by: '\n', isFirst: false }],
      check: 'test -s %s',
      services: ['httpd', 'docker'],
      readable: ['/etc/a', '/etc/b'],
      places: new Map(KEYS.map((key, n) => [key, { file: '/metadata0', line: n + 1 }])),
    });
  });

  it('escapes for its format, unless it says otherwise', () => {
    expect(parse('FORMAT = json').escape).toBe('json');
    expect(parse('FORMAT = json\nESCAPE = none').escape).toBe('none');
  });

  it('of a later file wins key by key', () => {
    expect(parse('PERMS = 0600\nUID = www', 'PERMS = 0640')).toMatchObject({
      mode: 0o640,
      owner: 'www',
      file: '/metadata1',
    });
  });

  it("of the admin lies over the package's, and an event's over both", () => {
    const paths = makeRoot({ 'templates.metadata/etc/docker/daemon.json': 'PERMS = 0600' });
    expect(readMetadata(paths, '/etc/docker/daemon.json')).toMatchObject({
      mode: 0o600,
      format: 'json',
      services: ['docker'],
      file: '/etc/docksmith/templates.metadata/etc/docker/daemon.json',
    });
    expect(readMetadata(paths, '/etc/docker/daemon.json', { file: '/event', text: 'PERMS = 0400' })).toMatchObject({
      mode: 0o400,
      format: 'json',
    });
    expect(
      readMetadata(makeRoot({ 'templates.metadata/etc/it/below': 'PERMS = 0600' }), '/etc/it').file,
    ).toBeUndefined();
  });

  it.each([
    ['PERMS = rw-r--r--', 'it is three or four octal digits'],
    ['PERMS = 0888', 'octal'],
    ['PERMS', 'it has no value'],
    ['SERVICES', 'it has no value'],
    ['READS = /etc/../root', 'no folder or file to read from'],
    ['READS = /', 'no folder or file to read from'],
    ['READS = etc', 'no folder or file to read from'],
    ['FORMAT = toml', 'it is one of text, json, yaml, ini'],
    ['ESCAPE = html', 'it is one of none, text, apache, shell, ini, json, yaml, iptables, cron, hosts, compose'],
    ['FOREACH =', 'it is a db and filters'],
    ['FOREACH = db status', '"status" is no filter: PROP=VALUE'],
    ['FOREACH = ../db', 'it is a db and filters'],
    ['FILTER = y/a/b/', 'it is s/pattern/replacement/'],
    ['FILTER = s/(/b/', 'is no pattern: missing closing )'],
    ['FILTER = s/(?=a)/b/', 'there is no looking ahead'],
    ['FILTER = s/a/$1/', 'is no group of the pattern'],
    ['ONLY = some', 'it is one of all, arguments'],
    ['MODE = 0600', 'the keys are PERMS, UID, GID'],
    ['constructor = x', 'the keys are PERMS'],
    ['PERMS = 0600\nPERMS = 0644', 'PERMS stands in 2 lines'],
    ['CHECK = visudo -cf', 'it has no %s, which stands for the new file'],
    ['CHECK = grep x %s; grep y %s', 'put the value in quotes'],
    ['CHECK = grep "#" %s', 'put the value in quotes'],
    ['OUTPUT_FILENAME = {{#if x}}/etc/x{{/if}}', 'put the value in quotes'],
    ['OUTPUT_FILENAME = etc/x', 'an output is an absolute path'],
    ['TEMPLATE_PATH = ../x', 'a template is an absolute path'],
    ['DELETE = false', '0, no or nothing keep the output'],
    ['UID = a b', 'it is one name or number'],
    ['UID =', 'it is one name or number'],
    ['GID = -1', 'it is one name or number'],
    ['SERVICES = httpd; docker', 'put the value in quotes'],
    ['SERVICES = a/b', '"a/b" is no name of a service'],
    ['SERVICES[] = httpd', 'it is one value: KEY = VALUE'],
    ['[SERVICES]\nhttpd = 1', 'it is one value: KEY = VALUE'],
  ])('refuses %s', (text, why) => {
    expect(() => parse(text)).toThrow(why);
  });

  it('names the key that is meant', () => {
    expect(() => parse('PERMS = 0600\nSERVICE = httpd')).toThrow(
      expect.objectContaining({ hint: 'did you mean "SERVICES"?', at: { file: '/metadata0', line: 2 } }) as Error,
    );
  });

  it.each([
    'PERMS = 0600 ; for root',
    'PERMS = 0600 # for root',
    'CHECK = "grep -q \'#\' %s; true"',
    'SERVICES =',
    'OUTPUT_FILENAME =',
  ])('takes %s', (text) => {
    expect(() => parse(text)).not.toThrow();
  });

  it('tells all mistakes at once, each with its file and line', () => {
    let failures: Failures | undefined;
    try {
      parse('; a comment\nPERMS = x\n\nFORMATS = json\nFORMAT = toml\n', 'ESCAPE = html\n');
    } catch (error) {
      if (error instanceof Failures) failures = error;
    }
    expect(failures?.failures.map(({ at }) => `${at?.file ?? ''}:${at?.line ?? ''}`)).toEqual([
      '/metadata0:4',
      '/metadata0:5',
      '/metadata0:2',
      '/metadata1:1',
    ]);
  });
});
