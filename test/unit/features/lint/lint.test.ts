import { chmodSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { ALL_NAMES } from '../../../../src/cli/command-names.ts';
import { formatLintFindings } from '../../../../src/cli/commands/show/lint.ts';
import { readSchema } from '../../../../src/db/read-schema.ts';
import { formatPlace } from '../../../../src/base/errors.ts';
import { lintTree } from '../../../../src/features/lint/lint.ts';
import { findPaths } from '../../../../src/base/paths.ts';
import { makeRoot, writeTree } from '../../../support/folder.ts';
import { makeTempHost, type TempHost } from '../../../support/temp-host.ts';

const C = '/etc/docksmith';

/** A host with an empty package: what is found is of the tree made for it. */
function hostWith(files: Readonly<Record<string, string>>): TempHost {
  const host = makeTempHost();
  for (const [name, text] of Object.entries(files))
    host.write(name.startsWith('package:') ? name : `${C}/${name}`, text);
  return host;
}

const lint = ({ paths }: TempHost): readonly string[] =>
  lintTree(paths, ['reconcile']).findings.map(
    ({ rule, level, at, what }) => `${level} ${rule} ${formatPlace(at)}: ${what}`,
  );
const lintOf = (files: Readonly<Record<string, string>>): readonly string[] => lint(hostWith(files));
/** What one rule finds. */
const lintBy = (rule: string, files: Readonly<Record<string, string>>): readonly string[] =>
  lintOf(files)
    .filter((line) => line.split(' ')[1] === rule)
    .map((line) => line.replace(` ${rule}`, ''));
/** Metadata that names a db is of one that is there. */
const schemaOf = (db: string, type: string): Readonly<Record<string, string>> => ({
  [`db/${db}/schema.json`]: `{"${type}": {"type": {"doc": "t", "kind": "choice", "values": ["${type}"]}}}`,
});

describe('the shipped tree', () => {
  it('is clean', () => {
    const { findings, templates, events } = lintTree(makeRoot(), ALL_NAMES);
    expect(findings).toEqual([]);
    expect(templates).toBeGreaterThan(10);
    expect(events).toBeGreaterThan(8);
  });

  it('says of no prop that docksmith reads it where it does not', () => {
    const shipped = findPaths({ DOCKSMITH_ROOT: '/nowhere' });
    const src = path.join(shipped.packageDir, 'src');
    const read = new Set(
      readdirSync(src, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.startsWith('template/'))
        .flatMap((name) => listAsked(path.join(src, name))),
    );
    const claimed = Object.values(readSchema(shipped)).flatMap((kinds) =>
      Object.entries(kinds).flatMap(([of, props]) =>
        Object.entries(props)
          .filter(([, { reader }]) => reader !== undefined && /^(docksmith|action) /.test(reader))
          .map(([prop]) => (prop === 'type' ? of : prop)),
      ),
    );
    expect(claimed).toContain('MountCreate');
    // of a pattern, what stands before its star is asked for
    expect(claimed.filter((prop) => !read.has(prop.replace(/\*$/, '')))).toEqual([]);
  });
});

/** Names that a source file asks for: literals that are arguments of what reads a prop or a record. */
function listAsked(file: string): readonly string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const called = ts.isPropertyAccessExpression(node.expression)
        ? node.expression.name.text
        : node.expression.getText();
      if (
        ['findProp', 'listProps', 'findServiceCommand', 'command', 'singleValue', 'get', '#get', 'miss'].includes(
          called,
        )
      )
        found.push(...node.arguments.flatMap((argument) => (ts.isStringLiteral(argument) ? [argument.text] : [])));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true));
  return found;
}

describe('an event that expands a template but lacks another that reads the same records', () => {
  const TREE = {
    'events/all/templates2expand/etc/a': '',
    'events/all/templates2expand/etc/b': '',
    'events/all/templates2expand/etc/c': '',
    'events/few/templates2expand/etc/a': '',
    'templates/etc/a/10a': '{{prop "sites" "one" "Name"}}',
    'templates/etc/b/10b': 'b\n{{#if false}}{{prop "sites" "one" "Port"}}{{/if}}',
    'templates/etc/c/10c': '{{prop "sites" "two" "Name"}}',
  };

  it('is found, also where a condition hides the read', () => {
    expect(lintOf(TREE)).toEqual([
      `fault event-lacks-template ${C}/events/few/templates2expand/etc/a: event "few" expands /etc/a, and not /etc/b`,
    ]);
    expect(lintTree(hostWith(TREE).paths, []).findings[0]).toMatchObject({
      why: 'both read sites one (/etc/b at /etc/docksmith/templates/etc/b/10b:2): after a change there the event leaves /etc/b as it was',
      advice: 'touch /etc/docksmith/events/few/templates2expand/etc/b',
    });
  });

  it('is found where one goes through all records and the other names one, and where a helper reads them', () => {
    const base = {
      ...schemaOf('docker_containers', 'service'),
      'events/all/templates2expand/etc/a': '',
      'events/all/templates2expand/etc/b': '',
      'events/few/templates2expand/etc/a': '',
      'templates.metadata/etc/a': 'FOREACH = docker_containers type=service\nOUTPUT_FILENAME = /etc/{{record.key}}',
      'templates/etc/a/10a': 'x',
    };
    const found = [
      `fault event-lacks-template ${C}/events/few/templates2expand/etc/a: event "few" expands /etc/a, and not /etc/b`,
    ];
    expect(lintOf({ ...base, 'templates/etc/b/10b': '{{prop "docker_containers" "wiki" "Image"}}' })).toEqual(found);
    expect(lintOf({ ...base, 'templates/etc/b/10b': '{{#each (webContainers)}}{{key}}{{/each}}' })).toEqual(found);
    expect(
      lintOf({
        ...base,
        'templates/etc/b/10b': '{{expand "/etc/part"}}',
        'templates/etc/part/10p': '{{#each (records "docker_containers")}}{{/each}}',
      }),
    ).toEqual(found);
    // records of another type are others
    expect(
      lintOf({ ...base, 'templates/etc/b/10b': '{{#each (records "docker_containers" type="pod")}}{{key}}{{/each}}' }),
    ).toEqual([]);
  });

  it('is for the records of its arguments alone where it says so', () => {
    const base = {
      ...schemaOf('c', 'service'),
      'templates.metadata/etc/a': 'FOREACH = c type=service\nOUTPUT_FILENAME = /etc/{{record.key}}',
      'templates/etc/a/10a': '{{SystemName}}',
      'templates/etc/b/10b': '{{SystemName}}',
      'templates/etc/d/10d': '{{prop "c" "x" "y"}}',
    };
    const all = {
      'events/all/templates2expand/etc/a': '',
      'events/all/templates2expand/etc/b': '',
      'events/all/templates2expand/etc/d': '',
    };
    expect(lintOf({ ...base, ...all, 'events/one/templates2expand/etc/a': 'ONLY = arguments' })).toEqual([
      `fault event-lacks-template ${C}/events/one/templates2expand/etc/a: event "one" expands /etc/a, and not /etc/d`,
    ]);
  });
});

describe('what other programs have on the host', () => {
  /**
   * A package with a db, a template, an event and a service of its own, beside docksmith's tree and on a
   * server whose dbs others use as well.
   */
  function makeServer(): TempHost['paths'] {
    const paths = makeRoot({
      'db/backup/schema.d/backup.json':
        '{"job": {"type": {"doc": "t", "kind": "choice", "values": ["job"]}, "Target": {"doc": "where to", "kind": "text"}}}',
      'db/configuration/schema.d/backup.json':
        '{"backupd": {\n"status": {"doc": "whether it runs", "kind": "choice", "values": ["enabled", "disabled"]},\n"Hour": {"doc": "when it begins", "kind": "text"}}}',
      'events/backup-update/templates2expand/etc/backupd/jobs.conf': '',
      'events/backup-update/services2adjust/backupd': 'restart',
      'events/backup-update/services2adjust/httpd': 'reload\nalways',
      'events/backup-update/S40backup-check': '#!/bin/sh\nexpand-template /etc/backupd/check.conf\n',
      'templates.metadata/etc/backupd/jobs.conf': 'SERVICES = backupd',
      'templates/etc/backupd/jobs.conf/10head':
        'host {{SystemName}}.{{DomainName}} at {{LocalIP}}, Apache at {{httpd.TCPPort}}{{#if (enabled backupd)}} on{{/if}}\npassword {{prop "secrets" "backup" "Value"}}\n',
      'templates/etc/backupd/jobs.conf/20jobs':
        '{{#each (records "backup" type="job")}}{{key}} {{Target}}\n{{/each}}{{#each (records "networks")}}{{key}}/{{Mask}}\n{{/each}}',
      'templates/etc/backupd/check.conf/10all': 'check\n',
    });
    writeTree(paths.file('/var/lib/docksmith/db'), {
      configuration:
        'DomainName=example.test\nLocalIP=192.168.1.2\nSystemName=host\nbackupd=service|Hour|3|status|enabled\ndocker=service|UDPPorts|53|status|enabled\nhttpd=service|VirtualHost|yes|certificate|/c|status|enabled\nldap=service|defaultCity|Ottawa|status|enabled\n',
      networks: '192.168.1.0=network|Mask|255.255.255.0|Router|192.168.1.254|SystemLocalNetwork|yes\n',
      docker_containers: 'wiki=service|BackupAt|3|Image|wiki|MaxMemroy|64|status|enabled\n',
      backup: 'daily=job|Target|/srv\n',
    });
    chmodSync(paths.file('/etc/docksmith/events/backup-update/S40backup-check'), 0o755);
    return paths;
  }

  it('is never advised to be removed, nor to be expanded by events that are not for it', () => {
    const { findings } = lintTree(makeServer(), ALL_NAMES);
    expect(findings.map(({ level, rule, what }) => `${level} ${rule}: ${what}`).toSorted()).toEqual([
      // the one mistake
      'fault prop-not-read: no schema has prop "MaxMemroy" of record "wiki", and no template reads it',
      'note prop-not-read: no schema has prop "BackupAt" of record "wiki", and no template reads it',
      // and what resembles one of ours
      'note prop-not-read: no schema has prop "certificate" of record "httpd", and no template reads it',
      'note prop-not-read: no template reads configuration backupd Hour',
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/delprop|delete|has no effect|templates2expand/);
  });

  it('is where an event that is for records leaves a template of them behind', () => {
    const paths = makeServer();
    writeTree(paths.file('/etc/docksmith/templates'), {
      'etc/backupd/containers/10all': '{{#each (records "docker_containers")}}{{key}}\n{{/each}}',
    });
    writeTree(paths.file('/etc/docksmith/events'), { 'backup-update/templates2expand/etc/backupd/containers': '' });
    expect(
      lintTree(paths, ALL_NAMES).findings.flatMap(({ rule, what }) =>
        rule === 'event-lacks-template' ? [what.replace(/expands .*, and/, 'expands …, and')] : [],
      ),
    ).toEqual(
      ['docker-container-update', 'docker-update', 'post-install', 'post-upgrade'].map(
        (event) => `event "${event}" expands …, and not /etc/backupd/containers`,
      ),
    );
  });
});

describe('a template that no event expands', () => {
  it('is found with metadata and without, and not where another template includes it', () => {
    expect(
      lintOf({
        'templates/etc/a/10a': '{{expand "/etc/part"}}',
        'events/e/templates2expand/etc/a': '',
        'templates/etc/part/10p': 'p',
        'templates/README.md': 'no fragment',
        'templates/etc/lost/10l': 'l',
        'templates/etc/made/10m': 'm',
        'templates.metadata/etc/made': 'PERMS = 0600',
        'templates-custom/etc/flat': 'f',
        'templates.metadata/etc/flat': 'PERMS = 0644',
      }),
    ).toEqual([
      `fault template-in-no-event ${C}/templates.metadata/etc/flat: no event expands /etc/flat`,
      `fault template-in-no-event ${C}/templates.metadata/etc/made: no event expands /etc/made`,
      `fault template-in-no-event ${C}/templates/etc/lost/10l: no event and no other template expands /etc/lost`,
    ]);
  });

  it('may be any where a fragment computes what it expands', () => {
    expect(
      lintOf({
        'templates/etc/a/10a': '{{expand (concat "/etc/" SystemName)}}',
        'events/e/templates2expand/etc/a': '',
        'templates/etc/lost/10l': 'l',
      }),
    ).toEqual([]);
  });

  it('is not one that metadata TEMPLATE_PATH names', () => {
    expect(
      lintOf({
        'templates/etc/other/10a': 'a',
        'templates.metadata/etc/a': 'TEMPLATE_PATH = /etc/other',
        'events/e/templates2expand/etc/a': '',
      }),
    ).toEqual([]);
  });
});

describe('an output that names no service', () => {
  const lintOutput = (metadata: string, more: Readonly<Record<string, string>> = {}): readonly string[] =>
    lintBy('output-without-service', {
      'templates/etc/it/10a': 'a',
      'templates.metadata/etc/it': metadata,
      'events/e/templates2expand/etc/it': '',
      'events/e/services2adjust/webd': 'reload',
      'templates/etc/other/10o': 'o',
      'events/e/templates2expand/etc/other': '',
      ...more,
    }).map((line) => line.replace(/^.*: /, ''));

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['OUTPUT_FILENAME = /etc/webd/extra.conf', {}],
    ['OUTPUT_FILENAME = /etc/systemd/system/webd.service.d/20.conf', {}],
    [
      'OUTPUT_FILENAME = /srv/x.d/20.conf',
      { 'templates.metadata/etc/other': 'OUTPUT_FILENAME = /srv/x.d/10.conf\nSERVICES = webd' },
    ],
    [
      'OUTPUT_FILENAME = "{{#if (enabled webd)}}{{webd.Dir}}/20.conf{{/if}}"',
      {
        'templates.metadata/etc/other': 'OUTPUT_FILENAME = /srv/x/10.conf\nSERVICES = webd\nFOREACH = sites',
        'db/configuration/schema.json':
          '{"webd": {"Dir": {"doc": "d", "kind": "path", "default": "/srv/x"}, "status": {"doc": "s", "kind": "text"}}}',
      },
    ],
    [
      'OUTPUT_FILENAME = /srv/x/20.conf',
      {
        'templates.metadata/etc/other': 'OUTPUT_FILENAME = "{{webd.Dir}}/10.conf"\nSERVICES = webd',
        'db/configuration/schema.json': '{"webd": {"Dir": {"doc": "d", "kind": "path", "default": "/srv/x"}}}',
      },
    ],
  ])('is found where one reads its folder: %s', (metadata, more) => {
    expect(lintOutput(metadata, more)).toEqual([
      `the output of /etc/it names no service, and webd ${metadata.includes('/etc/webd') ? 'may read' : 'reads'} its folder`,
    ]);
    expect(lintOutput(`${metadata}\nSERVICES = webd`, more)).toEqual([]);
    // on purpose
    expect(lintOutput(`${metadata}\nSERVICES =`, more)).toEqual([]);
  });

  it('is none where files of a folder are read one by one', () => {
    expect(
      lintOutput('OUTPUT_FILENAME = /etc/sysconfig/it', {
        'templates.metadata/etc/other': 'OUTPUT_FILENAME = /etc/sysconfig/webd\nSERVICES = webd',
      }),
    ).toEqual([]);
  });
});

describe('a service and its files', () => {
  const lintServices = (metadata: string, more: Readonly<Record<string, string>> = {}): readonly string[] =>
    lintBy('service-not-adjusted', {
      'templates/etc/it/10a': 'a',
      'templates.metadata/etc/it': metadata,
      'events/e/templates2expand/etc/it': '',
      ...more,
    });
  const RESTART = { 'events/e/services2adjust/webd': 'restart' };
  const NEVER = `fault ${C}/events/e/services2adjust/webd: event "e" does not adjust webd: no template of it has SERVICES = webd`;

  it('are told where the event has the service, and no template of it', () => {
    expect(lintServices('PERMS = 0600', RESTART)).toEqual([NEVER]);
    expect(lintServices('SERVICES = webd', RESTART)).toEqual([]);
    // of this event alone
    expect(lintServices('PERMS = 0600', { ...RESTART, 'events/e/templates2expand/etc/it': 'SERVICES = webd' })).toEqual(
      [],
    );
    expect(lintServices('PERMS = 0600', { 'events/e/services2adjust/webd': 'restart\nalways' })).toEqual([]);
    // another event has the file
    const other = {
      'templates/etc/o/10a': 'o',
      'templates.metadata/etc/o': 'SERVICES = webd',
      'events/o/templates2expand/etc/o': '',
    };
    expect(lintServices('PERMS = 0600', { ...RESTART, ...other })).toEqual([NEVER]);
    expect(lintServices('SERVICES =', { 'events/late/services2adjust/webd': 'restart', ...other })).toEqual([]);
    expect(lintServices('SERVICES =', { 'events/late/services2adjust/webd': 'restart' })).toEqual([
      NEVER.replaceAll('events/e/', 'events/late/').replace('"e"', '"late"'),
    ]);
  });

  it('are told where the template has the service, and no event does', () => {
    expect(lintServices('PERMS = 0600\nSERVICES = webd')).toEqual([
      `fault ${C}/templates.metadata/etc/it:2: no event adjusts webd, whose file /etc/it makes`,
    ]);
    expect(lintServices('SERVICES = webd', { 'events/late/services2adjust/webd': 'restart', ...RESTART })).toEqual([]);
  });
});

describe('metadata', () => {
  const lintMetadata = (metadata: string, more: Readonly<Record<string, string>> = {}): readonly string[] =>
    lintBy('metadata-not-usable', {
      ...schemaOf('things', 'thing'),
      'templates/etc/it/10a': 'a',
      'templates.metadata/etc/it': metadata,
      'events/e/templates2expand/etc/it': '',
      ...more,
    });

  it.each([
    ['FOREACH = things type=thingy', 'things has no type "thingy", but thing'],
    ['FOREACH = thing', 'there is no db "thing", and no schema of one'],
    ['FOREACH = elsewhere', 'there is no db "elsewhere", and no schema of one'],
    ['FOREACH = things Size=1', 'records of things have no prop "Size"'],
    ['UID = nobody-knows', 'this host has no user "nobody-knows"'],
    ['GID = nobody-knows', 'this host has no group "nobody-knows"'],
    ['ONLY = arguments', 'it goes with FOREACH, whose records it is about'],
  ])('%s is a fault at its line', (line, what) => {
    expect(lintMetadata(`PERMS = 0600\n${line}`)).toEqual([`fault ${C}/templates.metadata/etc/it:2: ${what}`]);
    // what an event adds is looked at, too
    expect(lintMetadata('PERMS = 0600', { 'events/e/templates2expand/etc/it': `\n${line}` })).toEqual([
      `fault ${C}/events/e/templates2expand/etc/it:2: ${what}`,
    ]);
  });

  it('that cannot be read is an error of lint, also what an event adds', () => {
    for (const files of [
      { 'templates.metadata/etc/it': 'PERMS = 0600\nCHECK = true' },
      { 'events/e/templates2expand/etc/it': 'PERMS = 0600\nCHECK = true' },
    ])
      expect(() => lintMetadata('PERMS = 0600', files)).toThrow(
        /etc\/it:2: cannot use metadata CHECK = true: it has no %s/,
      );
  });

  it('and events of a template that is not there are faults', () => {
    expect(
      lintBy('template-not-there', {
        'templates/etc/it/10a': 'a',
        'templates.metadata/etc/itt': 'PERMS = 0600',
        'templates.metadata/etc/it': 'PERMS = 0600\nTEMPLATE_PATH = /etc/its',
        'templates.metadata/README': 'no template',
        'events/e/templates2expand/etc/lost': '',
      }),
    ).toEqual([
      `fault ${C}/events/e/templates2expand/etc/lost: there is no template /etc/lost`,
      `fault ${C}/templates.metadata/etc/it:2: there is no template /etc/its`,
      `fault ${C}/templates.metadata/etc/itt: there is no template /etc/itt`,
    ]);
  });
});

it('what nobody looks for at its place is a fault, with the name that is meant', () => {
  const host = hostWith({
    'events/e/templates2expand/etc/a': '',
    'events/e/template2expand/etc/b': '',
    'events/e/services2adjust/deep/webd': 'restart',
    'templates/etc/a/10a': 'a',
    'db/things/default/one/Port': '1',
    'db/things/defaults/Port': '1',
    'db/things/schema.d/things.jsn': '{}',
    'db/things/schema.d/README.bak': '',
    'db/things/README.md': 'text',
    'db/things/migrate/10a': '',
  });
  const found = lintTree(host.paths, []).findings.filter(({ rule }) => rule === 'file-not-used');
  expect(found.map(({ at, what, advice }) => `${at.file}: ${what} -> ${advice}`)).toEqual([
    `${C}/db/things/default: nothing of a db has that name -> mv ${C}/db/things/default ${C}/db/things/defaults`,
    `${C}/db/things/defaults/Port: a value is a file defaults/KEY/PROP -> give it the place or the name that is meant, or remove it`,
    `${C}/db/things/schema.d/things.jsn: a schema is a file NAME.json -> give it the place or the name that is meant, or remove it`,
    `${C}/events/e/services2adjust/deep: services2adjust holds files, and no folders -> give it the place or the name that is meant, or remove it`,
    `${C}/events/e/template2expand: no event reads a folder of that name -> mv ${C}/events/e/template2expand ${C}/events/e/templates2expand`,
  ]);
});

it('defaults of a record that no default makes are named, unless the record is there', () => {
  const host = hostWith({
    'db/things/defaults/one/Port': '1',
    'db/things/defaults/two/Port': '1',
    'db/things/force/two/type': 'thing',
    'db/things/defaults/three/Port': '1',
  });
  host.write('/var/lib/docksmith/db/things', 'three=thing\n');
  expect(lint(host)).toEqual([
    `note default-without-record ${C}/db/things/defaults/one/Port: there is no record one in db things, and no default makes it`,
  ]);
});

describe('a custom fragment that overrides nothing', () => {
  const SHIPPED = {
    'package:events/e/templates2expand/etc/a': '',
    'package:templates/etc/a/10open': 'one',
    'package:templates/etc/a/50mounts': 'two',
    'package:templates/etc/a/template-begin': '#',
  };
  it.each<readonly [string, string, string | undefined]>([
    ['etc/a/60own', 'mine', 'note: it adds to /etc/a, and overrides nothing'],
    ['etc/a/51mounts', 'mine', 'note: it adds to /etc/a, and overrides nothing'],
    ['etc/a/50mounts2', 'mine', 'note: it adds to /etc/a, and overrides nothing'],
    ['etc/a/50mount', 'mine', 'fault: it overrides no fragment of /etc/a; 50mounts is almost its name'],
    ['etc/a/60own', '', 'fault: it is empty and overrides no fragment of /etc/a'],
    ['etc/a/50mounts', 'two', 'fault: it is identical to PACKAGE/templates/etc/a/50mounts, which it overrides'],
    ['etc/a/50mounts', 'mine', undefined],
    ['etc/a/50mounts', '', undefined],
    ['etc/a', 'a file for the folder', undefined],
  ])('%s with "%s"', (name, text, found) => {
    const host = hostWith({ ...SHIPPED, [`templates-custom/${name}`]: text });
    const { findings } = lintTree(host.paths, []);
    expect(findings.map(({ level, what }) => `${level}: ${what.replace(host.paths.packageDir, 'PACKAGE')}`)).toEqual(
      found === undefined ? [] : [found],
    );
    expect(findings.map(({ at }) => at.file)).toEqual(found === undefined ? [] : [`${C}/templates-custom/${name}`]);
  });
});

describe('a prop that no template reads', () => {
  const schema = (props: string): Readonly<Record<string, string>> => ({
    'db/things/schema.d/mine.json': `{\n  "thing": {\n    "type": {"doc": "t", "kind": "choice", "values": ["thing"]},\n${props}\n  }\n}\n`,
    'templates/etc/a/10a': '{{#each (records "things" type="thing")}}{{Used}}{{prop this (concat "X." "y")}}{{/each}}',
    'events/e/templates2expand/etc/a': '',
  });

  it('is found in a schema, with its line', () => {
    const files = {
      ...schema('    "Used": {"doc": "u", "kind": "text"},\n    "Idle": {"doc": "i", "kind": "text"}'),
      'templates/etc/a/10a': '{{#each (records "things" type="thing")}}{{Used}}{{/each}}',
    };
    expect(lintOf(files)).toEqual([
      `fault prop-not-read ${C}/db/things/schema.d/mine.json:5: no template reads things (thing) Idle`,
    ]);
  });

  it('is none where a fragment may read any, or the schema says who else does', () => {
    expect(lintOf(schema('    "Idle": {"doc": "i", "kind": "text"}'))).toEqual([]);
    const others = {
      ...schema(
        '    "A": {"doc": "i", "kind": "text", "reader": "docksmith reconcile"},\n    "B": {"doc": "i", "kind": "text", "reader": "action tell"},\n    "D": {"doc": "i", "kind": "text", "reader": "the web shop"}',
      ),
      'templates/etc/a/10a': 'a',
    };
    expect(lintOf(others)).toEqual([
      `fault prop-not-read ${C}/db/things/schema.d/mine.json:5: things (thing) B is said to be read by "action tell", and there is none`,
    ]);
    const host = hostWith(others);
    host.write(`${C}/events/e/S50tell`, '#!/bin/sh\n', 0o755);
    expect(lint(host)).toEqual([]);
  });

  it('is found in a record of a kind that has a schema, and never shows its value', () => {
    const host = hostWith(schema('    "Used": {"doc": "u", "kind": "text"}'));
    host.write('/var/lib/docksmith/db/things', 'one=thing|Own|1|Usedd|hunter2|X.y|2\nother=unknown|Any|1\n');
    host.write(`${C}/templates/etc/a/20own`, '{{prop "things" "one" "Own"}}');
    host.write(
      `${C}/templates/etc/a/10a`,
      '{{#each (records "things" type="thing")}}{{Used}}{{#if (exists X.y)}}{{/if}}{{/each}}',
    );
    const { findings } = lintTree(host.paths, []);
    expect(findings.map(({ what, advice }) => `${what} -> ${advice}`)).toEqual([
      'no schema has prop "Usedd" of record "one", and no template reads it -> where Used is meant: db things setprop one Used …',
      'no schema has prop "X.y" of record "one", and no template reads it -> nothing to do if another program reads it; a schema can name that program: db/things/schema.d',
    ]);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });
});

it('names helpers that are none, wherever a fragment or metadata calls one, with what is meant', () => {
  const host = hostWith({
    'templates/etc/a/10a':
      'a\n{{#if (eq 1 2)}}{{uper "a"}}{{/if}}\n  {{#eahc (records "things")}}{{/eahc}}\n{{join (map (split "a") "lowr")}}\n{{#if (enabld x)}}{{qqqqqq y=1}}{{/if}}',
    'templates.metadata/etc/a': 'OUTPUT_FILENAME=/etc/{{lowre "A"}}\n',
    'events/e/templates2expand/etc/a': '',
  });
  const found = lintTree(host.paths, []).findings.filter(({ rule }) => rule === 'helper-not-there');
  expect(found.map(({ at, what, advice }) => `${formatPlace(at)} ${what} ${advice}`)).toEqual([
    `${C}/templates.metadata/etc/a there is no helper "lowre" did you mean "lower"?`,
    `${C}/templates/etc/a/10a:2:17 there is no helper "uper" did you mean "upper"?`,
    `${C}/templates/etc/a/10a:3:3 there is no helper "eahc" did you mean "each"?`,
    `${C}/templates/etc/a/10a:4:8 there is no helper "lowr" did you mean "lower"?`,
    `${C}/templates/etc/a/10a:5:7 there is no helper "enabld" did you mean "enabled"?`,
    `${C}/templates/etc/a/10a:5:19 there is no helper "qqqqqq" docksmith helpers lists those that there are`,
  ]);
});

it('refuses a tree that cannot be read, all mistakes at once', () => {
  const host = hostWith({
    'templates/etc/a/10a': '{{#if',
    'templates/etc/b/10b': '{{/if}}',
    'events/e/templates2expand/etc/a': '',
    'events/e/templates2expand/etc/b': '',
  });
  expect(() => lintTree(host.paths, [])).toThrow(/10a:1:\d+: [\s\S]*10b:1:/);
});

it('is shown with why and what to do, in 80 columns', () => {
  const host = hostWith({ 'templates/etc/lost/10l': 'l' });
  const text = formatLintFindings(lintTree(host.paths, []).findings, (_, words) => words, 80);
  expect(text).toBe(`${C}/templates/etc/lost/10l: fault (template-in-no-event)
    no event and no other template expands /etc/lost
    its text is written to no file, unless another program expands it
    -> touch /etc/docksmith/events/EVENT/templates2expand/etc/lost; or give it
    the path that was meant

`);
});

describe("SME Server's events", () => {
  const SME = '/etc/e-smith/events';
  const hostWithEvents = (steps: Readonly<Record<string, string>>, fragment: string): TempHost => {
    const host = hostWith({
      'templates/etc/it/10a': fragment,
      'events/it/templates2expand/etc/it': '',
      'events/it/services2adjust/x': 'reload',
      'templates.metadata/etc/it': 'SERVICES = x',
    });
    for (const [name, text] of Object.entries(steps)) host.write(`${SME}/${name}`, text);
    return host;
  };
  const found = (host: TempHost): readonly string[] =>
    lintTree(host.paths, ['reconcile'])
      .findings.filter(({ rule }) => rule === 'event-not-linked')
      .map(({ level, what, why, advice }) => `${level} ${what}; ${why}; ${advice}`);

  it('have to signal docksmith: without any link it is the package that is missing', () => {
    expect(found(hostWithEvents({ 'host-create/S10x': '', 'domain-create/S10x': '' }, 'x'))).toEqual([
      "fault none of SME Server's events signals docksmith; after a change of names, addresses or networks its files and the packet filter stay as they were; install the package smeserver-docksmith",
    ]);
    expect(found(hostWith({}))).toEqual([]);
  });

  it('have to signal it where a template reads what they change, and nowhere else', () => {
    const steps = {
      'host-create/S95docksmith-update': '',
      'user-create/S10x': '',
      'domain-create/S10x': '',
      'reboot/S99reboot': '',
    };
    expect(found(hostWithEvents(steps, '{{#each (records "hosts")}}{{key}}{{/each}}'))).toEqual([
      "fault SME Server's event domain-create does not signal docksmith; /etc/it reads what it changes (db hosts), and stays as it was; ln -s ../actions/docksmith-update /etc/e-smith/events/domain-create/S95docksmith-update",
    ]);
    expect(found(hostWithEvents(steps, '{{#each (records "accounts")}}{{key}}{{/each}}'))).toEqual([
      "fault SME Server's event user-create does not signal docksmith; /etc/it reads what it changes (db accounts), and stays as it was; ln -s ../actions/docksmith-update /etc/e-smith/events/user-create/S95docksmith-update",
    ]);
    expect(found(hostWithEvents(steps, 'nothing'))).toEqual([]);
  });
});
