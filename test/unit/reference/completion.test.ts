import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { VALUES_OF_KINDS } from '../../../scripts/reference/completion/tables.ts';
import { listReference } from '../../../scripts/reference/index.ts';
import { ALL_NAMES, COMMAND_NAMES } from '../../../src/cli/command-names.ts';
import type { Command } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { checkByKind, KINDS } from '../../../src/db/kinds.ts';
import { readSchema } from '../../../src/db/read-schema.ts';
import { findPaths } from '../../../src/base/paths.ts';
import { makeFolder, writeTree } from '../../support/folder.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const ALL: readonly Command[] = await Promise.all(COMMAND_NAMES.map((name) => COMMANDS[name]()));
const FOR_PEOPLE = ALL.filter(({ internal }) => internal !== true);

let awk: string;
let root: string;
beforeAll(async () => {
  const text = (await listReference(ROOT)).get('completion/docksmith.bash') ?? '';
  awk = /_docksmith_awk='([^']*)'/.exec(text)?.[1] ?? '';
});

/** What is offered behind these words, the last one unfinished: words, or with `docs` also what is said of them. */
function complete(...words: readonly string[]): readonly string[] {
  return completeBy(['awk'], words);
}

function completeBy([program = '', ...args]: readonly string[], words: readonly string[]): readonly string[] {
  const { stdout, stderr } = spawnSync(program, [...args, '-v', 'only=yes', awk, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], DOCKSMITH_ROOT: root },
  });
  expect(stderr).toBe('');
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('\t')[0] ?? '');
}

beforeEach(() => {
  root = makeFolder();
  writeTree(root, {
    'var/lib/docksmith/db/docker_containers':
      '# a comment\nwiki=service|Application|shop|Env.NAME|a \\| b|Odd|1|status|enabled\ndb=service|Image|db:1\n',
    'var/lib/docksmith/db/docker_images': 'wiki=service\n',
    'var/lib/docksmith/db/configuration': 'docker=service|status|enabled\n',
    'var/lib/docksmith/db/own_db': 'one=thing\n',
    'var/lib/docksmith/state/ledger':
      'docksmith ledger 1 00000000\nfolder\t/etc/folder\noriginal\t/etc/was\t1\n/etc/one file\tx\n/etc/two\ty\n',
    'etc/docksmith/events/own-event/S50': '',
  });
});

describe('a definition of a command', () => {
  it('says what its operands are', () => {
    const silent = FOR_PEOPLE.filter(
      ({ operands: { max, of, ofContainers } }) => max > 0 && of === undefined && ofContainers !== true,
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });
});

describe('values of kinds', () => {
  it('are such that the kind allows them', () => {
    const wrong = Object.entries(VALUES_OF_KINDS).flatMap(([kind, values]) =>
      values
        .filter((value) => !KINDS.includes(kind) || (!value.startsWith('@') && checkByKind(kind, value) !== undefined))
        .map((value) => `${kind}: ${value}`),
    );
    expect(wrong).toEqual([]);
  });
});

describe('completion', () => {
  it('offers all commands and all second words', () => {
    const ofTwo = COMMAND_NAMES.map((name) => name.split(' ')).filter((words) => words.length === 2);
    const known = ALL_NAMES.filter((name) => !name.includes(' ') && name !== 'log' && name !== 'filter');
    const internal = ALL.filter((each) => each.internal === true).map(({ name }) => name);
    const offered = complete('docksmith', '');
    expect([...offered].sort()).toEqual(
      [...known.filter((name) => !internal.includes(name)), 'help', '--help', '--version'].sort(),
    );
    for (const [group = '', second = ''] of ofTwo) expect(complete('docksmith', group, '')).toContain(second);
    expect(complete('docksmith', 'help', 'app', 'st')).toEqual(['status', 'start', 'stop']);
  });

  it('offers the options of each command, and not again what was typed', () => {
    for (const { name, options, raw, isProgram } of FOR_PEOPLE) {
      const called = isProgram === true ? [name] : ['docksmith', ...name.split(' ')];
      const names = Object.keys(options).map((option) => `--${option}`);
      expect(complete(...called, '--'), name).toEqual([...names, ...(raw === undefined ? ['--help'] : [])]);
    }
    expect(complete('docksmith', 'status', '--json', '--q')).toEqual(['--quiet']);
    expect(complete('docksmith', 'status', '--json', '--j')).toEqual([]);
    expect(complete('docksmith', 'log', '-n', '3', '--c')).toEqual([]);
    expect(complete('docksmith', 'exec', 'wiki', '--')).toEqual([]);
  });

  it('offers the values of options', () => {
    expect(complete('docksmith', 'graph', '--format', '')).toEqual(['tree', 'svg', 'dot', 'mermaid']);
    expect(complete('docksmith', 'graph', '--format=s')).toEqual(['--format=svg']);
    expect(complete('docksmith', 'adopt', '-f', '')).toEqual(['<file>']);
    expect(complete('docksmith', 'logs', '--lines', '')).toEqual([]);
    expect(complete('docksmith', 'logs', '--lines', '3', 'w')).toEqual(['wiki']);
  });

  it('offers records, applications, events, files and recipes of this server', () => {
    expect(complete('docksmith', 'status', '')).toEqual(['wiki', 'db', 'shop/']);
    expect(complete('docksmith', 'app', 'stop', '')).toEqual(['shop']);
    expect(complete('docksmith', 'image', 'pull', '')).toEqual(['wiki']);
    expect(complete('docksmith', 'why', '/')).toEqual(['/etc/one file', '/etc/two']);
    expect(complete('signal-event', 'o')).toEqual(['own-event']);
    expect(complete('docksmith', 'signal-event', 'docker-container-update', 's')).toEqual(['shop/']);
    expect(complete('signal-event', 'post-install', '')).toEqual([]);
    expect(complete('docksmith', 'add', 'wik')).toEqual(['wiki']);
    expect(complete('docksmith', 'helpers', 'defau')).toEqual(['default']);
    expect(complete('docksmith', 'edit', 'own')).toEqual(['own_db']);
    expect(complete('docksmith', 'edit', 'own_db', '')).toEqual(['one']);
    expect(complete('expand-template', '/etc/cron')).toEqual(['/etc/cron.d/docksmith']);
  });

  it('offers dbs, keys, types and props', () => {
    expect(complete('db', 'own')).toEqual(['own_db']);
    expect(complete('db', 'own_db', 'get', '')).toEqual(['one']);
    expect(complete('/usr/bin/db', 'docker_containers', 'setp')).toEqual(['setprop']);
    expect(complete('db', 'docker_containers', 'set', 'new', '')).toEqual(['service']);
    expect(complete('db', 'docker_containers', 'getprop', 'wiki', 'Od')).toEqual(['Odd']);
    expect(complete('db', 'docker_containers', 'getprop', 'wiki', 'Env.')).toEqual(['Env.', 'Env.NAME']);
    expect(complete('db', '--json', 'own_db', 'get', '')).toEqual(['one']);
    expect([...complete('config', 'setprop', 'dock')].sort()).toEqual([
      'docker',
      'docksmith',
      'docksmith-clock',
      'docksmith-watch',
    ]);
    expect(complete('config', 'get', 'docker', '')).toEqual([]);
  });

  it('offers each value that the schema allows, also for the second pair and behind PROP=', () => {
    for (const [db, types] of Object.entries(readSchema(findPaths({ DOCKSMITH_ROOT: root }))))
      for (const [type, props] of Object.entries(types)) {
        const [prop, schema] = Object.entries(props).find(([name, { values }]) => values && name !== 'type') ?? [];
        if (prop === undefined || schema === undefined) continue;
        const called = db === 'configuration' ? ['config', 'set', type, 'service'] : ['db', db, 'set', 'x', type];
        expect(complete(...called, prop, ''), `${db} ${type}`).toEqual(schema.values);
        expect(complete(...called, 'A', 'b', prop, ''), `${db} ${type}`).toEqual(schema.values);
      }
    expect(complete('db', 'docker_containers', 'setprop', 'wiki', 'Odd', '2', 'status', 'd')).toEqual(['disabled']);
    expect(complete('docksmith', 'impact', 'docker_containers', 'wiki', 'status=')).toEqual([
      'status=enabled',
      'status=disabled',
    ]);
    expect(complete('db', 'docker_containers', 'setprop', 'db', 'DependsOn', 'db,w')).toEqual(['db,wiki']);
    expect(complete('db', 'docker_containers', 'setprop', 'db', 'Image', '')).toEqual(['wiki']);
  });

  it('is the same with every awk that there is', () => {
    const all = [['mawk'], ['gawk'], ['gawk', '--posix'], ['original-awk'], ['busybox', 'awk']].filter(
      ([program = '']) => spawnSync(program, ['--help']).error === undefined,
    );
    expect(all).not.toEqual([]);
    for (const words of ['docksmith status ', 'db own_db ', 'docksmith image ', 'docksmith adopt -f ', 'config get d'])
      for (const each of all)
        expect(completeBy(each, words.split(' ')), each.join(' ')).toEqual(complete(...words.split(' ')));
  });

  it('offers nothing for what is no command, and reads no db that is not there', () => {
    expect(complete('docksmith', 'nonsense', '')).toEqual([]);
    expect(complete('db', 'none_such', 'get', '')).toEqual([]);
    expect(complete('db', "/it's/none", 'get', '')).toEqual([]);
  });
});
