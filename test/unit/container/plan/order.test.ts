import { expect, it } from 'vitest';
import type { Operation } from '../../../../src/container/plan/operation.ts';
import { orderOperations } from '../../../../src/container/plan/order.ts';
import type { RunSpec } from '../../../../src/container/spec/run-spec.ts';

function specOf(name: string, values: RunSpec['values']): RunSpec {
  return { name, file: '', ownLabels: {}, networks: [], values: { image: 'app:1', ...values } };
}

const create = (name: string, values: RunSpec['values'] = {}): Operation => ({
  verb: 'create',
  name,
  cause: 'not there',
  spec: specOf(name, values),
});
const recreate = (name: string): Operation => ({
  verb: 'recreate',
  name,
  nameNow: name,
  id: name,
  cause: 'it is another one',
  spec: specOf(name, {}),
  stop: {},
  wasRunning: true,
});
const pull = (name: string, isMissing: boolean): Operation => ({
  verb: 'pull',
  name,
  cause: 'not there',
  isMissing,
  source: { kind: 'registry' } as never,
});

const names = (operations: readonly Operation[]): readonly string[] =>
  operations.map(({ verb, name }) => `${verb} ${name}`);
const describeOrder = (operations: readonly Operation[]): unknown =>
  Object.fromEntries(
    orderOperations(operations).map(({ operation, after, needs }) => [
      `${operation.verb} ${operation.name}`,
      [names(after), names(needs)],
    ]),
  );

it('lets a new container wait for those that it needs, and for no other new one', () => {
  expect(describeOrder([create('db'), create('cache'), create('wiki', { depends_on: ['db'] })])).toEqual({
    'create db': [[], []],
    'create cache': [[], []],
    'create wiki': [['create db'], []],
  });
});

it('lets what replaces something wait for all that was begun, and what comes later for it', () => {
  expect(describeOrder([create('db'), create('cache'), recreate('wiki'), recreate('git'), create('late')])).toEqual({
    'create db': [[], []],
    'create cache': [[], []],
    'recreate wiki': [['create db', 'create cache'], []],
    'recreate git': [['recreate wiki'], []],
    'create late': [['recreate git'], []],
  });
});

it('begins nothing without what all need, and a container not without its image', () => {
  const newer: Operation = { ...pull('app:1', false) };
  expect(
    describeOrder([
      { verb: 'network', name: 'lan', cause: 'wanted by wiki', create: {} as never },
      newer,
      recreate('wiki'),
    ]),
  ).toEqual({
    'network lan': [[], []],
    'pull app:1': [['network lan'], ['network lan']],
    'recreate wiki': [['pull app:1'], ['network lan', 'pull app:1']],
  });
  expect(describeOrder([pull('other:1', true), recreate('wiki')])).toMatchObject({
    'recreate wiki': [['pull other:1'], ['pull other:1']],
  });
});

it('begins nothing more of a container of which something was not done', () => {
  const stop: Operation = { verb: 'stop', name: 'wiki', nameNow: 'wiki', id: '1', cause: 'in the way', stop: {} };
  expect(describeOrder([stop, recreate('git'), recreate('wiki')])).toMatchObject({
    'recreate git': [['stop wiki'], []],
    'recreate wiki': [['recreate git'], ['stop wiki']],
  });
});

it('starts and restarts several at a time too, each after those that it needs', () => {
  const start = (name: string): Operation => ({
    verb: 'start',
    name,
    nameNow: name,
    id: name,
    cause: 'stopped',
    paused: false,
  });
  const restart = (name: string): Operation => ({
    verb: 'restart',
    name,
    nameNow: name,
    id: name,
    cause: 'stopped',
    stop: {},
  });
  const specs = new Map([['wiki', specOf('wiki', { depends_on: ['db:healthy', 'cache:started?'] })]]);
  expect(
    orderOperations([start('db'), restart('cache'), start('git'), restart('wiki')], specs).map(
      ({ operation, after }) => [operation.name, names(after)],
    ),
  ).toEqual([
    ['db', []],
    ['cache', []],
    ['git', []],
    ['wiki', ['start db', 'restart cache']],
  ]);
});
