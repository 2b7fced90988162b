import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseStepCommand } from '../../../src/event/step-command.ts';

const GIVEN = ['docker-update', 'wiki', 'a b'];
const parse = (...lines: readonly string[]): unknown => parseStepCommand(['#!/bin/sh', ...lines, ''].join('\n'), GIVEN);

describe('a step that only calls docksmith', () => {
  it.each([
    [['exec docksmith restart-daemon'], { name: 'restart-daemon', args: [] }],
    [['exec docksmith filter --quiet'], { name: 'filter', args: ['--quiet'] }],
    [
      ['# a comment', '', 'shift', 'exec docksmith reconcile --boot "$@"'],
      { name: 'reconcile', args: ['--boot', 'wiki', 'a b'] },
    ],
    [['exec docksmith reconcile "$@"'], { name: 'reconcile', args: GIVEN }],
    [['shift', '  shift  ', '\texec  docksmith\tstop "$@"', '# the end'], { name: 'stop', args: ['a b'] }],
    [
      ['shift', 'exec docksmith db docker_containers setprop wiki Env.A=1'],
      { name: 'db', args: ['docker_containers', 'setprop', 'wiki', 'Env.A=1'] },
    ],
  ])('%j', (lines, command) => {
    expect(parse(...lines)).toEqual(command);
  });

  it.each(['#!/bin/bash', '#!/bin/dash', '#! /bin/sh', '#!/usr/bin/env sh', '#!/bin/sh -e', '#!/bin/sh -eu'])(
    'may begin with %s',
    (first) => {
      expect(parseStepCommand(`${first}\nexec docksmith plan\n`, GIVEN)).toEqual({ name: 'plan', args: [] });
    },
  );

  it('is what every shipped action is', () => {
    const folder = path.resolve(import.meta.dirname, '../../../events/actions');
    const others = readdirSync(folder).filter(
      (name) => parseStepCommand(readFileSync(path.join(folder, name), 'utf8'), GIVEN) === undefined,
    );
    expect(others).toEqual([]);
  });
});

describe('any other script is run as it is', () => {
  it.each([
    [['docksmith reconcile "$@"']],
    [['exec docksmith reconcile "$@"', 'echo done']],
    [['exec docksmith reconcile $@']],
    [['exec docksmith reconcile $1']],
    [['exec docksmith reconcile "wiki"']],
    [['exec docksmith reconcile > /dev/null']],
    [['exec docksmith reconcile wiki;', 'true']],
    [['exec docksmith reconcile "$@" wiki']],
    [['exec docksmith *']],
    [['exec docksmith']],
    [['exec /usr/bin/docksmith reconcile']],
    [['PATH=/opt exec docksmith reconcile']],
    [['PATH=/opt', 'exec docksmith reconcile']],
    [['set -e', 'exec docksmith reconcile']],
    [['shift 2', 'exec docksmith reconcile']],
    [['shift', 'shift', 'shift', 'shift', 'exec docksmith reconcile "$@"']],
    [['exec docksmith reconcile \\', '  wiki']],
    [['exec docksmith stop ~root']],
    [['exec docksmith stop wiki # now']],
    [[]],
  ])('%j', (lines) => {
    expect(parse(...lines)).toBeUndefined();
  });

  it.each(['#!/usr/bin/perl', '#!/bin/sh -x', 'exec docksmith plan', '#!/usr/bin/env python3'])(
    'one that begins with %s',
    (first) => {
      expect(parseStepCommand(`${first}\nexec docksmith plan\n`, GIVEN)).toBeUndefined();
    },
  );
});
