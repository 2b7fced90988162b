import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../../base/errors.ts';
import { isRevision } from '../../base/git-address.ts';
import { CACHE_DIR, type Paths } from '../../base/paths.ts';
import { wrong } from '../../model/content.ts';
import { type ContentRecord, formatRef } from '../../model/content-record.ts';
import { findSecret } from '../../model/secrets.ts';
import {
  askRemote,
  GitError,
  type GitOptions,
  isUsableKey,
  type RemoteRef,
  type SshAccess,
  runGit,
  unfinishedKeys,
  withSshAccess,
} from './git.ts';

/** What was fetched last: from it the next fetch tells the server what is here already. */
const OWN_REF = 'refs/docksmith/content';

/** The bare clone of one container's repository. It is a cache: a damaged one is made again. */
export class ContentClone {
  readonly #paths: Paths;
  readonly #content: ContentRecord;
  readonly #options: GitOptions;
  readonly #folder: string;

  constructor(paths: Paths, content: ContentRecord, options: GitOptions) {
    this.#paths = paths;
    this.#content = content;
    this.#options = options;
    this.#folder = paths.file(`${CACHE_DIR}/content/${content.key}.git`);
  }

  /**
   * Asks the repository what the ref is now, and fetches that where it is not here. Call it under the event lock.
   * @param known a revision that need not be fetched
   * @returns the revision
   * @throws Failure that names record and prop
   */
  async fetch(known: string | undefined): Promise<string> {
    const { ref, sshKey, snapshot } = this.#content;
    if (isRevision(ref) && ref === known) return ref;
    const key = sshKey === '' ? undefined : findSecret(snapshot, sshKey);
    return withSshAccess(this.#paths, key, unfinishedKeys(this.#paths), async ({ env, keyFile }) => {
      if (keyFile !== undefined && !(await isUsableKey(keyFile, this.#options.signal)))
        throw wrong(this.#content, 'ContentKey', sshKey, 'ssh cannot read that key without a passphrase');
      try {
        await this.#make();
        const [name, revision] = await this.#resolve(env);
        if (revision === known) return revision;
        await this.#bring(name, revision, env);
        return revision;
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        throw wrong(this.#content, 'Content.git', this.#content.url, error.message);
      }
    });
  }

  /** Lays out all files of a revision that was fetched. */
  async layOut(revision: string, folder: string): Promise<void> {
    try {
      // an index of its own: that of a run that was killed would be in the way
      const index = path.join(this.#folder, 'docksmith-index');
      rmSync(index, { force: true });
      rmSync(`${index}.lock`, { force: true });
      await this.#git([`--work-tree=${folder}`, 'read-tree', '--reset', '-u', revision], { GIT_INDEX_FILE: index });
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // what is damaged here is fetched again the next time
      this.#remove();
      throw new Failure(`cannot lay out the content of container "${this.#content.key}"`, {
        why: error.message,
        cause: error,
      });
    }
  }

  async #resolve(env: SshAccess['env']): Promise<RemoteRef> {
    const { ref, url } = this.#content;
    if (isRevision(ref)) return [ref, ref];
    const found = await askRemote(url, ref, { ...this.#options, env });
    if (found !== undefined) return found;
    throw ref === ''
      ? wrong(this.#content, 'Content.git', url, 'the repository is empty, or its HEAD names no branch')
      : wrong(this.#content, 'ContentRef', ref, `"${url}" has no such branch or tag`);
  }

  async #bring(name: string, revision: string, env: GitOptions['env']): Promise<void> {
    if (await this.#has(revision)) return;
    try {
      await this.#fetchInto(name, env);
    } catch (error) {
      if (!(error instanceof GitError) || (await this.#isSound())) throw error;
      this.#remove();
      await this.#make();
      await this.#fetchInto(name, env);
    }
    // it may have moved on since it was asked for
    if (!(await this.#has(revision))) throw new GitError(`${formatRef(name)} changed while it was fetched; try again`);
  }

  async #fetchInto(name: string, env: GitOptions['env']): Promise<void> {
    // of a fetch that was killed: the event lock says that there is none now
    for (const file of readdirSync(this.#folder, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.lock')) rmSync(path.join(this.#folder, file), { force: true });
    await this.#git(['fetch', '--quiet', '--no-tags', '--force', '--', this.#content.url, `${name}:${OWN_REF}`], env);
  }

  /** Whether all of a revision is here. */
  async #has(revision: string): Promise<boolean> {
    try {
      await this.#git(['rev-list', '--quiet', '--objects', '--max-count=1', revision, '--']);
      return true;
    } catch (error) {
      if (error instanceof GitError) return false;
      throw error;
    }
  }

  async #isSound(): Promise<boolean> {
    try {
      await this.#git(['fsck', '--connectivity-only', '--no-progress']);
      return true;
    } catch (error) {
      if (error instanceof GitError) return false;
      throw error;
    }
  }

  async #make(): Promise<void> {
    if (existsSync(path.join(this.#folder, 'HEAD'))) return;
    mkdirSync(path.dirname(this.#folder), { recursive: true, mode: 0o700 });
    await runGit(['init', '--quiet', '--bare', '--', this.#folder], this.#options);
  }

  #remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #git(args: readonly string[], env: GitOptions['env'] = {}): Promise<readonly string[]> {
    return runGit([`--git-dir=${this.#folder}`, ...args], { ...this.#options, env });
  }
}
