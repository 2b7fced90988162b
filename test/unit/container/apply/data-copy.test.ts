import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { copyData, finishMove, measureData, prepareMove } from '../../../../src/container/apply/data-copy.ts';
import type { VolumeInspect } from '../../../../src/engine/engine-api.ts';
import { MemoryEngine } from '../../../../src/engine/memory/memory-engine.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

/** An engine whose volumes are folders of a test. */
class FolderEngine extends MemoryEngine {
  readonly folder: string;
  readonly drivers: Record<string, Partial<VolumeInspect>> = {};

  constructor(folder: string) {
    super();
    this.folder = folder;
  }

  override findVolume(name: string): Promise<VolumeInspect | undefined> {
    const Mountpoint = path.join(this.folder, 'volumes', name, '_data');
    return Promise.resolve(existsSync(Mountpoint) ? { Driver: 'local', Mountpoint, ...this.drivers[name] } : undefined);
  }
}

describe('moving data', () => {
  let folder: string;
  let engine: FolderEngine;
  let source: string;
  let target: string;
  const wanted = () => ({ from: { kind: 'volume', name: 'old' }, to: { kind: 'folder', path: target } }) as const;
  beforeEach(() => {
    folder = makeTempHost().folder;
    engine = new FolderEngine(folder);
    source = path.join(folder, 'volumes/old/_data');
    target = path.join(folder, 'srv/wiki');
    mkdirSync(path.join(source, 'sub'), { recursive: true });
    mkdirSync(path.join(folder, 'volumes/new/_data'), { recursive: true });
    chmodSync(source, 0o750);
    writeFileSync(path.join(source, 'sub/page'), 'hello', { mode: 0o640 });
    linkSync(path.join(source, 'sub/page'), path.join(source, 'same'));
    symlinkSync('sub/nowhere', path.join(source, 'link'));
    writeFileSync(path.join(source, 'sparse'), '');
    truncateSync(path.join(source, 'sparse'), 50 * 1024 ** 2);
    utimesSync(path.join(source, 'sub/page'), 1e9, 1e9);
    writeFileSync(path.join(source, '.hidden'), '');
    execFileSync('mkfifo', [path.join(source, 'pipe')]);
  });

  it('copies modes, times, links, holes and what is no file, and leaves the source', async () => {
    await copyData(await prepareMove(engine, wanted(), 'id1'), 'id1');
    expect(readdirSync(target).sort()).toEqual(['.hidden', 'link', 'pipe', 'same', 'sparse', 'sub']);
    const [page, same, sparse] = ['sub/page', 'same', 'sparse'].map((name) => statSync(path.join(target, name)));
    expect([
      readFileSync(path.join(target, 'same'), 'utf8'),
      page?.ino === same?.ino,
      page?.mtimeMs,
      (page?.mode ?? 0) & 0o777,
    ]).toEqual(['hello', true, 1e12, 0o640]);
    expect([sparse?.size, (sparse?.blocks ?? 0) < 100]).toEqual([50 * 1024 ** 2, true]);
    expect([
      lstatSync(path.join(target, 'link')).isSymbolicLink(),
      lstatSync(path.join(target, 'pipe')).isFIFO(),
      statSync(target).mode & 0o777,
    ]).toEqual([true, true, 0o750]);
    expect(readdirSync(source)).toHaveLength(6);
    expect(await measureData(engine, { kind: 'volume', name: 'old' })).toBeLessThan(1024 ** 2);
  });

  it.skipIf(process.getuid?.() !== 0)('copies owners', async () => {
    execFileSync('chown', ['123:456', path.join(source, 'sub')]);
    await copyData(await prepareMove(engine, wanted(), 'id1'), 'id1');
    expect([statSync(path.join(target, 'sub')).uid, statSync(path.join(target, 'sub')).gid]).toEqual([123, 456]);
  });

  it('takes the place of an earlier copy for the same container, and of nothing else', async () => {
    await copyData(await prepareMove(engine, wanted(), 'id1'), 'id1');
    writeFileSync(path.join(source, 'later'), '');
    writeFileSync(path.join(target, 'of the new one that failed'), '');
    await expect(prepareMove(engine, wanted(), 'id2')).rejects.toThrow(
      `cannot move data from volume old to folder ${target}: there are files in folder ${target} already`,
    );
    await copyData(await prepareMove(engine, wanted(), 'id1'), 'id1');
    expect(readdirSync(target)).toEqual(readdirSync(source));

    const move = await prepareMove(engine, wanted(), 'id1');
    finishMove(move);
    await expect(prepareMove(engine, wanted(), 'id1')).rejects.toThrow('there are files in');
    expect(readdirSync(path.dirname(target))).toEqual(['wiki']);
  });

  it('copies into an empty folder and a new volume', async () => {
    mkdirSync(target, { recursive: true });
    await copyData(await prepareMove(engine, wanted(), 'id1'), 'id1');
    await copyData(
      await prepareMove(engine, { from: { kind: 'folder', path: target }, to: { kind: 'volume', name: 'new' } }, 'id1'),
      'id1',
    );
    expect(readdirSync(path.join(folder, 'volumes/new/_data'))).toEqual(readdirSync(source));
  });

  it('goes nowhere when it cannot end well', async () => {
    engine.drivers['new'] = { Driver: 'nfs' };
    await expect(
      prepareMove(engine, { from: { kind: 'volume', name: 'new' }, to: { kind: 'folder', path: target } }, 'id1'),
    ).rejects.toThrow('cannot reach the files of volume "new": its driver nfs keeps them elsewhere');
    engine.drivers['new'] = { Options: { type: 'nfs' } };
    await expect(prepareMove(engine, { ...wanted(), to: { kind: 'volume', name: 'new' } }, 'id1')).rejects.toThrow(
      'keeps them elsewhere',
    );
    await expect(prepareMove(engine, { ...wanted(), from: { kind: 'volume', name: 'gone' } }, 'id1')).rejects.toThrow(
      'there is no volume gone on this machine',
    );
    await expect(
      prepareMove(engine, { ...wanted(), to: { kind: 'folder', path: path.join(source, 'sub') } }, 'id1'),
    ).rejects.toThrow('one of them is inside the other');
    expect(existsSync(target)).toBe(false);
  });

  it('leaves no half of a copy when copying fails', async () => {
    const move = await prepareMove(engine, wanted(), 'id1');
    await expect(copyData({ ...move, source: path.join(folder, 'gone') }, 'id1')).rejects.toThrow(
      /cannot copy data .*No such file or directory/,
    );
    expect(readdirSync(path.dirname(target))).toEqual([]);
  });
});
