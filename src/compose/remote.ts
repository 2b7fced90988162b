/** Whether a folder to build is one of another server. */
export function isGitAddress(text: string): boolean {
  return /^([\w+.-]+:\/\/|git@|github\.com\/)/.test(text);
}

/** Whether a Compose file lies on another server. */
export function isRemoteFile(text: string): boolean {
  return isGitAddress(text) || text.startsWith('oci:') || text.includes('.git#');
}
