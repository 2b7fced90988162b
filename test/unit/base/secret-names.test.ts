import { expect, it } from 'vitest';
import { isSecretName, isSecretVariable, listVariableSecrets } from '../../../src/base/secret-names.ts';

it.each([
  'DB_PASSWORD',
  'db_passwd',
  'apiToken',
  'AWS_SECRET_ACCESS_KEY',
  'SSH_KEY',
  'PGPASSPHRASE',
  'GOOGLE_CREDENTIALS',
  'DB_PASS',
  'SMTP_PWD',
  'KEYCLOAK_ADMIN_PASSWORD',
])('%s says that it is secret', (name) => {
  expect(isSecretName(name)).toBe(true);
});

it.each([
  'MODE',
  'KEYBOARD',
  'XKB_KEYMAP',
  'KEYCLOAK_URL',
  'SSH_PUBLIC_KEY',
  'PUBKEY',
  'MONKEY',
  'PWD',
  'OLDPWD',
  'COMPASS',
  'BYPASS_CACHE',
])('%s does not', (name) => {
  expect(isSecretName(name)).toBe(false);
});

it('a switch and the name of a file are no secrets, whatever they are called', () => {
  expect([
    isSecretVariable('USE_TOKEN', 'yes'),
    isSecretVariable('DB_PASSWORD_FILE', '/run/secrets/pw'),
    isSecretVariable('DB_PASSWORD_FILE', 'pw'),
    isSecretVariable('DB_PASSWORD', 'x'),
  ]).toEqual([false, false, true, true]);
});

it('what says too little is masked beside its name alone; the password of a URL is one', () => {
  expect([
    listVariableSecrets('PIN_TOKEN', '1234'),
    listVariableSecrets('DB_PASSWORD', 'abc'),
    listVariableSecrets('DB_PASSWORD', 'abcd'),
    listVariableSecrets('DB', 'postgres://app:s3cr3t@db/x'),
    listVariableSecrets('MODE', 'abcd'),
  ]).toEqual([[], [], ['abcd'], ['s3cr3t'], []]);
});
