import { describe, expect, it } from 'vitest';
import { fillVariables, NotSet } from '../../../../../src/container/spec/variables/interpolate.ts';

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
    ['${UNSET:-${EMPTY:-${NONE-deep}}}/x', 'deep/x'],
    ['${UNSET:-{"a": {}}}', '{"a": {}}'],
    ['${UNSET:-a:-b}', 'a:-b'],
    ['${UNSET-a\nb}', 'a\nb'],
    ['${SET+[${EMPTY:-$SET}]}', '[value]'],
    ['${SET}${SET}', 'valuevalue'],
    ['${UNSET:-$$5}', '$5'],
    // what a variable holds is not looked at again
    ['$OTHER', '$x'],
  ])('%s is %j', (text, filled) => {
    expect(fillVariables(text, VARIABLES)).toBe(filled);
  });

  it('takes an empty text for one that nothing sets, and tells which, where that is asked for', () => {
    const unset: string[] = [];
    const onUnset = (name: string): void => void unset.push(name);
    expect(fillVariables('a${UNSET}b$NONE ${SET:+$MORE}', VARIABLES, { onUnset })).toBe('ab ');
    expect(unset).toEqual(['UNSET', 'NONE', 'MORE']);
    expect(() => fillVariables('${UNSET?why}', VARIABLES, { onUnset })).toThrow(NotSet);
  });

  it.each([
    ['$UNSET', 'variable "UNSET" is not set, neither in the environment nor in the file .env beside it'],
    ['${UNSET:?give one}', 'variable "UNSET" is not set: give one'],
    ['${EMPTY:?}', 'variable "EMPTY" is not set'],
    ['${SET', '"${" is no variable; $$ is a dollar sign'],
    ['${SET!}', '"${" is no variable; $$ is a dollar sign'],
    ['${}', '"${" is no variable; $$ is a dollar sign'],
    ['${A:-'.repeat(30) + '}'.repeat(30), 'more than 20 variables stand in one another'],
    ['5$', '"$" is no variable; $$ is a dollar sign'],
  ])('%s is refused', (text, why) => {
    expect(() => fillVariables(text, VARIABLES)).toThrow(new NotSet(why));
  });
});
