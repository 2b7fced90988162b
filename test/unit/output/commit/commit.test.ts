import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../../src/base/errors.ts';
import { planChanges, type ChangeSet } from '../../../../src/output/plan/change-set.ts';
import { commitChanges, type CommitOptions, type Committed } from '../../../../src/output/commit/commit.ts';
import { installedUnder } from '../../../../src/output/plan/installed.ts';
import { type Intent, listIntents } from '../../../../src/output/commit/intents.ts';
import { readLedger } from '../../../../src/output/plan/ledger.ts';
import { recoverCommit } from '../../../../src/output/commit/roll-back.ts';
import { findPaths, type Paths } from '../../../../src/base/paths.ts';
import type { Rendered } from '../../../../src/template/rendered.ts';
import { makeRendered, withContent } from '../../../support/rendered.ts';
import { makeTempHost, readTree, type TempHost } from '../../../support/temp-host.ts';

const a = makeRendered('/etc/a.conf', 'a\n');
const deep = makeRendered('/etc/new/folder/deep.conf', 'deep\n', { mode: 0o600 });
const gone = makeRendered('/srv/made/gone.conf', 'gone\n');
const intent: Intent = {
  kind: 'service',
  name: 'httpd',
  verbs: ['reload'],
  causes: ['/etc/a.conf changed'],
  since: '2026-11-21T08:00:00.000Z',
};
const OUTPUTS = ['/etc', '/srv'];

function plan(paths: Paths, rendered: readonly Rendered[], takeOver = false): ChangeSet {
  const ledger = readLedger(paths);
  const scope = new Map([...rendered, ...ledger.outputs.values()].map(({ template }) => [template, 'all'] as const));
  return planChanges(rendered, ledger, scope, installedUnder(paths), { takeOver });
}

function install(paths: Paths, rendered: readonly Rendered[], takeOver = false): Promise<Committed> {
  return commitChanges(paths, plan(paths, rendered, takeOver), { ledger: readLedger(paths), command: 'the test' });
}

const outputs = (host: TempHost): unknown => OUTPUTS.map((folder) => host.tree(folder));

describe('a change set', () => {
  it('is installed with its modes, in folders that everybody may read, and owned', async () => {
    const host = makeTempHost();
    const umask = process.umask(0o077);
    const { ledger } = await install(host.paths, [a, deep]);
    process.umask(umask);
    expect([
      host.read('/etc/a.conf'),
      host.read(deep.path),
      host.mode('/etc/a.conf'),
      host.mode(deep.path),
      host.mode('/etc/new'),
      host.mode('/etc/new/folder'),
    ]).toEqual(['a\n', 'deep\n', 0o644, 0o600, 0o755, 0o755]);
    expect(readLedger(host.paths)).toEqual(ledger);
    expect([...ledger.outputs.paths()]).toEqual(['/etc/a.conf', deep.path]);
    expect([...ledger.folders].sort()).toEqual(['/etc', '/etc/new', '/etc/new/folder']);
  });

  it('with nothing in it writes nothing', async () => {
    const host = makeTempHost();
    await install(host.paths, [a]);
    const before = host.tree('/');
    const { ledger } = await install(host.paths, [a]);
    expect(host.tree('/')).toEqual(before);
    expect(ledger).toEqual(readLedger(host.paths));
  });

  it('renews the ledger where only whose file it is is another', async () => {
    const host = makeTempHost();
    await install(host.paths, [a]);
    await install(host.paths, [{ ...a, services: ['httpd'], isSecret: true }]);
    expect(readLedger(host.paths).outputs.get('/etc/a.conf')).toMatchObject({ services: ['httpd'], isSecret: true });
  });

  it('removes files, and the folders that it made for them, and no other folder', async () => {
    const host = makeTempHost();
    host.write('/srv/keep', '');
    await install(host.paths, [a, deep, gone]);
    host.write('/etc/new/by-hand', 'theirs');
    expect(readLedger(host.paths).folders.has('/srv/made')).toBe(true);
    const { ledger } = await install(host.paths, [a]);
    expect(outputs(host)).toEqual([{ '/etc/a.conf': 'a\n', '/etc/new/by-hand': 'theirs' }, { '/srv/keep': '' }]);
    expect([...ledger.outputs.paths()]).toEqual(['/etc/a.conf']);
    expect([...ledger.folders].sort()).toEqual(['/etc', '/etc/new']);
  });

  it('keeps the edited and the taken over in history, with mode and owner', async () => {
    const host = makeTempHost();
    await install(host.paths, [a]);
    host.write('/etc/a.conf', 'by hand\n');
    host.write(deep.path, 'theirs\n', 0o640);
    const { kept, ledger } = await install(host.paths, [a, deep], true);
    expect([host.read('/etc/a.conf'), host.read(deep.path)]).toEqual(['a\n', 'deep\n']);
    expect([host.read(kept.get('/etc/a.conf') ?? ''), host.read(kept.get(deep.path) ?? '')]).toEqual([
      'by hand\n',
      'theirs\n',
    ]);
    const about = (kept.get(deep.path) ?? '').replace(/content$/, 'about.json');
    expect(JSON.parse(host.read(about))).toMatchObject({
      path: deep.path,
      because: 'taken over',
      mode: 0o640,
      uid: process.getuid?.(),
    });
    expect([...ledger.originals.keys()]).toEqual([deep.path]);
    expect(host.mode(kept.get('/etc/a.conf') ?? '')).toBe(0o600);
  });

  it('with an obstacle installs nothing at all', async () => {
    const host = makeTempHost();
    host.write('/etc/a.conf', 'theirs\n');
    const before = host.tree('/');
    await expect(install(host.paths, [a, deep])).rejects.toThrow('a file that docksmith does not own is in the way');
    expect(host.tree('/')).toEqual(before);
  });

  it('leaves a link and what it points to alone', async () => {
    const host = makeTempHost();
    const target = host.write('/etc/target', 'theirs\n');
    symlinkSync(target, host.file('/etc/a.conf'));
    await expect(install(host.paths, [a], true)).rejects.toThrow('a symbolic link is in the way');
    expect(host.read('/etc/target')).toBe('theirs\n');
  });

  it('brings its intents, also when no file changes', async () => {
    const host = makeTempHost();
    await commitChanges(host.paths, plan(host.paths, []), {
      ledger: readLedger(host.paths),
      command: 'the test',
      intents: [intent],
    });
    expect(listIntents(host.paths)).toEqual([intent]);
  });
});

describe('when a file cannot be written', () => {
  /** The last of the files fails: where its temporary file should be there is a folder. */
  function breakSecond(host: TempHost): void {
    mkdirSync(host.file('/etc/z/.z.conf.docksmith-new'), { recursive: true });
  }
  const z = makeRendered('/etc/z/z.conf', 'z\n');

  it('everything before it is put back, intents and ledger too, and the error says so', async () => {
    const host = makeTempHost();
    await install(host.paths, [a, gone]);
    breakSecond(host);
    const [before, ledger] = [outputs(host), readLedger(host.paths)];
    const changes = plan(host.paths, [withContent(a, 'new\n'), deep, z]);
    await expect(
      commitChanges(host.paths, changes, { ledger, command: 'the test', intents: [intent] }),
    ).rejects.toThrow('cannot install "/etc/z/z.conf": is a folder; all files are again as they were before');
    expect([outputs(host), readLedger(host.paths), listIntents(host.paths)]).toEqual([before, ledger, []]);
  });

  it('because somebody lays a link where a folder should be made, nothing is installed', async () => {
    const host = makeTempHost();
    const changes = plan(host.paths, [a, deep, makeRendered('/etc/new/high.conf', 'high\n')]);
    host.link('/etc/new', 'nowhere');
    await expect(
      commitChanges(host.paths, changes, { ledger: readLedger(host.paths), command: 'the test' }),
    ).rejects.toThrow('cannot install "/etc/new": exists already; all files are again as they were before');
    expect(host.exists('/etc/a.conf')).toBe(false);
    expect(readLedger(host.paths).outputs.size).toBe(0);
  });

  it('because it was saved by hand in the meantime, that content stays', async () => {
    const host = makeTempHost();
    await install(host.paths, [a]);
    const changes = plan(host.paths, [withContent(a, 'new\n'), deep]);
    host.write('/etc/a.conf', 'saved by an editor\n');
    await expect(
      commitChanges(host.paths, changes, { ledger: readLedger(host.paths), command: 'the test' }),
    ).rejects.toThrow('it was changed by others since the event began');
    expect(outputs(host)).toEqual([{ '/etc/a.conf': 'saved by an editor\n' }, {}]);
  });
});

describe('wherever it is interrupted', () => {
  const old = withContent(a, 'old\n');
  const wanted = [a, deep];
  const options = (host: TempHost): CommitOptions => ({
    ledger: readLedger(host.paths),
    command: 'the test',
    intents: [intent],
  });

  /** A host with one file to change, one to remove, one that was edited by hand and one in the way. */
  async function prepare(): Promise<TempHost> {
    const host = makeTempHost();
    await install(host.paths, [old, gone, makeRendered('/etc/edited', 'ours\n')]);
    host.write('/etc/edited', 'by hand\n');
    return host;
  }

  /** The same host whose n-th use of a path does something first. */
  function meddle(paths: Paths, before: (n: number) => void): Paths {
    let n = 0;
    return {
      ...paths,
      file: (name) => {
        before(++n);
        return paths.file(name);
      },
    };
  }

  const noCompanion = (): void => undefined;
  const stateOf = (paths: Paths): unknown => {
    const history = Object.values(readTree(paths, '/var/lib/docksmith/state/history')).filter(
      (text) => !text.startsWith('{'),
    );
    return [
      OUTPUTS.map((folder) => readTree(paths, folder)),
      readLedger(paths).outputs,
      readLedger(paths).folders,
      listIntents(paths),
      history,
      readTree(paths, '/var/lib/docksmith/state/unfinished'),
    ];
  };

  it('by an error, files, ledger, intents and history are wholly old, or wholly new', async () => {
    const host = await prepare();
    let uses = 0;
    await commitChanges(
      meddle(host.paths, (n) => {
        uses = n;
      }),
      plan(host.paths, wanted),
      options(host),
    );
    expect(uses).toBeGreaterThan(40);
    const outcomes = new Set<string>();
    const fresh = await prepare();
    for (let failing = 1; failing <= uses; failing++) {
      const victim = makeTempHost();
      cpSync(fresh.paths.root, victim.paths.root, { recursive: true });
      const before = stateOf(victim.paths);
      const paths = meddle(victim.paths, (n) => {
        if (n === failing) throw new Failure('cannot go on', { why: 'the test says so' });
      });
      const failed = await commitChanges(paths, plan(victim.paths, wanted), options(victim)).then(
        () => false,
        (error: unknown) => {
          expect(String(error), `use ${failing}`).toContain('the test says so');
          return true;
        },
      );
      recoverCommit(victim.paths, noCompanion);
      if (failed) expect(stateOf(victim.paths), `use ${failing}`).toEqual(before);
      else expect(plan(victim.paths, wanted), `use ${failing}`).toMatchObject({ install: [], remove: [] });
      outcomes.add(failed ? 'old' : 'new');
    }
    // past the commit point nothing is taken back any more
    expect([...outcomes].sort()).toEqual(['new', 'old']);
  }, 60_000);

  it('by a kill, the next command has it wholly old or wholly new, and nothing lies about', async () => {
    const host = await prepare();
    const before = stateOf(host.paths);
    const snapshots = path.join(host.folder, 'snapshots');
    let last = 0;
    await commitChanges(
      meddle(host.paths, (n) => {
        last = n;
        cpSync(host.paths.root, path.join(snapshots, String(n)), { recursive: true, preserveTimestamps: true });
      }),
      plan(host.paths, wanted),
      options(host),
    );
    const after = stateOf(host.paths);
    const outcomes: unknown[] = [];
    for (let n = 1; n <= last; n++) {
      const killed = findPaths({ DOCKSMITH_ROOT: path.join(snapshots, String(n)) });
      const recovered = recoverCommit(killed, noCompanion);
      // at the very end nothing is left to be done
      const isNew = recovered?.outcome === 'completed' || outcomes.includes('completed');
      expect(stateOf(killed), `killed at ${n}`).toEqual(isNew ? after : before);
      outcomes.push(recovered?.outcome);
    }
    expect(new Set(outcomes)).toEqual(new Set([undefined, 'put back', 'completed']));
  });

  it('by a kill, also while it is put back, the next command puts back the rest', async () => {
    const host = await prepare();
    const before = stateOf(host.paths);
    const killed = path.join(host.folder, 'killed');
    await commitChanges(host.paths, plan(host.paths, wanted), {
      ...options(host),
      verify: () => {
        cpSync(host.paths.root, killed, { recursive: true, preserveTimestamps: true });
        return Promise.resolve();
      },
    });
    const paths = findPaths({ DOCKSMITH_ROOT: killed });
    const snapshots = path.join(host.folder, 'snapshots');
    let last = 0;
    recoverCommit(
      meddle(paths, (n) => {
        last = n;
        cpSync(killed, path.join(snapshots, String(n)), { recursive: true, preserveTimestamps: true });
      }),
      noCompanion,
    );
    expect(stateOf(paths)).toEqual(before);
    expect(last).toBeGreaterThan(20);
    for (let n = 1; n <= last; n++) {
      const again = findPaths({ DOCKSMITH_ROOT: path.join(snapshots, String(n)) });
      recoverCommit(again, noCompanion);
      expect(stateOf(again), `killed at ${n}`).toEqual(before);
    }
  });

  it('by a check that refuses, all is as before', async () => {
    const host = await prepare();
    const before = stateOf(host.paths);
    const seen: unknown[] = [];
    const verify = (): Promise<void> => {
      seen.push(host.read('/etc/a.conf'), host.read(deep.path), host.exists(gone.path));
      return Promise.reject(new Failure('cannot go on', { why: 'the test says so' }));
    };
    await expect(commitChanges(host.paths, plan(host.paths, wanted), { ...options(host), verify })).rejects.toThrow(
      'cannot go on: the test says so',
    );
    expect(seen).toEqual(['a\n', 'deep\n', false]);
    expect(stateOf(host.paths)).toEqual(before);
  });

  it('files that others put in place meanwhile stay', async () => {
    const host = await prepare();
    const verify = (): Promise<void> => {
      host.write('/etc/a.conf', 'by an editor\n');
      return Promise.reject(new Failure('cannot go on', { why: 'the test says so' }));
    };
    await expect(commitChanges(host.paths, plan(host.paths, wanted), { ...options(host), verify })).rejects.toThrow(
      'the test says so',
    );
    expect([host.read('/etc/a.conf'), host.exists(deep.path), host.read(gone.path)]).toEqual([
      'by an editor\n',
      false,
      'gone\n',
    ]);
    expect(Object.keys(host.tree('/etc')).filter((name) => name.includes('docksmith-'))).toEqual([]);
  });
});
