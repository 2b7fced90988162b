import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/errors.ts';
import { findForcedOwner, planChanges, type ChangeSet } from '../../../src/output/change-set.ts';
import { commitChanges, type Committed } from '../../../src/output/commit.ts';
import { installedUnder } from '../../../src/output/installed.ts';
import { type Intent, listIntents } from '../../../src/output/intents.ts';
import { readLedger } from '../../../src/output/ledger.ts';
import { findPaths, type Paths } from '../../../src/paths.ts';
import type { Rendered } from '../../../src/template/rendered.ts';
import { makeRendered } from '../../support/rendered.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

const a = makeRendered('/etc/a.conf', 'a\n');
const deep = makeRendered('/etc/new/folder/deep.conf', 'deep\n', { mode: 0o600 });
const gone = makeRendered('/srv/made/gone.conf', 'gone\n');
const intent: Intent = { kind: 'service', name: 'httpd', verbs: ['reload'], causes: ['/etc/a.conf changed'], since: '2026-11-21T08:00:00.000Z' };
const OUTPUTS = ['/etc', '/srv'];

function plan(paths: Paths, rendered: readonly Rendered[], takeOver = false): ChangeSet {
  const ledger = readLedger(paths);
  const scope = new Map([...rendered, ...ledger.outputs.values()].map(({ template }) => [template, 'all'] as const));
  return planChanges(rendered, ledger, scope, installedUnder(paths), { takeOver, owner: findForcedOwner() });
}

function install(paths: Paths, rendered: readonly Rendered[], takeOver = false): Committed {
  return commitChanges(paths, plan(paths, rendered, takeOver), { ledger: readLedger(paths) });
}

const outputs = (host: TempHost): unknown => OUTPUTS.map((folder) => host.tree(folder));

describe('a change set', () => {
  it('is installed with its modes, in folders that everybody may read, and owned', () => {
    const host = makeTempHost();
    const umask = process.umask(0o077);
    const { ledger } = install(host.paths, [a, deep]);
    process.umask(umask);
    expect([host.read('/etc/a.conf'), host.read(deep.path), host.mode('/etc/a.conf'), host.mode(deep.path), host.mode('/etc/new'), host.mode('/etc/new/folder')]).toEqual(['a\n', 'deep\n', 0o644, 0o600, 0o755, 0o755]);
    expect(readLedger(host.paths)).toEqual(ledger);
    expect([...ledger.outputs.keys()]).toEqual(['/etc/a.conf', deep.path]);
    expect([...ledger.folders].sort()).toEqual(['/etc', '/etc/new', '/etc/new/folder']);
  });

  it('with nothing in it writes nothing', () => {
    const host = makeTempHost();
    install(host.paths, [a]);
    const before = host.tree('/');
    const { ledger } = install(host.paths, [a]);
    expect(host.tree('/')).toEqual(before);
    expect(ledger).toEqual(readLedger(host.paths));
  });

  it('renews the ledger where only what was read is another', () => {
    const host = makeTempHost();
    install(host.paths, [a]);
    install(host.paths, [{ ...a, reads: [{ db: 'configuration', key: 'DomainName' }] }]);
    expect(readLedger(host.paths).outputs.get('/etc/a.conf')?.reads).toEqual([{ db: 'configuration', key: 'DomainName' }]);
  });

  it('removes files, and the folders that it made for them, and no other folder', () => {
    const host = makeTempHost();
    host.write('/srv/keep', '');
    install(host.paths, [a, deep, gone]);
    host.write('/etc/new/by-hand', 'theirs');
    expect(readLedger(host.paths).folders.has('/srv/made')).toBe(true);
    const { ledger } = install(host.paths, [a]);
    expect(outputs(host)).toEqual([{ '/etc/a.conf': 'a\n', '/etc/new/by-hand': 'theirs' }, { '/srv/keep': '' }]);
    expect([...ledger.outputs.keys()]).toEqual(['/etc/a.conf']);
    expect([...ledger.folders].sort()).toEqual(['/etc', '/etc/new']);
  });

  it('keeps the edited and the taken over in history, with mode and owner', () => {
    const host = makeTempHost();
    install(host.paths, [a]);
    host.write('/etc/a.conf', 'by hand\n');
    host.write(deep.path, 'theirs\n', 0o640);
    const { kept, ledger } = install(host.paths, [a, deep], true);
    expect([host.read('/etc/a.conf'), host.read(deep.path)]).toEqual(['a\n', 'deep\n']);
    expect([host.read(kept.get('/etc/a.conf') ?? ''), host.read(kept.get(deep.path) ?? '')]).toEqual(['by hand\n', 'theirs\n']);
    const about = (kept.get(deep.path) ?? '').replace(/content$/, 'about.json');
    expect(JSON.parse(host.read(about))).toMatchObject({ path: deep.path, because: 'taken over', mode: 0o640, uid: process.getuid?.() });
    expect([...ledger.originals.keys()]).toEqual([deep.path]);
    expect(host.mode(kept.get('/etc/a.conf') ?? '')).toBe(0o600);
  });

  it('with an obstacle installs nothing at all', () => {
    const host = makeTempHost();
    host.write('/etc/a.conf', 'theirs\n');
    const before = host.tree('/');
    expect(() => install(host.paths, [a, deep])).toThrow('a file that docksmith does not own stands there');
    expect(host.tree('/')).toEqual(before);
  });

  it('leaves a link and what it points to alone', () => {
    const host = makeTempHost();
    const target = host.write('/etc/target', 'theirs\n');
    symlinkSync(target, host.file('/etc/a.conf'));
    expect(() => install(host.paths, [a], true)).toThrow('a symbolic link stands there');
    expect(host.read('/etc/target')).toBe('theirs\n');
  });

  it('brings its intents, also when no file changes', () => {
    const host = makeTempHost();
    commitChanges(host.paths, plan(host.paths, []), { ledger: readLedger(host.paths), intents: [intent] });
    expect(listIntents(host.paths)).toEqual([intent]);
  });
});

describe('when a file cannot be written', () => {
  /** The second of two files fails: where its temporary file should be there is a folder. */
  function breakSecond(host: TempHost): void {
    mkdirSync(host.file(`/etc/z/.z.conf.docksmith-${process.pid}`), { recursive: true });
  }
  const z = makeRendered('/etc/z/z.conf', 'z\n');

  it('everything before it is put back, intents and ledger too, and the error says so', () => {
    const host = makeTempHost();
    install(host.paths, [a, gone]);
    breakSecond(host);
    const [before, ledger] = [outputs(host), readLedger(host.paths)];
    const changes = plan(host.paths, [{ ...a, content: Buffer.from('new\n') }, deep, z]);
    expect(() => commitChanges(host.paths, changes, { ledger, intents: [intent] })).toThrow('cannot install "/etc/z/z.conf": is a folder; all files are again as they were before');
    expect([outputs(host), readLedger(host.paths), listIntents(host.paths)]).toEqual([before, ledger, []]);
  });

  it('because a file stands where a folder should be made, nothing is installed', () => {
    const host = makeTempHost();
    host.link('/etc/new', 'nowhere');
    expect(() => install(host.paths, [a, deep])).toThrow('cannot install "/etc/new": exists already; all files are again as they were before');
    expect(host.exists('/etc/a.conf')).toBe(false);
    expect(readLedger(host.paths).outputs.size).toBe(0);
  });

  it('because somebody saved it in the meantime, what that person wrote stays', () => {
    const host = makeTempHost();
    install(host.paths, [a]);
    const changes = plan(host.paths, [{ ...a, content: Buffer.from('new\n') }, deep]);
    host.write('/etc/a.conf', 'saved by an editor\n');
    expect(() => commitChanges(host.paths, changes, { ledger: readLedger(host.paths) })).toThrow('it was changed by somebody else since the event began');
    expect(outputs(host)).toEqual([{ '/etc/a.conf': 'saved by an editor\n' }, {}]);
  });
});

describe('wherever it is interrupted', () => {
  const old = { ...a, content: Buffer.from('old\n') };
  const wanted = [a, deep];

  /** A host with one file to change, one to remove, one that was edited by hand and one in the way. */
  function prepare(): TempHost {
    const host = makeTempHost();
    install(host.paths, [old, gone, makeRendered('/etc/edited', 'ours\n')]);
    host.write('/etc/edited', 'by hand\n');
    return host;
  }

  /** The same host whose n-th use of a path does something first. */
  function meddle(paths: Paths, before: (n: number) => void): Paths {
    let n = 0;
    return { ...paths, file: (name) => {
      before(++n);
      return paths.file(name);
    } };
  }

  const countUses = (): number => {
    const host = prepare();
    const changes = plan(host.paths, wanted);
    let uses = 0;
    commitChanges(meddle(host.paths, (n) => { uses = n; }), changes, { ledger: readLedger(host.paths), intents: [intent] });
    return uses;
  };

  it('by an error, files, ledger and intents are wholly old or wholly new', () => {
    const uses = countUses();
    expect(uses).toBeGreaterThan(10);
    for (let failing = 1; failing <= uses; failing++) {
      const host = prepare();
      const ledger = readLedger(host.paths);
      const state = (): unknown => [outputs(host), readLedger(host.paths), listIntents(host.paths)];
      const before = state();
      const changes = plan(host.paths, wanted);
      const paths = meddle(host.paths, (n) => {
        if (n === failing) throw new Failure('cannot go on', { why: 'the test says so' });
      });
      expect(() => commitChanges(paths, changes, { ledger, intents: [intent] }), `use ${failing}`).toThrow('the test says so');
      expect(state(), `use ${failing}`).toEqual(before);
    }
  });

  it('by a kill, nothing is left that is not owned, and the next run completes it', () => {
    const host = prepare();
    const snapshots = path.join(host.folder, 'snapshots');
    const changes = plan(host.paths, wanted);
    let last = 0;
    commitChanges(meddle(host.paths, (n) => {
      last = n;
      cpSync(host.paths.root, path.join(snapshots, String(n)), { recursive: true });
    }), changes, { ledger: readLedger(host.paths), intents: [intent] });
    for (let n = 1; n <= last; n++) {
      const killed = findPaths({ DOCKSMITH_ROOT: path.join(snapshots, String(n)) });
      const next = plan(killed, wanted);
      expect(next.obstacles, `killed at ${n}`).toEqual([]);
      expect(next.install.filter(({ edited }) => edited), `killed at ${n}`).toEqual([]);
      const { ledger } = commitChanges(killed, next, { ledger: readLedger(killed) });
      expect(ledger.outputs, `killed at ${n}`).toEqual(readLedger(host.paths).outputs);
      expect(ledger.folders, `killed at ${n}`).toEqual(readLedger(host.paths).folders);
      expect(plan(killed, []).remove.map(({ owned }) => owned.path), `killed at ${n}`).toEqual(['/etc/a.conf', deep.path]);
    }
  });
});
