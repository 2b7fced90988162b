import { isSecretAssignment } from '../../base/secret-names.ts';
import { type Mask, holdsSecret } from '../../base/mask.ts';
import { mapTexts, type PlainMap } from './compose-document.ts';

/** Stand for secrets in an exported file: variables that `.env` or the environment sets. */
export class SecretVariables {
  readonly #mask: Mask;
  /** name -> value */
  readonly values = new Map<string, string>();

  /** @param mask which knows the secrets of the dbs */
  constructor(mask: Mask) {
    this.#mask = mask;
  }

  /** A service whose secrets are variables: `${WIKI_DB_PASSWORD}`. */
  replaceIn(name: string, service: PlainMap): PlainMap {
    return mapTexts(service, (text, path) => {
      const value = text.replaceAll('$$', '$');
      const [key, variable = ''] = path;
      const isSecret = key === 'environment' && isSecretAssignment(variable, value);
      if (!isSecret && !holdsSecret(this.#mask, value)) return text;
      return `\${${this.#add([name, ...(key === 'environment' ? path.slice(1) : path)].join('_'), value)}}`;
    }) as PlainMap;
  }

  #add(wanted: string, value: string): string {
    const base = wanted
      .toUpperCase()
      .replace(/[^A-Z0-9_]/g, '_')
      .replace(/^(?=\d)/, '_');
    for (let n = 1; ; n++) {
      const name = n === 1 ? base : `${base}_${n}`;
      const known = this.values.get(name);
      if (known !== undefined && known !== value) continue;
      this.values.set(name, value);
      return name;
    }
  }

  /** For a file `.env` beside the exported one, in the spelling that Compose reads. */
  format(): string {
    return [...this.values].map(([name, value]) => `${name}=${quote(value)}\n`).join('');
  }
}

/** https://docs.docker.com/reference/compose-file/services/#env_file-format */
function quote(value: string): string {
  if (!/[\\\n\r]/.test(value)) return `'${value.replaceAll("'", "\\'")}'`;
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
