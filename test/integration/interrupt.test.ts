import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { Host } from '../support/host.ts';
import { makeSleepImage } from '../support/image.ts';
import { useMachine } from '../support/machine.ts';
import { needs } from '../support/needs.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');

/** Who gets the signal: all of the terminal's group, the command alone, or the step that it runs alone. */
type Target = 'group' | 'parent' | 'step';
/** At which call that changes something, before the engine knows of it or after it has done it. */
interface Moment {
  readonly call: number;
  readonly when: 'before' | 'after';
}

interface Ended {
  readonly exitCode: number | null;
  readonly endedBy: NodeJS.Signals | null;
  readonly said: string;
  readonly seconds: number;
  readonly signalled: boolean;
}

needs('dockerd')('a command that is interrupted', () => {
  let host: Host;
  let onMoment: (moment: Moment) => void = () => undefined;
  const machine = useMachine({
    proxy: {
      onMutating: (_call, call) => onMoment({ call, when: 'before' }),
      onMutated: (_call, call) => {
        onMoment({ call, when: 'after' });
        return true;
      },
    },
    clears: true,
  });
  beforeAll(async () => {
    await makeSleepImage(machine.engine, 'sleep:1', { changes: ['VOLUME /state'] });
  });
  afterEach(() => {
    onMoment = () => undefined;
  });

  /** name -> `id state` */
  async function listContainers(): Promise<Readonly<Record<string, string>>> {
    const lines = (
      await machine.engine.docker('ps', '--all', '--no-trunc', '--format', '{{.Names}} {{.ID}} {{.State}}')
    )
      .split('\n')
      .filter((line) => line !== '');
    return Object.fromEntries(
      lines
        .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
  async function makeOwnHost(...lines: readonly string[]): Promise<void> {
    host = await machine.makeServer(
      [
        'configuration set LocalIP 127.0.0.1',
        'configuration set docker service status enabled Daemon foreign',
        'configuration set docksmith service status enabled HealthWait 20s HealthUptime 300ms',
        ...lines,
      ],
      { waitsForHealth: true },
    );
  }
  /** But for what every run adds (its record, the generation of its commit), and the list of what is pending. */
  const listFiles = (): readonly string[] =>
    host
      .files()
      .filter(
        (file) =>
          !/^\/var\/(lib\/docksmith\/state\/(runs\/|generations\/|intents\.json$)|cache\/docksmith\/)/.test(file),
      );

  function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const [command, all] = machine.namespace.command(process.execPath, [path.join(BIN, `${program}.js`), ...args]);
    return spawn(command, all, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        DBPATH: undefined,
        DOCKER_HOST: `unix://${machine.proxy.socket}`,
        DOCKSMITH_ROOT: host.root,
        ...env,
      },
    });
  }
  function send(child: ChildProcess, signal: NodeJS.Signals, target: Target): void {
    const { pid = 0 } = child;
    const step = (): number => {
      const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
      // 0 would be this test's own group
      if (first === '') throw new Error(`process ${pid} has no child to signal`);
      return Number(first);
    };
    process.kill(target === 'group' ? -pid : target === 'parent' ? pid : step(), signal);
  }
  const waitForWords = (child: ChildProcess, words: string): Promise<void> =>
    new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (text: string) => {
          if (text.includes(words)) resolve();
        });
    });
  async function waitForEnd(child: ChildProcess): Promise<Omit<Ended, 'seconds' | 'signalled'>> {
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    return { exitCode: child.exitCode, endedBy: child.signalCode, said };
  }
  async function runAndSignal(
    moment: Moment,
    program: string,
    args: readonly string[],
    { signal = 'SIGINT', target = 'group' }: { signal?: NodeJS.Signals; target?: Target } = {},
  ): Promise<Ended> {
    machine.proxy.reset();
    // a step that only calls docksmith is a process when it is asked for
    const child = start(program, args, target === 'step' ? { DOCKSMITH_STEPS: 'processes' } : {});
    let sent: number | undefined;
    onMoment = ({ call, when }) => {
      if (sent !== undefined || call !== moment.call || when !== moment.when) return;
      sent = Date.now();
      send(child, signal, target);
    };
    const ended = await waitForEnd(child);
    onMoment = () => undefined;
    return { ...ended, seconds: sent === undefined ? 0 : (Date.now() - sent) / 1000, signalled: sent !== undefined };
  }
  const mayUndo = async (): Promise<void> => {
    await host.db('docker_containers setprop changed Env A=1');
    await host.runOrFail('signal-event', ['docker-update']);
  };
  const readValue = (): Promise<string> =>
    machine.engine.docker('exec', 'changed', 'sh', '-c', 'cat /state/data; echo $A');

  it.each([
    ['SIGINT', 'group', 130],
    ['SIGTERM', 'parent', 143],
  ] as const)(
    'by %s to the %s at every call of a recreate leaves one of the two at work, says so, and the next event ends well',
    async (signal, target, exitCode) => {
      await makeOwnHost(
        'docker_containers set changed service status enabled Image sleep:1 Env A=1',
        'docker_containers set kept service status enabled Image sleep:1',
      );
      await host.runOrFail('signal-event', ['docker-update']);
      await machine.engine.docker('exec', 'changed', 'sh', '-c', 'echo precious > /state/data');
      const { kept } = await listContainers();
      await mayUndo();
      const files = listFiles();
      for (let call = 1; ; call++)
        for (const when of ['before', 'after'] as const) {
          const { changed: old = '' } = await listContainers();
          await host.db('docker_containers setprop changed Env A=2');
          const ended = await runAndSignal({ call, when }, 'signal-event', ['docker-update'], { signal, target });
          const at = `${when} call ${call}`;
          if (!ended.signalled) {
            // rename, create, stop, start, remove: the last one that was not signalled had them all
            expect([call, ended.exitCode]).toEqual([6, 0]);
            return;
          }
          expect([at, ended.exitCode, ended.endedBy]).toEqual([at, exitCode, null]);
          expect([at, ended.said]).toEqual([at, expect.stringMatching(new RegExp(`interrupted by ${signal}`))]);
          const now = await listContainers();
          expect([at, Object.keys(now), now['kept'] === kept, now['changed']?.endsWith(' running')]).toEqual([
            at,
            ['changed', 'kept'],
            true,
            true,
          ]);
          // the new one is healthy only when the old one is to be removed
          expect([at, now['changed'] === old]).toEqual([at, call < 5]);
          if (call < 5)
            expect([at, ended.said]).toEqual([
              at,
              expect.stringMatching(/changed: the old one runs as before|nothing was changed/),
            ]);
          expect([at, await readValue()]).toEqual([at, `precious\n${call < 5 ? 1 : 2}`]);
          if (call === 2) {
            expect(await host.runOrFail('docksmith', ['runs', '-n', '1'])).toMatch(/ interrupted /);
            expect(await host.runOrFail('docksmith', ['status'])).toMatch(/pending: container all \(.*interrupted/);
          }
          const next = await host.run('signal-event', ['docker-update']);
          expect([at, next.exitCode, next.stderr]).toEqual([at, 0, '']);
          expect([at, Object.keys(await listContainers()), await readValue()]).toEqual([
            at,
            ['changed', 'kept'],
            'precious\n2',
          ]);
          await mayUndo();
          expect([at, listFiles()]).toEqual([at, files]);
        }
    },
    900_000,
  );

  it('ends a wait for health at once, and the old one is back within the time that engine calls take', async () => {
    await makeOwnHost('docker_containers set changed service status enabled Image sleep:1 Env A=1');
    await host.runOrFail('signal-event', ['docker-update']);
    const { changed: old } = await listContainers();
    await host.db('docker_containers setprop changed Env A=2 HealthUptime 15s');
    const ended = await runAndSignal({ call: 4, when: 'after' }, 'signal-event', ['docker-update'], {
      target: 'parent',
    });
    expect([ended.exitCode, ended.seconds < 12]).toEqual([130, true]);
    expect(ended.said).toMatch(
      /S50docker-reconcile: docksmith: cannot complete "docksmith reconcile": interrupted by SIGINT; changed: the old one runs as before/,
    );
    expect((await listContainers())['changed']).toBe(old);
  }, 120_000);

  it('by a signal to the step alone has a failed step, as of any other failure', async () => {
    await makeOwnHost('docker_containers set changed service status enabled Image sleep:1 Env A=1');
    await host.runOrFail('signal-event', ['docker-update']);
    const { changed: old } = await listContainers();
    await host.db('docker_containers setprop changed Env A=2');
    const ended = await runAndSignal({ call: 3, when: 'after' }, 'signal-event', ['docker-update'], { target: 'step' });
    expect([ended.exitCode, ended.said]).toEqual([
      1,
      expect.stringMatching(
        /changed: the old one runs as before[^]*cannot complete step "S50docker-reconcile" of event "docker-update": exit code 130/,
      ),
    ]);
    expect((await listContainers())['changed']).toBe(old);
    await host.runOrFail('signal-event', ['docker-update']);
  }, 120_000);

  it('at every call of what makes new containers removes what was not started, keeps what was, and the rest is pending', async () => {
    await makeOwnHost(
      'docker_containers set first service status enabled Image sleep:1',
      'docker_containers set second service status enabled Image sleep:1 Requires first',
    );
    for (let call = 1; ; call++) {
      const ended = await runAndSignal({ call, when: 'after' }, 'docksmith', ['reconcile']);
      if (call === 1 && !ended.signalled) await host.runOrFail('signal-event', ['docker-update']);
      const now = await listContainers();
      expect([call, Object.values(now).filter((line) => !line.endsWith(' running'))]).toEqual([call, []]);
      const next = await host.run('signal-event', ['docker-update']);
      expect([call, next.exitCode, Object.keys(await listContainers())]).toEqual([call, 0, ['first', 'second']]);
      if (call > 1 && !ended.signalled) break;
      if (ended.signalled) expect([call, ended.exitCode]).toEqual([call, 130]);
      await machine.engine.docker('rm', '--force', '--volumes', 'first', 'second');
    }
  }, 300_000);

  it('while it waits for the lock, changes nothing and leaves nothing', async () => {
    await makeOwnHost('docker_containers set changed service status enabled Image sleep:1 Env A=1 HealthUptime 8s');
    for (const target of ['parent', 'group'] as const) {
      let isStarted = (): void => undefined;
      const started = new Promise<void>((resolve) => (isStarted = resolve));
      onMoment = ({ call }) => {
        if (call > 0) isStarted();
      };
      machine.proxy.reset();
      const held = waitForEnd(start('signal-event', ['docker-update']));
      await started;
      const waiting = start('docksmith', ['reconcile']);
      const ended = waitForEnd(waiting);
      await waitForWords(waiting, 'waiting for signal-event docker-update');
      const sent = Date.now();
      send(waiting, 'SIGINT', target);
      expect(await ended).toEqual({
        exitCode: 130,
        endedBy: null,
        said: expect.stringMatching(
          /waiting for signal-event docker-update.*\ndocksmith: cannot lock .*interrupted by SIGINT; nothing was changed\n$/,
        ) as string,
      });
      expect(Date.now() - sent).toBeLessThan(3000);
      expect((await held).exitCode).toBe(0);
      await machine.engine.docker('rm', '--force', '--volumes', 'changed');
    }
  }, 120_000);

  it('by two strokes of one hand is interrupted once; by one more a while later it ends as it is, and says what is half done', async () => {
    await makeOwnHost(
      'docker_containers set changed service status enabled Image sleep:1 Env A=1',
      'docker_containers setprop changed Command "sh -c \\"trap : TERM; while :; do sleep 1; done\\""',
    );
    await host.runOrFail('signal-event', ['docker-update']);
    for (const strokes of [2, 3]) {
      await host.db(`docker_containers setprop changed Env A=${strokes}`);
      machine.proxy.reset();
      const child = start('signal-event', ['docker-update']);
      // the old one takes ten seconds to be stopped
      onMoment = ({ call, when }) => {
        if (call !== 3 || when !== 'before') return;
        send(child, 'SIGINT', 'group');
        setTimeout(() => send(child, 'SIGINT', 'group'), 100);
        if (strokes > 2) setTimeout(() => send(child, 'SIGINT', 'group'), 1500);
      };
      const ended = await waitForEnd(child);
      onMoment = () => undefined;
      expect([strokes, ended.exitCode, ended.said]).toEqual([
        strokes,
        130,
        expect.stringMatching(
          strokes === 2
            ? /interrupted during recreate changed: completing[^]*changed: the old one runs as before/
            : /stopped during recreate changed: that is half done/,
        ),
      ]);
      await host.runOrFail('signal-event', ['docker-update']);
      expect([
        strokes,
        await machine.engine.docker('exec', 'changed', 'sh', '-c', 'echo $A'),
        Object.keys(await listContainers()),
      ]).toEqual([strokes, String(strokes), ['changed']]);
    }
  }, 180_000);
});
