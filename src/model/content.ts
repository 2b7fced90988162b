import { hasOwnProp, type Snapshot } from '../db/snapshot.ts';
import type { DbRecord } from '../db/record.ts';
import { Failure } from '../base/errors.ts';
import { isSshUrl } from '../base/git-address.ts';
import { type Container, CONTAINERS, listContainers } from './container.ts';
import { ContentRecord } from './content-record.ts';
import { findDataMount } from './data-mount.ts';
import { findSecret } from './secrets.ts';

/** Those of containers with content from git, enabled or not, in byte order of their names. */
export function listContents(snapshot: Snapshot): readonly ContentRecord[] {
  return listContainers(snapshot)
    .map(({ key }) => new ContentRecord(snapshot, key))
    .filter(({ hasContent }) => hasContent);
}

/** `/var/lib/docksmith/content/www:/www:ro`, Compose's short form; undefined without content. */
export function findContentMount(content: ContentRecord): string | undefined {
  return content.hasContent && content.path !== '' ? `${content.folder}:${content.path}:ro` : undefined;
}

/** What can be told without other records: the content has a folder in the container for itself. */
export function* checkContent(container: Container): Generator<Failure> {
  const content = new ContentRecord(container.snapshot, container.key);
  if (!content.hasContent) return;
  const { path, url, sshKey } = content;
  if (path === '' || path === '/')
    yield wrong(content, 'Content.git', url, 'it needs a ContentPath, a folder in the container', {
      hint: `db ${CONTAINERS} setprop ${content.key} ContentPath /content`,
    });
  const inside = path.replace(/\/+$/, '');
  const mount = container.mounts.find((one) => one.inside.replace(/\/+$/, '') === inside);
  if (mount !== undefined) yield wrong(content, 'ContentPath', path, `its MountPath puts ${mount.host} there`);
  if (container.dataMountPath !== '' && findDataMount(container)?.target.replace(/\/+$/, '') === inside)
    yield wrong(content, 'ContentPath', path, 'its data is there (DataMountPath)');
  if (sshKey !== '' && !isSshUrl(url))
    yield wrong(content, 'ContentKey', sshKey, `a key is for ssh, and Content.git is "${url}"`);
}

/** The key is there, and is one. @throws Failure, for who needs it now */
export function* checkContentKey({ snapshot, key }: Container): Generator<Failure> {
  const content = new ContentRecord(snapshot, key);
  if (!content.hasContent || content.sshKey === '') return;
  const value = findSecret(snapshot, content.sshKey);
  if (value === undefined)
    yield wrong(content, 'ContentKey', content.sshKey, 'db secrets has no such record with a Value', {
      hint: `db secrets set ${content.sshKey} secret Value "$(cat KEYFILE)"`,
    });
  else if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----\s[^]*-----END [A-Z ]*PRIVATE KEY-----\s*$/.test(value))
    yield wrong(content, 'ContentKey', content.sshKey, 'the Value of that secret is no private key of ssh');
}

/** Props that do nothing, since there is no Content.git. */
export function listIdleProps(record: DbRecord): readonly string[] {
  return hasOwnProp(record, 'Content.git')
    ? []
    : ['ContentRef', 'ContentPath', 'ContentKey'].filter((prop) => hasOwnProp(record, prop));
}

/** `cannot use docker_containers www ContentRef "nope": …` */
export function wrong(
  { key }: ContentRecord,
  prop: string,
  value: string,
  why: string,
  more: { readonly hint?: string } = {},
): Failure {
  return new Failure(`cannot use ${CONTAINERS} ${key} ${prop} ${JSON.stringify(value)}`, { why, ...more });
}
