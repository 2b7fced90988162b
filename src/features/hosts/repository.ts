import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure } from '../../base/errors.ts';
import { CONFIG_DIR, type Paths, STATE_DIR } from '../../base/paths.ts';
import { toByteString } from '../../db/byte-text.ts';
import { contentOf } from '../../db/flat-db.ts';
import type { Db } from '../../db/record.ts';
import type { Content } from './content.ts';
import { MOST_BYTES, readCommit } from './read-commit.ts';

/** Of this host's own; everything in it is its owner's alone, since secrets are in the dbs. */
export const HOSTS_DIR = path.posix.join(STATE_DIR, 'hosts');
const REPOSITORY = path.posix.join(HOSTS_DIR, 'repository.git');
/** What the hosts have agreed on last. */
export const AGREED = 'refs/heads/main';
/** What was there before something was received, and what was made of it: to go back. */
export const BEFORE = 'refs/docksmith/before';
export const AFTER = 'refs/docksmith/after';
/** What was sent last, and what came in. */
export const SENT = 'refs/docksmith/sent';
export const PLANNED = 'refs/docksmith/planned';
export const INCOMING = 'refs/docksmith/incoming';

const GIT_MILLISECONDS = 60_000;

/** A commit that is known here, by its 40 digits. */
export type Revision = string;

/** The commits of contents. Git is given bytes and gives bytes: nothing is ever checked out. */
export class Repository {
  readonly folder: string;
  /** without the root, of this host's own */
  readonly place = REPOSITORY;

  /** @param folder another one than this host's own */
  constructor(paths: Paths, folder = paths.file(REPOSITORY)) {
    this.folder = folder;
  }

  get isThere(): boolean {
    return existsSync(path.join(this.folder, 'HEAD'));
  }

  make(): void {
    if (this.isThere) return;
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.git(['init', '--quiet', '--bare', '--initial-branch=main', this.folder], { isOutside: true });
  }

  /** A repository of what is not trusted yet: it sees the commits of this one. */
  makeQuarantine(paths: Paths, folder: string): Repository {
    const quarantine = new Repository(paths, folder);
    quarantine.make();
    writeFileSync(path.join(folder, 'objects/info/alternates'), `${path.join(this.folder, 'objects')}\n`);
    const agreed = this.find(AGREED);
    // a bundle may need what a name of this repository leads to
    if (agreed !== undefined) quarantine.set(AGREED, agreed);
    return quarantine;
  }

  find(name: string): Revision | undefined {
    if (!this.isThere) return undefined;
    const { status, stdout } = this.try(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
    return status === 0 ? stdout.toString().trim() : undefined;
  }

  set(name: string, revision: Revision): void {
    this.git(['update-ref', name, revision]);
  }

  /** How many commits are in one and not in the other. */
  count(of: Revision, without: Revision | undefined): number {
    return Number(this.text(['rev-list', '--count', of, ...(without === undefined ? [] : [`^${without}`])]));
  }

  isAncestor(old: Revision, young: Revision): boolean {
    return this.try(['merge-base', '--is-ancestor', old, young]).status === 0;
  }

  findBase(a: Revision, b: Revision): Revision | undefined {
    const { status, stdout } = this.try(['merge-base', a, b]);
    return status === 0 ? stdout.toString().trim() : undefined;
  }

  isSameTree(a: Revision, b: Revision): boolean {
    return this.text(['rev-parse', `${a}^{tree}`]) === this.text(['rev-parse', `${b}^{tree}`]);
  }

  /** When it was made (ISO 8601), and its message. */
  describe(revision: Revision): { readonly when: string; readonly who: string; readonly what: string } {
    const [when = '', who = '', what = ''] = this.text(['show', '-s', '--format=%cI%n%an%n%s', revision]).split('\n');
    return { when, who, what };
  }

  /** Makes a commit, and names it. */
  commit(
    name: string,
    content: Content,
    {
      parents,
      who,
      message,
    }: { readonly parents: readonly Revision[]; readonly who: string; readonly message: string },
  ): Revision {
    this.make();
    const now = `${Math.floor(Date.now() / 1000)} +0000`;
    const person = `${who.replaceAll(/[<>\n]/g, ' ') || 'root'} <${who.replaceAll(/[^\w.-]/g, '')}@docksmith>`;
    const parts: Buffer[] = [];
    const say = (text: string): void => void parts.push(Buffer.from(text));
    const data = (bytes: Buffer): void =>
      void parts.push(Buffer.from(`data ${bytes.length}\n`), bytes, Buffer.from('\n'));
    say(`commit ${name}\nauthor ${person} ${now}\ncommitter ${person} ${now}\n`);
    data(Buffer.from(message));
    for (const [n, parent] of parents.entries()) say(`${n === 0 ? 'from' : 'merge'} ${parent}\n`);
    say('deleteall\n');
    const file = (target: string, mode: string, bytes: Buffer): void => {
      say(`M ${mode} inline "${target.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"\n`);
      data(bytes);
    };
    for (const [db, records] of content.dbs) file(`dbs/${db}`, '100644', formatDb(records));
    for (const [target, { mode, content: bytes }] of content.files)
      file(`files${target.slice(CONFIG_DIR.length)}`, (mode & 0o100) === 0 ? '100644' : '100755', bytes);
    file('modes', '100644', Buffer.from(formatModes(content.files)));
    say('done\n');
    // a root of its own has no past, also where the name has one
    if (parents.length === 0 && this.find(name) !== undefined) this.git(['update-ref', '-d', name]);
    this.git(['fast-import', '--quiet', '--done', '--force'], { input: Buffer.concat(parts) });
    return this.text(['rev-parse', '--verify', name]);
  }

  /** @throws Failure for what no host of ours would have written */
  read(paths: Paths, revision: Revision): Content {
    return readCommit(paths, revision, (args, input) => this.output(args, input));
  }

  /** The commits that lead to this one and that the other host does not have. */
  bundle(revision: Revision, have: Revision | undefined): Buffer {
    this.set(SENT, revision);
    return this.output(['bundle', 'create', '--quiet', '-', SENT, ...(have === undefined ? [] : [`^${have}`])]);
  }

  /** Takes a bundle in. @throws Failure for one that is damaged, or that needs commits which are not here */
  take(bundle: string, name: string): Revision {
    const checks = ['-c', 'fetch.fsckObjects=true', '-c', 'transfer.fsckObjects=true'];
    this.git([...checks, 'fetch', '--quiet', '--no-tags', '--no-write-fetch-head', bundle, `+${SENT}:${name}`]);
    return this.text(['rev-parse', '--verify', `${name}^{commit}`]);
  }

  /** Takes over what a quarantine has. */
  adopt(quarantine: Repository, name: string): void {
    this.git(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', quarantine.folder, `+${name}:${name}`]);
  }

  text(args: readonly string[]): string {
    return this.output(args).toString().trim();
  }

  output(args: readonly string[], input?: Buffer): Buffer {
    return this.git(args, input === undefined ? {} : { input });
  }

  /** @throws Failure with what git said */
  git(args: readonly string[], options: { readonly input?: Buffer; readonly isOutside?: boolean } = {}): Buffer {
    const { status, stdout, stderr, error } = this.try(args, options);
    const fail = (why: string): Failure => new Failure(`cannot use "${this.folder}"`, { why });
    if (error !== undefined)
      throw fail(errorCode(error) === 'ENOENT' ? 'the program git is not there: install it' : error.message);
    if (status !== 0) throw fail(`git ${args.find((word) => /^[a-z]/.test(word)) ?? ''}: ${tell(stderr)}`);
    return stdout;
  }

  try(
    args: readonly string[],
    { input, isOutside = false }: { readonly input?: Buffer; readonly isOutside?: boolean } = {},
  ): ReturnType<typeof spawnSync> & { readonly stdout: Buffer; readonly stderr: Buffer } {
    // nothing of the caller's configuration may filter, sign or lead elsewhere
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
    return spawnSync(
      'git',
      [...(isOutside ? [] : [`--git-dir=${this.folder}`]), '-c', 'gc.autoDetach=false', ...args],
      {
        env: {
          ...inherited,
          LC_ALL: 'C',
          GIT_CONFIG_NOSYSTEM: '1',
          GIT_CONFIG_GLOBAL: '/dev/null',
          GIT_TERMINAL_PROMPT: '0',
        },
        input: input ?? '',
        maxBuffer: 2 * MOST_BYTES,
        timeout: GIT_MILLISECONDS,
      },
    );
  }
}

function tell(stderr: Buffer): string {
  const lines = stderr
    .toString()
    .split('\n')
    .map((line) => line.replace(/^(?:(?:fatal|error|remote): ?)+/, '').trim());
  return (
    lines
      .filter((line) => line !== '')
      .slice(0, 2)
      .join('; ') || 'it failed'
  );
}

/** Its lines alone, so that the same records are the same bytes on each host. */
function formatDb(records: Db): Buffer {
  return contentOf(new Map([...records].sort(([a], [b]) => (toByteString(a) < toByteString(b) ? -1 : 1))));
}

/** Git itself knows only whether a file can be run. */
function formatModes(files: Content['files']): string {
  return [...files]
    .filter(([, { mode }]) => ![0o644, 0o755].includes(mode))
    .map(([name, { mode }]) => `${mode.toString(8).padStart(4, '0')} ${JSON.stringify(name)}\n`)
    .join('');
}
