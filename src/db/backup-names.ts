const BACKUP_SUFFIXES = ['~', '.swp', '.bak', '.orig', '.rpmsave', '.rpmnew', '.rpmorig', '.dpkg-old', '.dpkg-new', '.dpkg-dist'];

/** Whether a file's name is that of an editor's or package manager's left-over, or hidden: nobody means such a file to count. */
export function isBackupName(name: string): boolean {
  return name.startsWith('.') || BACKUP_SUFFIXES.some((suffix) => name.endsWith(suffix));
}
