import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { readActual } from '../../src/container/actual/actual.ts';
import { applyPlan } from '../../src/container/apply/apply.ts';
import { connectEngine } from '../../src/engine/docker/docker-engine.ts';
import { EngineGone } from '../../src/engine/engine-gone.ts';
import type { Engine } from '../../src/engine/engine.ts';
import type { ContainerInspect } from '../../src/engine/engine-api.ts';
import { inspectImage, listPublishedPorts } from '../../src/container/actual/engine-facts.ts';
import { formatPlan } from '../../src/container/plan/format-plan.ts';
import { planAsked } from '../../src/container/plan/asked/plan-asked.ts';
import { desire, planFor, reconcile, showPlan, type Wanted } from '../support/container-world.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const MUTATING = /^(pull|create|start|unpause|stop|restart|rename|update|remove)/;

/** The engine as a process sees it that is killed after so many calls that change something. */
function dieAfter(engine: Engine, calls: number): Engine {
  let left = calls;
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        if (MUTATING.test(String(name)) && --left < 0) throw new EngineGone('killed', { why: 'test' });
        return Reflect.apply(member, target, args);
      };
    },
  });
}

it('says at which socket there is no engine', async () => {
  await expect(connectEngine('/nowhere/docker.sock')).rejects.toThrow(
    'cannot reach the Docker engine at "/nowhere/docker.sock": no such file or folder',
  );
  await expect(connectEngine('unix:///nowhere/docker.sock')).rejects.toThrow('"/nowhere/docker.sock"');
  await expect(connectEngine('tcp://127.0.0.1:1')).rejects.toThrow('"tcp://127.0.0.1:1": connection refused');
});

needs('dockerd')('reconciling a real engine', () => {
  const machine = useMachine({ clears: true });
  let engine: Engine;
  let srv: string;
  beforeAll(async () => {
    engine = await connectEngine(machine.proxy.socket);
    await makeSleepImage(machine.engine, 'app:1', { expose: ['80/tcp'], changes: ['VOLUME /state'] });
    srv = path.join(machine.engine.dir, 'srv');
    mkdirSync(srv);
  });

  async function inspect(name: string): Promise<ContainerInspect> {
    const found = await engine.findContainer(name);
    if (found === undefined) throw new Error(`no container ${name}`);
    return found;
  }
  async function listNames(): Promise<readonly string[]> {
    return (await engine.listContainers()).map(({ name, status }) => `${name} ${status}`).sort();
  }
  /** `POST start`, in order, without versions and ids */
  const showCalls = (): readonly string[] =>
    machine.proxy.listMutating().map((call) =>
      call
        .replace(/^(\w+) \/v[\d.]+\/containers\/(?:[0-9a-f]{64}\/?)?/, '$1 ')
        .replace(/\?.*/, '')
        .trim(),
    );

  it('makes no mutating call when nothing changed, and changes one container alone when one key did', async () => {
    const wanted = (memory: string): Wanted => ({
      git: 'ports: ["2222:22"]\nrestart: unless-stopped',
      wiki: `ports: ["127.0.0.1:23000:80"]\nvolumes: ["${srv}:/images"]\nmem_limit: ${memory}\nlogging: {driver: json-file, options: {max-size: 10m, max-file: "5"}}`,
    });
    machine.proxy.reset();
    expect(await showPlan(engine, wanted('256m'))).toEqual(['create git: not there', 'create wiki: not there']);
    expect((await reconcile(engine, wanted('256m'))).failed).toEqual([]);
    expect(showCalls().toSorted()).toEqual(['POST create', 'POST create', 'POST start', 'POST start']);
    const before = { git: await inspect('git'), wiki: await inspect('wiki') };
    expect(before.wiki).toMatchObject({
      HostConfig: {
        Memory: 256 * 1024 ** 2,
        PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '23000' }] },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } },
      },
      Config: {
        Labels: {
          'docksmith.managed': 'true',
          'docksmith.name': 'wiki',
          'docksmith.spec-hash': expect.stringMatching(/^2:[0-9a-f]{64}$/) as string,
        },
      },
    });
    expect(before.wiki.Mounts).toContainEqual(
      expect.objectContaining({ Type: 'bind', Source: srv, Destination: '/images', RW: true }),
    );

    machine.proxy.reset();
    expect(await showPlan(engine, wanted('256m'))).toEqual(['nothing to do']);
    await reconcile(engine, wanted('256m'));
    expect(machine.proxy.listMutating()).toEqual([]);

    // a live update: the same container, started when it was
    expect(await showPlan(engine, wanted('512m'))).toEqual(['update wiki: memory 256m -> 512m']);
    await reconcile(engine, wanted('512m'));
    expect(showCalls()).toEqual(['POST update']);
    const after = { git: await inspect('git'), wiki: await inspect('wiki') };
    expect(after.wiki.HostConfig).toMatchObject({ Memory: 512 * 1024 ** 2, MemorySwap: 1024 ** 3 });
    expect([after.wiki.Id, after.wiki.State.StartedAt, after.git.Id, after.git.State.StartedAt]).toEqual([
      before.wiki.Id,
      before.wiki.State.StartedAt,
      before.git.Id,
      before.git.State.StartedAt,
    ]);

    // a recreate of one leaves the other
    const moved = { ...wanted('512m'), git: 'ports: ["2223:22"]\nrestart: unless-stopped' };
    expect(await showPlan(engine, moved)).toEqual(['recreate git: ports 2222:22 -> 2223:22']);
    expect((await reconcile(engine, moved)).failed).toEqual([]);
    expect((await inspect('wiki')).State.StartedAt).toBe(before.wiki.State.StartedAt);
    expect((await inspect('git')).Id).not.toBe(before.git.Id);
    expect(await listPublishedPorts(engine)).toContainEqual({
      protocol: 'tcp',
      address: '0.0.0.0',
      port: 2223,
      container: 'git',
      ours: true,
    });
    expect(await inspectImage(engine, 'app:1')).toEqual({ exposedPorts: [{ port: 80, protocol: 'tcp' }] });
  });

  it.each([
    ['mem_limit: 64m\nmemswap_limit: 96m', 'mem_limit: 32m\nmemswap_limit: 48m'],
    ['mem_limit: 64m', 'mem_limit: 64m\nmemswap_limit: -1'],
    ['mem_limit: 64m\nmemswap_limit: 80m', 'mem_limit: 256m'],
    ['', 'mem_limit: 64m'],
    ['', 'mem_reservation: 32m'],
    ['', 'cpus: 0.5'],
    ['cpus: 0.5', 'cpus: 1.5'],
    ['cpu_shares: 512', ''],
    ['', 'cpuset: "0"'],
    ['pids_limit: 50', ''],
    ['', 'pids_limit: 60'],
    ['restart: always', 'restart: on-failure:2'],
    ['restart: always', ''],
  ])('goes from %j to %j on the living container', async (before, after) => {
    await reconcile(engine, { it: before });
    const { Id, State } = await inspect('it');
    expect(await showPlan(engine, { it: after })).toEqual([expect.stringMatching(/^update it: /)]);
    expect((await reconcile(engine, { it: after })).failed).toEqual([]);
    expect(await showPlan(engine, { it: after })).toEqual(['nothing to do']);
    const now = await inspect('it');
    expect([now.Id, now.State.StartedAt]).toEqual([Id, State.StartedAt]);
  });

  it.each(['mem_limit: 64m', 'mem_reservation: 32m', 'cpus: 0.5', 'cpuset: "0"'])(
    'takes %j back with a new container',
    async (before) => {
      await reconcile(engine, { it: before });
      expect(await showPlan(engine, { it: '' })).toEqual([expect.stringMatching(/^recreate it: .* -> none$/)]);
      expect((await reconcile(engine, { it: '' })).failed).toEqual([]);
      expect(await showPlan(engine, { it: '' })).toEqual(['nothing to do']);
    },
  );

  it('refuses a limit below what is in use, with the numbers', async () => {
    const command =
      'command: [sh, -c, "x=$$(head -c 20000000 /dev/zero | tr \\"\\\\0\\" a); while :; do sleep 1; done"]\nstop_grace_period: 0s';
    await reconcile(engine, { it: `${command}\nmem_limit: 256m` });
    const { Id } = await inspect('it');
    while ((await engine.getMemoryUse(Id)) < 15_000_000) await setTimeout(20);
    await expect(planFor(engine, { it: `${command}\nmem_limit: 8m` })).rejects.toThrow(
      /a memory limit of 8m is below the \d+m that it uses now/,
    );
  });

  it('leaves a foreign container of a wanted name alone', async () => {
    await machine.engine.docker('run', '-d', '--name', 'wiki', 'app:1');
    machine.proxy.reset();
    await expect(reconcile(engine, { git: '', wiki: '' })).rejects.toThrow(
      'cannot use the name "wiki" for a container: a container of that name exists that docksmith does not own',
    );
    expect(machine.proxy.listMutating()).toEqual([]);
    // a name that only looks alike is no reason
    expect((await reconcile(engine, { wik: '' })).failed).toEqual([]);
  });

  it('removes orphans only when told to, and never a volume', async () => {
    await reconcile(engine, { wiki: 'volumes: ["wiki-data:/data"]' });
    const volumes = new Set(await engine.listVolumes());
    expect(await showPlan(engine, {})).toEqual([
      'nothing to do',
      'orphan wiki: no record wants it; docksmith reconcile --remove-orphans removes it',
    ]);
    expect((await reconcile(engine, {}, { removeOrphans: true })).failed).toEqual([]);
    expect(await listNames()).toEqual([]);
    expect(new Set(await engine.listVolumes())).toEqual(volumes);
  });

  it('carries anonymous volumes over a recreate', async () => {
    await reconcile(engine, { wiki: '' });
    await machine.engine.docker('exec', 'wiki', 'sh', '-c', 'echo kept > /state/file');
    for (const user of ['0', '0:0']) expect((await reconcile(engine, { wiki: `user: "${user}"` })).failed).toEqual([]);
    expect(await machine.engine.docker('exec', 'wiki', 'cat', '/state/file')).toBe('kept');
  });

  it('brings the old container back when the new one cannot be made or started', async () => {
    await reconcile(engine, { git: 'ports: ["2222:22"]', wiki: '' });
    const old = await inspect('wiki');
    const gone = path.join(machine.engine.dir, 'gone');
    for (const [lines, why] of [
      [`volumes: ["${gone}:/x"]`, /bind source path does not exist/],
      ['ports: ["2222:80"]', /port is already allocated/],
      ['command: [/no/such]', /no such file or directory/],
    ] as const) {
      const { failed } = await reconcile(engine, { git: 'ports: ["2222:22"]', wiki: lines });
      expect(failed.map(({ failure }) => failure.why)).toEqual([expect.stringMatching(why)]);
      expect(await listNames()).toEqual(['git running', 'wiki running']);
      expect((await inspect('wiki')).Id).toBe(old.Id);
    }
    rmSync(gone, { recursive: true, force: true });
  });

  it('removes a new container that does not start', async () => {
    await reconcile(engine, { git: 'ports: ["2222:22"]' });
    const { failed } = await reconcile(engine, { git: 'ports: ["2222:22"]', wiki: 'ports: ["2222:80"]' });
    expect(failed.map(({ failure }) => failure.message)).toEqual([
      expect.stringMatching(/^cannot start container "wiki": .*port is already allocated/),
    ]);
    expect(await listNames()).toEqual(['git running']);
  });

  it('swaps the ports of two containers', async () => {
    await reconcile(engine, { one: 'ports: ["8080:80"]', two: 'ports: ["8081:80"]' });
    const { failed, done } = await reconcile(engine, { one: 'ports: ["8081:80"]', two: 'ports: ["8080:80"]' });
    expect([failed, done.map(({ verb, name }) => `${verb} ${name}`)]).toEqual([
      [],
      ['stop two', 'recreate one', 'recreate two'],
    ]);
    expect(await listNames()).toEqual(['one running', 'two running']);
  });

  it('begins nothing when an image cannot be had', async () => {
    await reconcile(engine, { old: '' });
    machine.proxy.reset();
    const { failed, skipped } = await reconcile(engine, { old: undefined, wiki: 'image: 127.0.0.1:1/typo:1' });
    expect(failed.map(({ failure }) => failure.message)).toEqual([
      expect.stringMatching(/^cannot pull image "127.0.0.1:1\/typo:1": .*connection refused/),
    ]);
    expect(skipped.map(({ verb, name }) => `${verb} ${name}`)).toEqual(['stop old', 'create wiki']);
    expect(await listNames()).toEqual(['old running']);
  });

  describe('after a run that was killed', () => {
    const before: Wanted = { wiki: 'ports: ["8080:80"]' };
    const after: Wanted = { wiki: 'ports: ["8080:80"]\nhostname: new', git: '' };

    it.each([0, 1, 2, 3, 4, 5, 6])('finishes what was left after %i calls', async (calls) => {
      await reconcile(engine, before);
      await machine.engine.docker('exec', 'wiki', 'sh', '-c', 'echo kept > /state/file');
      await reconcile(dieAfter(engine, calls), after);
      expect((await reconcile(engine, after)).failed).toEqual([]);
      expect(await listNames()).toEqual(['git running', 'wiki running']);
      expect(await machine.engine.docker('exec', 'wiki', 'sh', '-c', 'hostname; cat /state/file')).toBe('new\nkept');
      expect(await showPlan(engine, after)).toEqual(['nothing to do']);
    });
  });

  it('starts, stops, restarts and lets go on', async () => {
    const wanted: Wanted = { wiki: 'restart: always\nstop_signal: SIGTERM' };
    const ask = async (verb: 'start' | 'stop' | 'restart'): Promise<string> => {
      const desired = desire({ wiki: 'restart: always\nstop_signal: SIGKILL' });
      const plan = planAsked(desired, await readActual(engine, desired), { verb, names: ['wiki'] });
      const { failed } = await applyPlan(engine, plan);
      expect(failed).toEqual([]);
      return formatPlan(plan);
    };
    await reconcile(engine, wanted);
    const { State } = await inspect('wiki');
    expect(await ask('restart')).toBe('restart wiki: asked for');
    expect((await inspect('wiki')).State.StartedAt).not.toBe(State.StartedAt);
    // with the signal of today's run spec, although it was made with another
    expect(await ask('stop')).toBe('stop wiki: asked for');
    expect((await inspect('wiki')).State).toMatchObject({ Running: false, ExitCode: 137 });
    expect(await ask('start')).toBe('start wiki: stopped');
    await machine.engine.docker('pause', 'wiki');
    expect(await showPlan(engine, wanted)).toEqual(['start wiki: paused']);
    expect((await reconcile(engine, wanted)).failed).toEqual([]);
    expect((await inspect('wiki')).State.Status).toBe('running');
    expect(await showPlan(engine, { wiki: undefined })).toEqual(['stop wiki: disabled']);
    await reconcile(engine, { wiki: undefined });
    expect(await listNames()).toEqual(['wiki exited']);
  });
});
