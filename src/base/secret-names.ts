/**
 * The one list of the words by which a variable's or a prop's name says that its value is secret, in
 * any case: `DB_PASSWORD`, `apiToken`, `AWS_SECRET_ACCESS_KEY`; and as a word of its own `DB_PASS`, `DB_PWD`.
 */
const SECRET = /PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIAL|KEY|(?:^|[_.-])PASS(?:$|[_.-])|[_.-]PWD$/i;

/** What has such a word in it and is none. */
const OTHERWISE = /KEYBOARD|KEYMAP|KEYCLOAK|MONKEY|PUB(?:LIC)?[_.-]?KEY/gi;

/** Values that say nothing, whatever they are called: a switch, a small number. */
const PLAIN = /^(?:true|false|yes|no|on|off|enabled|disabled|none|null|)$/i;

export function isSecretName(name: string): boolean {
  return SECRET.test(name.replace(OTHERWISE, ''));
}

/** Whether a variable of that name holds a secret: a switch is none, and what ends in `_FILE` names a file. */
export function isSecretVariable(name: string, value: string): boolean {
  return isSecretName(name) && !PLAIN.test(value) && !(/_FILE$/i.test(name) && value.startsWith('/'));
}

/**
 * Whether the value is so much of its own that it can be masked wherever it stands; others are masked beside
 * their names only.
 */
export function isTelling(value: string): boolean {
  return value.length >= 4 && !/^\d{1,5}$/.test(value);
}

/** The password of `scheme://user:password@host`. */
export function findUrlPassword(value: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:([^/?#\s@]+)@/i.exec(value)?.[1];
}

/** Whether a variable is secret by its name, or is an address with a password in it. */
export function isSecretAssignment(name: string, value: string): boolean {
  return isSecretVariable(name, value) || findUrlPassword(value) !== undefined;
}

/** Of one variable what is to be masked wherever it stands. */
export function listVariableSecrets(name: string, value: string): readonly string[] {
  const found = isSecretVariable(name, value) ? value : findUrlPassword(value);
  return found !== undefined && isTelling(found) ? [found] : [];
}

/** The variables of `NAME=VALUE,…`. */
export function listAssignments(text: string): readonly (readonly [string, string])[] {
  return text.split(',').map((item) => {
    const cut = item.indexOf('=');
    return cut < 0 ? ([item, ''] as const) : ([item.slice(0, cut), item.slice(cut + 1)] as const);
  });
}

/** Words of a text that may be one of those. */
export const MAY_BE_SECRET = /PASS|PWD|SECRET|TOKEN|CREDENTIAL|KEY|:\/\/[^/\s]*:[^/\s]*@/i;
