import { describe, expect, it } from 'vitest';
import { fillVariables, NotSet } from '../../../../src/container/spec/interpolate.ts';

const VARIABLES = new Map([
  ['SET', 'value'],
  ['EMPTY', ''],
  ['OTHER', '$x'],
]);

describe('variables of a Compose file', () => {
  it.each([
    ['a $SET b', 'a value b'],
    ['${SET}', 'value'],
    ['$SET.conf', 'value.conf'],
    ['$$SET', '$SET'],
    ['$${SET}', '${SET}'],
    ['${EMPTY}', ''],
    ['${EMPTY:-default}', 'default'],
    ['${EMPTY-default}', ''],
    ['${UNSET-default}', 'default'],
    ['${UNSET:-}', ''],
    ['${UNSET:-${SET}}', 'value'],
    ['${SET:-default}', 'value'],
    ['${SET:+other}', 'other'],
    ['${EMPTY:+other}', ''],
    ['${EMPTY+other}', 'other'],
    ['${UNSET+other}', ''],
    ['${SET:?why}', 'value'],
    // what a variable holds is not looked at again
    ['$OTHER', '$x'],
  ])('%s is %j', (text, filled) => {
    expect(fillVariables(text, VARIABLES)).toBe(filled);
  });

  it.each([
    ['$UNSET', 'variable "UNSET" is not set, neither in the environment nor in the file .env beside it'],
    ['${UNSET:?give one}', 'variable "UNSET" is not set: give one'],
    ['${EMPTY:?}', 'variable "EMPTY" is not set'],
    ['${SET', '"${" is no variable; $$ is a dollar sign'],
    ['5$', '"$" is no variable; $$ is a dollar sign'],
  ])('%s is refused', (text, why) => {
    expect(() => fillVariables(text, VARIABLES)).toThrow(new NotSet(why));
  });
});
