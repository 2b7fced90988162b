import { expect, it } from 'vitest';
import { maskerOf, maskWord } from '../../../src/base/mask.ts';

it('masks each value wherever it stands, the longer of two first, and each line of one with several', () => {
  const mask = maskerOf(['hunter2', 'hunter22', 'first line\nsecond line', '']);
  expect(mask('a hunter22 b hunter2c\nsecond line')).toBe('a ******** b ********c\n********');
});

it('takes a value for text, not for a pattern', () => {
  expect(maskerOf(['a.b*(c'])('a.b*(c axbb(c')).toBe('******** axbb(c');
});

it('masks a short value where it stands alone, and not in every word', () => {
  expect(maskerOf(['ab'])('pw=ab; absent "ab" cab')).toBe('pw=********; absent "********" cab');
});

it('leaves a text alone where there are no secrets', () => {
  expect(maskerOf([' ', '\n'])('a b')).toBe('a b');
});

it('masks what stands beside a name that says that it is secret, and leaves a switch and a file alone', () => {
  const mask = maskerOf([]);
  expect(mask('run DB_PASSWORD=a1 MODE=x api.token="two words" now')).toBe(
    'run DB_PASSWORD=******** MODE=x api.token="********" now',
  );
  expect(mask('["DB_PASS=two words","MODE=x"]')).toBe('["DB_PASS=********","MODE=x"]');
  expect(mask('      "API_KEY": "a b"\n      MODE: "x"\n      AWS_SECRET: a b\n')).toBe(
    '      "API_KEY": "********"\n      MODE: "x"\n      AWS_SECRET: ********\n',
  );
  expect(mask('{\\"API_KEY\\":\\"a b\\",\\"MODE\\":1}')).toBe('{\\"API_KEY\\":\\"********\\",\\"MODE\\":1}');
  expect(mask('TOKEN_ON=true DB_PASSWORD_FILE=/run/secrets/pw PUBLIC_KEY=a KEYBOARD=de retry=0')).toBe(
    'TOKEN_ON=true DB_PASSWORD_FILE=/run/secrets/pw PUBLIC_KEY=a KEYBOARD=de retry=0',
  );
  expect(mask('cannot find the key: it is not there, secret "db_password": none')).toBe(
    'cannot find the key: it is not there, secret "db_password": none',
  );
});

it('masks all of two that overlap, and one that was broken at its blanks', () => {
  expect(maskerOf(['abcdef', 'defghi', 'hijk'])('x abcdefghijk y defghi')).toBe('x ******** y ********');
  expect(maskerOf(['correct horse battery'])('it is correct horse\n    battery, they say')).toBe(
    'it is ********, they say',
  );
});

it('a line of one that says nothing, as a brace, is no secret', () => {
  expect(maskerOf(['{\n  "key": "abcd1234"\n}'])('{ x } "key": "abcd1234"')).toBe('{ x } ********');
});

it('a JSON document stays one, whatever is secret', () => {
  const mask = maskerOf(['true', 'name', '1', 'Hush-1']);
  const text = `${JSON.stringify({ dryRun: true, name: 'wiki', cause: 'Hush-1 changed', count: 1, props: { 'Env.API_KEY': 'xy' } }, undefined, 2)}\n`;
  expect(JSON.parse(mask(text))).toEqual({
    dryRun: true,
    name: 'wiki',
    cause: '******** changed',
    count: 1,
    props: { 'Env.API_KEY': '********' },
  });
});

it('a word that was typed is masked to its end', () => {
  expect([maskWord(maskerOf([]), '--db-password=two words'), maskWord(maskerOf(['Hush']), 'x Hush')]).toEqual([
    '--db-password=********',
    'x ********',
  ]);
});
