import { readdirSync, readFileSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyHost } from '../support/fault-host.ts';
import { makeRepository, type Repository } from '../support/git-server.ts';
import { type Host, makeHost } from '../support/host.ts';
import { needs } from '../support/needs.ts';
import { inParallel, run } from '../support/run.ts';
import { runTraced } from '../support/strace.ts';

const BIN = path.resolve(import.meta.dirname, '../../bin');
const UPDATE = [path.join(BIN, 'docksmith.js'), 'update-content', 'www'];
const SEEN = 'var/lib/docksmith/content/www';
const FILES = ['page', 'sub/one', 'sub/two'];

/** The calls at which docksmith, or git that it runs, is killed: the how manieth of each program. */
const KILLS = Object.entries({ rename: 6, symlink: 1, mkdir: 3, unlink: 3, rmdir: 1, link: 1 }).flatMap(
  ([call, most]) => Array.from({ length: most }, (_, n) => ({ call, n: n + 1 })),
);

needs('strace', 'git')('content from git, killed half way', () => {
  let host: Host;
  let repository: Repository;
  const contentOf = (text: string): Readonly<Record<string, string>> =>
    Object.fromEntries(FILES.map((name) => [name, `${name} ${text}\n`]));
  const envOf = (root: string): Readonly<Record<string, string | undefined>> => ({
    DBPATH: undefined,
    DOCKSMITH_RUN: undefined,
    DOCKSMITH_ROOT: root,
  });
  /** `one` or `two` where all of it is seen */
  const look = (root: string): string => {
    const words = FILES.map((name) => {
      const [file, text = ''] = readFileSync(path.join(root, SEEN, 'current', name), 'utf8')
        .trim()
        .split(' ');
      return file === name ? text : '';
    });
    return [...new Set(words)].join(' and ');
  };

  beforeAll(async () => {
    repository = makeRepository();
    repository.commit(contentOf('one'));
    host = makeHost();
    await host.db(`docker_containers set www service status enabled Content.git ${repository.url} ContentPath /www`);
    await host.runOrFail('docksmith', ['update-content', 'www']);
    repository.commit(contentOf('two'));
  });
  afterAll(() => {
    repository.remove();
    host.stop();
  });

  it('is the old or the new one, and the new one after the next run, which leaves nothing behind', async () => {
    const found = new Set<string>();
    await inParallel(KILLS, async ({ call, n }) => {
      const root = copyHost(host, `${call}-${n}`);
      try {
        const killed = await runTraced(UPDATE, {
          env: envOf(root),
          log: `${root}.log`,
          calls: [call],
          inject: `${call}:signal=KILL:when=${n}`,
        });
        const seen = look(root);
        found.add(`${killed.exitCode === 0 ? 'done' : 'killed'} ${seen}`);
        expect([call, n, ['one', 'two'].includes(seen)]).toEqual([call, n, true]);
        const next = await run(process.execPath, UPDATE, { env: envOf(root) });
        expect([call, n, next.exitCode, next.stderr.replace(/^.* was killed before .*\n/gm, ''), look(root)]).toEqual([
          call,
          n,
          0,
          '',
          'two',
        ]);
        const left = readdirSync(path.join(root, SEEN)).filter((name) => name.startsWith('.'));
        expect([call, n, left]).toEqual([call, n, []]);
      } finally {
        for (const name of [root, `${root}.log`]) rmSync(name, { recursive: true, force: true });
      }
    });
    // or nothing would have been tried
    expect([...found]).toEqual(expect.arrayContaining(['killed one', 'killed two']));
  });

  it('a damaged clone is made again', async () => {
    const root = copyHost(host, 'damaged');
    try {
      const clone = path.join(root, 'var/cache/docksmith/content/www.git');
      for (const entry of readdirSync(path.join(clone, 'objects'), { recursive: true, withFileTypes: true }))
        if (entry.isFile()) truncateSync(path.join(entry.parentPath, entry.name), 0);
      writeFileSync(path.join(clone, 'config.lock'), '');
      const { exitCode, stderr } = await run(process.execPath, UPDATE, { env: envOf(root) });
      expect([exitCode, stderr, look(root)]).toEqual([0, '', 'two']);
      expect(readlinkSync(path.join(root, SEEN, 'current'))).toBe(repository.git('rev-parse', 'HEAD'));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
