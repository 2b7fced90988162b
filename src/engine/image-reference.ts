/**
 * A reference with its tag said, as `docker pull` understands it: `wiki` is `wiki:latest`. Digests and
 * image ids stay.
 */
export function formatImageReference(reference: string): string {
  if (reference.includes('@') || /^(sha256:)?[0-9a-f]{64}$/.test(reference)) return reference;
  // a colon before the last slash is a registry's port
  return reference.slice(reference.lastIndexOf('/') + 1).includes(':') ? reference : `${reference}:latest`;
}
