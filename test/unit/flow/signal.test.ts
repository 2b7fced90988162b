import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { MemoryEngine } from '../../../src/engine/memory/memory-engine.ts';
import type { Reporter } from '../../../src/flow/reporter.ts';
import { previewEvent } from '../../../src/features/dry-run/dry-run.ts';
import { signalEvent } from '../../../src/flow/signal.ts';
import type { SignalResult } from '../../../src/flow/signal-request.ts';
import type { Paths } from '../../../src/base/paths.ts';
import { makeRoot, writeTree } from '../../support/folder.ts';
import { STEPS_THAT_PRINT } from '../../support/step-commands.ts';

const SPEC = '/etc/docksmith/containers/app.yaml';
const CONTAINERS = 'app=service|Image|app:1|status|enabled\n';

/** What was told, in words. */
class Heard implements Reporter {
  readonly lines: string[] = [];
  waiting(): void {
    this.lines.push('waiting');
  }
  progress(): void {
    /* for a terminal */
  }
  installed(): void {
    this.lines.push('installed');
  }
  line(step: string, text: string): void {
    this.lines.push(`${step}: ${text}`);
  }
  warning(text: string): void {
    this.lines.push(`warning: ${text}`);
  }
}

/** A host with one container, and an event that expands its run spec and reconciles, in word only. */
function makeHost(
  records = CONTAINERS,
  event = 'update',
  configuration = 'docker=service|Socket|/nowhere/docker.sock\n',
): Paths {
  const paths = makeRoot({
    [`events/${event}/templates2expand/etc/docksmith/containers`]: '',
    [`events/${event}/S50docker-reconcile`]: '#!/bin/sh\nshift\nexec docksmith reconcile "$@"\n',
  });
  chmodSync(paths.file(`/etc/docksmith/events/${event}/S50docker-reconcile`), 0o755);
  writeTree(paths.file('/var/lib/docksmith/db'), { docker_containers: records, configuration });
  return paths;
}

async function signal(
  paths: Paths,
  event = 'update',
  args: readonly string[] = [],
): Promise<SignalResult & { readonly heard: readonly string[] }> {
  const heard = new Heard();
  return { ...(await signalEvent(paths, { event, args, commands: STEPS_THAT_PRINT }, heard)), heard: heard.lines };
}

function useMemoryEngine(paths: Paths): string {
  const file = paths.file('/engine.json');
  vi.stubEnv('DOCKSMITH_ENGINE', `memory://${file}`);
  return file;
}

beforeEach(() => {
  vi.stubEnv('DOCKSMITH_ENGINE', '');
  onTestFinished(() => void vi.unstubAllEnvs());
});

describe('an event whose containers cannot follow', () => {
  it('installs nothing where no engine answers, and runs no action', async () => {
    const paths = makeHost();
    const { failures, heard } = await signal(paths);
    expect(failures.map(({ message }) => message)).toEqual([
      'cannot reach the Docker engine at "/nowhere/docker.sock": no such file or folder',
    ]);
    expect(heard).toEqual([]);
    expect(existsSync(paths.file(SPEC))).toBe(false);
  });

  it('goes on without an engine where the hook of a package calls', async () => {
    const paths = makeHost(CONTAINERS, 'post-install', 'docker=service|Daemon|foreign|Socket|/nowhere/docker.sock\n');
    // what would call the program as it is built
    for (const step of [
      'checks/apache-syntax',
      'S01docksmith-set-up',
      'S01registry-container',
      'S02docker-ports',
      'S20docker-daemon',
      'S30docker-filter',
      'S40docker-content',
      'S60docker-filter-release',
    ]) {
      writeTree(paths.file('/etc/docksmith/events/post-install'), { [step]: '#!/bin/sh\n' });
      chmodSync(paths.file(`/etc/docksmith/events/post-install/${step}`), 0o755);
    }
    const { failures, heard } = await signal(paths, 'post-install');
    expect([failures, heard]).toEqual([[], ['installed', 'S50docker-reconcile: reconcile was called']]);
    expect(existsSync(paths.file(SPEC))).toBe(true);
  });

  it('names every folder that is missing, and every image that is not to be pulled', async () => {
    const paths = makeHost(
      `${CONTAINERS.replace('|status', '|MountPath|/nowhere/a:/a,/nowhere/b:/b|status')}own=service|Image|own|status|enabled\n`,
    );
    useMemoryEngine(paths);
    writeTree(paths.file('/var/lib/docksmith/db'), { docker_images: 'own=service|Pull|never|Tag|7\n' });
    const { failures } = await signal(paths);
    expect(failures.map(({ message }) => message)).toEqual([
      'cannot create container "app": its MountPath names "/nowhere/a", and this host has no such folder',
      'cannot create container "app": its MountPath names "/nowhere/b", and this host has no such folder',
      'cannot create container "own": the engine has no image "own:7", and Pull of docker_images own is never',
    ]);
    expect(existsSync(paths.file(SPEC))).toBe(false);
    await expect(previewEvent(paths, { event: 'update', args: [], commands: STEPS_THAT_PRINT })).rejects.toThrow(
      'no such folder',
    );
  });
});

describe('an event whose containers can follow', () => {
  it('pulls missing images before it installs anything', async () => {
    const paths = makeHost();
    const file = useMemoryEngine(paths);
    const { failures, heard } = await signal(paths);
    expect([failures, heard]).toEqual([
      [],
      ['images: pull app:1: not there', 'installed', 'S50docker-reconcile: reconcile was called'],
    ]);
    expect(await new MemoryEngine({ file }).findImage('app:1')).toBeDefined();
  });

  it('takes no names where it is about all containers', async () => {
    const paths = makeHost();
    useMemoryEngine(paths);
    const { failures } = await signal(paths, 'update', ['app']);
    expect(failures.map(({ message }) => message)).toEqual([
      'cannot expand the templates: the event is about all containers and takes no names (app)',
    ]);
    expect(existsSync(paths.file(SPEC))).toBe(false);
  });

  it('removes the files of a record that went although its container went before', async () => {
    const paths = makeHost();
    useMemoryEngine(paths);
    await signal(paths);
    writeTree(paths.file('/var/lib/docksmith/db'), { docker_containers: '' });
    writeTree(paths.file('/etc/docksmith/events'), {
      'update/templates2expand/etc/docksmith/containers': 'ONLY = arguments',
    });
    const { failures } = await signal(paths, 'update', ['app']);
    expect(failures).toEqual([]);
    expect(existsSync(paths.file(SPEC))).toBe(false);
  });
});

it('removes the remains of a killed run from the state folder', async () => {
  const paths = makeHost();
  useMemoryEngine(paths);
  const state = paths.file('/var/lib/docksmith/state');
  writeTree(state, {
    'unfinished/changed-123': '',
    'unfinished/check-abc/file': '',
    'unfinished/dbs-abc/before/db': '',
    'runs/.a.json.docksmith-123': '{',
  });
  await signal(paths);
  expect(
    readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((name) => /unfinished|docksmith-/.test(name)),
  ).toEqual([]);
});
