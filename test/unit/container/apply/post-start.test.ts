import { describe, expect, it } from 'vitest';
import { applyPlan } from '../../../../src/container/apply/apply.ts';
import type { Operation } from '../../../../src/container/plan/operation.ts';
import { parseRunSpec, type RunSpec } from '../../../../src/container/spec/run-spec.ts';
import { listHooks } from '../../../../src/container/spec/keys/hooks.ts';
import type { CommandEnd } from '../../../../src/engine/engine.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';

const specOf = (name: string, more: string): RunSpec =>
  parseRunSpec(`/etc/docksmith/containers/${name}.yaml`, `services: {${name}: {image: "app:1", ${more}}}\n`);

describe('commands that are run in a container', () => {
  it('are read as Compose writes them', () => {
    const { values } = specOf(
      'web',
      'post_start: [{command: "touch \'a b\'"}, {command: [x], user: root, privileged: true, working_dir: /srv, environment: [A=b, C]}]',
    );
    expect(listHooks(values['post_start'])).toEqual([
      { command: ['touch', 'a b'] },
      { command: ['x'], user: 'root', privileged: true, working_dir: '/srv', environment: { A: 'b', C: '' } },
    ]);
  });

  it.each([
    ['pre_stop: [{user: root}]', 'needs a command'],
    ['pre_stop: [{command: "touch \'a"}]', 'a quote is left open'],
    ['pre_stop: [{command: [x], shell: y}]', 'docksmith does not support this key'],
    ['post_start: {command: [x]}', 'must be a list'],
  ])('are refused as %s', (said, why) => {
    expect(() => specOf('web', said)).toThrow(why);
  });

  const create = (spec: RunSpec): Operation => ({ verb: 'create', name: spec.name, cause: 'not there', spec });

  it('are run when it was started, before what needs it is', async () => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    const [web, later] = [
      specOf('web', 'post_start: [{command: [one]}, {command: [two]}]'),
      specOf('later', 'depends_on: {web: {condition: service_started}}'),
    ];
    const specs = new Map([web, later].map((spec) => [spec.name, spec]));
    const wait = (): Promise<void> => Promise.resolve();
    await applyPlan(engine, { operations: [create(web), create(later)], notes: [], specs }, undefined, wait);
    expect(engine.calls).toEqual([
      'create web',
      'start web',
      'exec web one',
      'exec web two',
      'create later',
      'start later',
    ]);
  });

  it('leave it as it is where one fails, and what needs it is not started', async () => {
    class Failing extends MemoryEngine {
      override async runCommand(...args: Parameters<MemoryEngine['runCommand']>): Promise<CommandEnd> {
        await super.runCommand(...args);
        return { exitCode: 3, lines: ['no'] };
      }
    }
    const engine = new Failing({ images: { 'app:1': {} } });
    const [web, later] = [
      specOf('web', 'post_start: [{command: [one]}, {command: [two]}]'),
      specOf('later', 'depends_on: {web: {condition: service_started}}'),
    ];
    const specs = new Map([web, later].map((spec) => [spec.name, spec]));
    const { failed } = await applyPlan(
      engine,
      { operations: [create(web), create(later)], notes: [], specs },
      undefined,
      () => Promise.resolve(),
    );
    expect(failed.map(({ failure }) => failure.message)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('its post_start command "one" ended with exit code 3; its last lines were:\n  no'),
        expect.stringContaining('cannot create container "later": it needs "web"'),
      ]),
    );
    expect(engine.calls).toEqual(['create web', 'start web', 'exec web one']);
  });

  it('are run before it is stopped, where it runs', async () => {
    const engine = new MemoryEngine({ images: { 'app:1': {} } });
    const id = await engine.createContainer('web', { Image: 'app:1', HostConfig: {} });
    const before = [{ command: ['bye'] }];
    await engine.startContainer(id);
    await engine.stopContainer(id, { before });
    await engine.stopContainer(id, { before });
    expect(engine.calls).toEqual(['create web', 'start web', 'exec web bye', 'stop web', 'stop web']);
  });
});
