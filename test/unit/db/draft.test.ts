import { describe, expect, it } from 'vitest';
import { Draft } from '../../../src/db/draft.ts';

const draftOf = (records: Readonly<Record<string, string>>): Draft => new Draft(new Map(Object.entries(records)));

describe('what the format cannot hold is refused', () => {
  it.each([
    ['a newline in a key', 'a\nb', /newline/],
    ['a = in a key', 'a=b', /=/],
    ['a # in front of a key', ' #a', /comment/],
  ])('%s', (_, key, why) => {
    expect(() => draftOf({}).setType(key, 'service')).toThrow(why);
  });

  it('a value that ends in a backslash where another prop follows, and only there', () => {
    const draft = draftOf({ k: 't|z|1' });
    expect(() => draft.setProp('k', 'a', 'x\\')).toThrow(/backslash/);
    draft.setProp('k', 'z', 'x\\');
    expect(draft.lines.get('k')).toBe('t|z|x\\');
    expect(() => draft.setProp('k', 'zz', '1')).toThrow(/backslash/);
  });

  it('a type that ends in a backslash where a prop follows', () => {
    const draft = draftOf({});
    draft.setType('k', 't\\');
    expect(() => draft.setProp('k', 'a', '1')).toThrow(/backslash/);
  });

  it('a | in the name of a prop', () => {
    expect(() => draftOf({ k: 't' }).setProp('k', 'a|b', '1')).toThrow(/cannot hold a \|/);
  });
});

describe('values', () => {
  it('with a | are stored with \\|, and a \\| that is given stays as it is', () => {
    const draft = draftOf({ k: 't' });
    draft.setProp('k', 'a', '|1||2\\|3|');
    expect(draft.lines.get('k')).toBe('t|a|\\|1\\|\\|2\\|3\\|');
  });

  it('given as a type with props in it set the props, as the original does', () => {
    const draft = draftOf({});
    draft.setType('k', 'service|b|1|a|2');
    draft.setProp('k', 'c', '3');
    expect(draft.lines.get('k')).toBe('service|a|2|b|1|c|3');
  });
});

describe('stored', () => {
  it('is false while everything is as it was', () => {
    const draft = draftOf({ k: 't|a|1' });
    draft.setProp('k', 'a', '1');
    draft.changeType('k', 't');
    draft.deleteProp('k', 'b');
    expect(draft.stored).toBe(false);
  });

  it('is true when a record was stored and stored back, as the original then rewrites the file', () => {
    const draft = draftOf({ k: 't|a|1' });
    draft.setType('k', 't');
    draft.setProp('k', 'a', '1');
    expect(draft.stored).toBe(true);
  });

  it('never touches the lines that it was given', () => {
    const lines = new Map([['k', 't']]);
    new Draft(lines).delete('k');
    expect(lines.size).toBe(1);
  });
});

it('changes no record that is not there', () => {
  const draft = draftOf({ ' lead': 't|a|1' });
  for (const change of [
    () => draft.setProp('x', 'a', '1'),
    () => draft.deleteProp('x', 'a'),
    () => draft.changeType('x', 't'),
    () => draft.delete('x'),
    () => draft.setProp('lead', 'a', '2'),
  ]) {
    expect(change).toThrow(/there is no such record/);
  }
});
