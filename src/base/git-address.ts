/*
 * Addresses of git repositories that only lead to one. git itself takes more: it would run the program of
 * `ext::…`, and both git and ssh take what begins with a hyphen for an option.
 */

const USER = String.raw`(?:[A-Za-z0-9_][\w.-]*@)?`;
const HOST = String.raw`(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:]+\])`;

const FORMS: readonly RegExp[] = [
  new RegExp(String.raw`^(?:https?|ssh)://${USER}${HOST}(?::\d{1,5})?/[^\s\0]+$`),
  // as scp has it; a second colon would be the name of a remote helper
  new RegExp(String.raw`^${USER}${HOST}:(?![:-]|//)[^\s\0]+$`),
  /^file:\/\/\/[^\s\0]+$/,
];

/** The schemes that git may use, also where a server sends it elsewhere, as `GIT_ALLOW_PROTOCOL` has them. */
export const GIT_PROTOCOLS = 'file:http:https:ssh';

/** What is wrong with an address, as the end of a sentence; undefined: nothing. */
export function checkGitUrl(url: string): string | undefined {
  if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url))
    return 'has a password in it, which a db would show; use ssh with a key';
  const scheme = /^([\w+.-]+):(?:\/\/|:)/.exec(url)?.[1];
  if (scheme !== undefined && !GIT_PROTOCOLS.split(':').includes(scheme))
    return `has the scheme "${scheme}", which is none of https, http, ssh and file`;
  return FORMS.some((form) => form.test(url))
    ? undefined
    : 'is not like https://HOST/PATH, ssh://USER@HOST/PATH, USER@HOST:PATH or file:///PATH';
}

/** Whether an address is one of ssh, the only kind that has keys. */
export function isSshUrl(url: string): boolean {
  return url.startsWith('ssh://') || !url.includes('://');
}

/** git's rules for names (git-check-ref-format), without what would have to be quoted anywhere. */
const REF = /^(?!.*(?:\.\.|\/\/|@\{|\/\.|\.lock(?:\/|$)|[/.]$))[A-Za-z0-9_][\w./@+#-]*$/;

export function checkGitRef(ref: string): string | undefined {
  return REF.test(ref) ? undefined : 'is not the name of a branch or tag, or a revision of 40 digits';
}

/** A whole revision: what it names never changes. */
export function isRevision(ref: string): boolean {
  return /^[0-9a-f]{40}$/.test(ref);
}
