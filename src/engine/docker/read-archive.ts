/**
 * Of a tar archive with one file (https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html,
 * ustar): what the file holds; of a link, nothing.
 */
export function readFirstFile(archive: Buffer): string {
  // the size stands in octal digits at 124, the content begins with the next block
  const size = Number.parseInt(archive.toString('latin1', 124, 136), 8);
  return Number.isInteger(size) ? archive.toString('utf8', 512, 512 + size) : '';
}
