import type { Paths } from '../base/paths.ts';
import { readText } from '../files/read-file.ts';

const PEM = /^-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----$/gm;

/**
 * The certificates in a file, without the keys and comments that may be there as well.
 * @param file under the root
 * @returns undefined where it has none, or cannot be read
 */
export function readCertificates(paths: Paths, file: string): string | undefined {
  let text: string;
  try {
    text = readText(paths.file(file), 'latin1');
  } catch {
    return undefined;
  }
  const found = text.match(PEM) ?? [];
  return found.length === 0 ? undefined : `${found.join('\n').replaceAll('\r', '')}\n`;
}
