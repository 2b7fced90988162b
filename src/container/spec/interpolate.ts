/** A variable that is not set where that is an error; the message completes `cannot …: `. */
export class NotSet extends Error {}

const VARIABLE = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])((?:[^{}]|\{[^{}]*\})*))?\}|(.?))/g;

/**
 * Fills in variables as Compose does (https://docs.docker.com/reference/compose-file/interpolation/):
 * `$X`, `${X}`, `${X:-default}`, `${X-default}`, `${X:?why}`, `${X?why}`, `${X:+other}`, `${X+other}`, `$$` for a
 * dollar sign; with a colon, an empty one counts as not set. One that is not set and has no
 * default is an error here, where Compose warns and takes an empty text.
 * @throws NotSet
 */
export function fillVariables(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    VARIABLE,
    (written: string, dollar?: string, bare?: string, braced?: string, given?: string, after?: string) => {
      const [operator, word] = [given ?? '', after ?? ''];
      if (dollar !== undefined) return '$';
      const name = bare ?? braced;
      if (name === undefined) throw new NotSet(`"${written}" is no variable; $$ is a dollar sign`);
      const value = variables.get(name);
      const isSet = operator.startsWith(':') ? Boolean(value) : value !== undefined;
      switch (operator.at(-1)) {
        case '-':
          return isSet ? (value ?? '') : fillVariables(word, variables);
        case '+':
          return isSet ? fillVariables(word, variables) : '';
        case '?':
          if (!isSet)
            throw new NotSet(
              `variable "${name}" is not set${word === '' ? '' : `: ${fillVariables(word, variables)}`}`,
            );
          return value ?? '';
        default:
          if (value === undefined)
            throw new NotSet(
              `variable "${name}" is not set, neither in the environment nor in the file .env beside it`,
            );
          return value;
      }
    },
  );
}
