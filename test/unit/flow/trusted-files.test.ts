import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuseOpenImage } from '../../../src/container/apply/image-operations.ts';
import { readSchema } from '../../../src/db/read-schema.ts';
import { readSnapshot } from '../../../src/db/read-snapshot.ts';
import { changeDb } from '../../../src/db/store.ts';
import { findServiceCommand } from '../../../src/flow/services/service-commands.ts';
import { checkNamedFiles, NAMED_FILES, refuseOpenSources } from '../../../src/flow/trusted-files.ts';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { makeTempHost } from '../../support/temp-host.ts';

const NOBODY = 65_534;
const asRoot = it.skipIf(process.getuid?.() !== 0);

function set(paths: Paths, db: string, key: string, props: Readonly<Record<string, string>>): void {
  changeDb(paths, db, (draft) => {
    draft.setType(key, 'service');
    for (const [prop, value] of Object.entries(props)) draft.setProp(key, prop, value);
  });
}

it('every prop that can name a file has its answer', () => {
  const kinds = ['path', 'paths', 'socket', 'mounts', 'data-mount', 'volume-mounts', 'devices', 'tmpfs', 'secrets'];
  const named = Object.entries(readSchema(findPaths({}))).flatMap(([db, records]) =>
    Object.entries(records).flatMap(([kind, props]) =>
      Object.entries(props)
        .filter(([, prop]) => kinds.includes(prop.kind))
        .map(([name]) => `${db} ${kind} ${name}`),
    ),
  );
  expect(named.length).toBeGreaterThan(15);
  expect(Object.keys(NAMED_FILES).toSorted()).toEqual(named.toSorted());
});

describe('a file that a record names', () => {
  const CASES = Object.entries(NAMED_FILES).filter(
    ([name, trust]) => (trust === 'refuse' || trust === 'warn') && !/DataRoot|ConfDir/.test(name),
  );

  it.each(CASES)('%s: %s', (name, trust) => {
    const [db = '', kind = '', prop = ''] = name.split(' ');
    const { paths, ...host } = makeHostOf(db, kind, prop);
    expect(checkNamedFiles(paths, readSnapshot(paths))).toEqual([]);
    for (const open of [host.file, path.dirname(host.file)]) {
      chmodSync(open, 0o777);
      const look = (): readonly string[] => checkNamedFiles(paths, readSnapshot(paths));
      if (trust === 'refuse')
        expect(look).toThrow(
          `cannot use ${prop} "/srv/own/it" of "${host.key}" in db "${db}": everybody can write "${open}", and it decides what docksmith does with the rights of `,
        );
      else
        expect(look()).toEqual([
          `${prop} "/srv/own/it" of ${host.key} is not its own: everybody can write "${open}" (chmod go-w ${open})`,
        ]);
      chmodSync(open, 0o755);
    }
  });

  function makeHostOf(
    db: string,
    kind: string,
    prop: string,
  ): { readonly paths: Paths; readonly file: string; readonly key: string } {
    const host = makeTempHost();
    const key = db === 'configuration' ? kind : 'wiki';
    const file = host.write('/srv/own/it', '');
    set(host.paths, db, key, { [prop]: '/srv/own/it', ...(key === 'wiki' ? { status: 'enabled' } : {}) });
    return { paths: host.paths, file, key };
  }

  it('counts also where a link leads, and not for a disabled container', () => {
    const host = makeTempHost();
    const target = host.write('/srv/open/passwords', '', 0o666);
    host.link('/srv/own/passwords', target);
    set(host.paths, 'docker_containers', 'wiki', { status: 'enabled', BasicAuth: '/srv/own/passwords' });
    expect(() => checkNamedFiles(host.paths, readSnapshot(host.paths))).toThrow(`everybody can write "${target}"`);
    set(host.paths, 'docker_containers', 'wiki', { status: 'disabled' });
    expect(checkNamedFiles(host.paths, readSnapshot(host.paths))).toEqual([]);
  });
});

describe('what an image is made of', () => {
  it('is refused where others can write any of it, or a folder above it', () => {
    const host = makeTempHost();
    const folder = path.dirname(host.write('/srv/app/Dockerfile', 'FROM scratch\n'));
    const inside = host.write('/srv/app/bin/run', '');
    const refuse =
      (source = folder, kind: 'build' | 'import' | 'pull' = 'build') =>
      (): void =>
        refuseOpenImage({ name: 'app:1', source: { kind, path: source } });
    expect(refuse()).not.toThrow();
    for (const open of [inside, path.dirname(inside), path.join(folder, 'Dockerfile'), folder, host.file('/srv')]) {
      chmodSync(open, 0o777);
      expect(refuse()).toThrow(`cannot use "${folder}" for image "app:1": everybody can write "${open}"`);
      chmodSync(open, 0o755);
    }
    const archive = host.write('/srv/app.tar', '', 0o666);
    expect(refuse(archive, 'import')).toThrow(`everybody can write "${archive}"`);
    expect(refuse(archive, 'pull')).not.toThrow();
    expect(refuse('/nowhere/at/all')).not.toThrow();
  });
});

describe('what an event acts upon', () => {
  it.each([
    '/etc/docksmith/templates-custom/etc/x/10a',
    '/etc/docksmith/templates.metadata/etc/x',
    '/etc/docksmith/events/x/services2adjust/httpd',
    '/etc/docksmith/db/configuration/schema.json',
    '/var/lib/docksmith/db/configuration',
    '/var/lib/docksmith/state/ledger',
    'package:dist/docksmith.cjs',
    'package:events/actions/x',
  ])('%s is refused where others can write it or its folder', (name) => {
    const host = makeTempHost();
    const file = host.write(name, '');
    expect(() => refuseOpenSources(host.paths)).not.toThrow();
    const opened = /state|package:events/.test(name)
      ? path.dirname(name.includes('actions') ? path.dirname(file) : file)
      : file;
    for (const open of new Set([opened, path.dirname(opened)])) {
      chmodSync(open, 0o777);
      expect(() => refuseOpenSources(host.paths)).toThrow(
        `everybody can write "${open}", and it decides what docksmith does with the rights of `,
      );
      chmodSync(open, 0o755);
    }
  });

  it('may be a link to /dev/null, which everybody can write and nobody reads, to remove a step or a fragment', () => {
    const { paths } = makeTempHost();
    for (const name of ['events/x/S50docker-reconcile', 'templates-custom/etc/x/10a']) {
      const link = paths.file(path.join('/etc/docksmith', name));
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync('/dev/null', link);
    }
    expect(() => refuseOpenSources(paths)).not.toThrow();
  });

  asRoot("is refused where the program is another user's", () => {
    const host = makeTempHost();
    mkdirSync(host.paths.packageDir);
    chownSync(host.paths.packageDir, NOBODY, 0);
    expect(() => refuseOpenSources(host.paths)).toThrow(`user ${NOBODY} can write "${host.paths.packageDir}"`);
  });

  it('is refused as a command that is a default of a schema that others can write', () => {
    const host = makeTempHost();
    const schema = host.write(
      '/etc/docksmith/db/configuration/schema.d/app.json',
      '{"app": {"ReloadCommand": {"doc": "x", "kind": "text", "default": "touch /x"}}}',
    );
    set(host.paths, 'configuration', 'app', { status: 'enabled' });
    const find = (): string | undefined =>
      findServiceCommand(host.paths, readSnapshot(host.paths), 'app', 'ReloadCommand');
    expect(find()).toBe('touch /x');
    chmodSync(schema, 0o666);
    expect(find).toThrow(
      `cannot run ReloadCommand of "app" in db "configuration", a default: everybody can write "${schema}"`,
    );
  });
});
