import { isSecretAssignment } from '../../base/secret-names.ts';
import { type Mask, holdsSecret } from '../../base/mask.ts';
import { quoteWord } from '../../base/quote.ts';
import { mapTexts, type PlainMap } from './compose-document.ts';

/** Stand for secrets in an exported file: variables that `.env` or the environment sets. */
export class SecretVariables {
  readonly #mask: Mask;
  readonly #forShell: boolean;
  /** name -> value */
  readonly values = new Map<string, string>();

  /**
   * @param mask which knows the secrets of the dbs
   * @param forShell a shell reads the file of variables, and whoever reads the other one refuses to go on without
   */
  constructor(mask: Mask, { forShell = false }: { readonly forShell?: boolean } = {}) {
    this.#mask = mask;
    this.#forShell = forShell;
  }

  /** A service whose secrets are variables: `${WIKI_DB_PASSWORD}`. */
  replaceIn(name: string, service: PlainMap): PlainMap {
    return mapTexts(service, (text, path) => {
      const value = text.replaceAll('$$', '$');
      const [key, variable = ''] = path;
      const isSecret = key === 'environment' && isSecretAssignment(variable, value);
      if (!isSecret && !holdsSecret(this.#mask, value)) return text;
      const added = this.#add([name, ...(key === 'environment' ? path.slice(1) : path)].join('_'), value);
      return `\${${added}${this.#forShell ? ':?is not set' : ''}}`;
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

  /** For a file `.env` beside the exported one, in the spelling of whoever reads it: Compose, or a shell. */
  format(): string {
    const quoted = this.#forShell ? quoteWord : quote;
    return [...this.values].map(([name, value]) => `${name}=${quoted(value)}\n`).join('');
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
