import { describe, expect, it } from 'vitest';
import type { Read } from '../../../../src/db/record.ts';
import { maskerOf } from '../../../../src/base/mask.ts';
import { type Install, NO_CHANGES } from '../../../../src/output/plan/change-set.ts';
import { formatDiff } from '../../../../src/output/plan/diff.ts';
import { ownedOf } from '../../../../src/output/plan/ledger.ts';
import { makeRendered, trackedLines } from '../../../support/rendered.ts';

function change(path: string, old: string | undefined, wanted: string): Install {
  const output = makeRendered(path, wanted);
  return {
    output,
    old: old === undefined ? undefined : { ...output, content: Buffer.from(old) },
    reasons: ['content'],
    edited: false,
    takesOver: false,
  };
}

it('shows one unified diff per file, new and removed ones against /dev/null', () => {
  const removed = makeRendered('/etc/b', 'going\n');
  const changes = {
    ...NO_CHANGES,
    install: [change('/etc/a', 'one\ntwo\nthree\n', 'one\n2\nthree\n'), change('/etc/c', undefined, 'new')],
    remove: [{ owned: ownedOf(removed), old: removed, edited: false }],
  };
  expect(formatDiff(changes)).toBe(
    [
      '--- /etc/a',
      '+++ /etc/a',
      '@@ -1,3 +1,3 @@',
      ' one',
      '-two',
      '+2',
      ' three',
      '--- /etc/b',
      '+++ /dev/null',
      '@@ -1,1 +0,0 @@',
      '-going',
      '--- /dev/null',
      '+++ /etc/c',
      '@@ -0,0 +1,1 @@',
      '+new',
      '\\ No newline at end of file',
      '',
    ].join('\n'),
  );
});

it('is empty where nothing changes', () => {
  expect(formatDiff(NO_CHANGES)).toBe('');
});

it('tells a change of mode and owner', () => {
  const output = makeRendered('/etc/a', 'a\n', { uid: 0, gid: 0 });
  const install: Install = {
    output,
    old: { ...output, mode: 0o600, gid: 33 },
    reasons: ['mode', 'owner'],
    edited: false,
    takesOver: false,
  };
  expect(formatDiff({ ...NO_CHANGES, install: [install] })).toBe(
    '--- /etc/a\n+++ /etc/a\nmode 0600 -> 0644\nowner 0:33 -> 0:0\n',
  );
});

it('masks secret values, and still shows that one changed', () => {
  const mask = maskerOf(['secret', 'old secret', 'secret2', '', 'first\nsecond']);
  const text = formatDiff(
    { ...NO_CHANGES, install: [change('/etc/a', 'pw=old secret\n', 'pw=secret2\nkey=first\nsecond\n')] },
    { mask },
  );
  expect(text).toBe('--- /etc/a\n+++ /etc/a\n@@ -1,1 +1,3 @@\n-pw=********\n+pw=********\n+key=********\n+********\n');
});

describe('a secret that is no longer in the dbs', () => {
  const read: Read = { db: 'secrets', key: 'pw', prop: 'Value' };
  const options = { mask: maskerOf(['new-secret']), isSecret: ({ db }: Read): boolean => db === 'secrets' };
  const shown = (old: string, wanted: string, secretLine: number): string => {
    const { output, ...install } = change('/etc/a', old, wanted);
    const origins = wanted
      .split('\n')
      .map((_, n) => [{ fragment: 'f', line: 1, reads: n === secretLine ? [read] : [] }]);
    return formatDiff(
      {
        ...NO_CHANGES,
        install: [{ ...install, output: { ...output, isSecret: true, text: trackedLines(wanted, origins) } }],
      },
      options,
    );
  };

  it('is masked in the line that goes, by what its successor looks like', () => {
    expect(shown('a=1\npw="old-secret";\n', 'a=1\npw="new-secret";\n', 1)).toBe(
      '--- /etc/a\n+++ /etc/a\n@@ -1,2 +1,2 @@\n a=1\n-pw="********";\n+pw="********";\n',
    );
  });

  it('takes the whole line along where that was worded otherwise', () => {
    expect(shown('password old-secret\n', 'pw="new-secret"\n', 0)).toContain('\n-********\n+pw="********"\n');
  });

  it('leaves lines alone that no secret was read for', () => {
    expect(
      shown('a=1\nb\nc\nd\ne\nf\ng\nh\npw=new-secret\n', 'a=2\nb\nc\nd\ne\nf\ng\nh\npw=new-secret\n', 8),
    ).toContain('\n-a=1\n+a=2\n');
  });

  it('is not shown of a file that is removed', () => {
    const removed = { ...makeRendered('/etc/b', 'pw=old-secret\n'), isSecret: true };
    expect(
      formatDiff({ ...NO_CHANGES, remove: [{ owned: ownedOf(removed), old: removed, edited: false }] }, options),
    ).toBe('--- /etc/b\n+++ /dev/null\nnot shown, since it held a secret, 14 bytes\n');
  });
});

it('spells out control characters, also those that turn the direction of text', () => {
  expect(formatDiff({ ...NO_CHANGES, install: [change('/etc/a', 'a\n', '\u001b[2Ja\u202eb\n')] })).toContain(
    '\n+\\x1b[2Ja\\u202eb\n',
  );
});

it('says that a file is binary and does not show it', () => {
  expect(formatDiff({ ...NO_CHANGES, install: [change('/etc/a', 'text', 'b\0nary')] })).toBe(
    '--- /etc/a\n+++ /etc/a\nbinary file, 4 -> 6 bytes\n',
  );
});

it('is coloured when asked', () => {
  const text = formatDiff({ ...NO_CHANGES, install: [change('/etc/a', 'a\n', 'b\n')] }, { colour: true });
  expect(text).toContain('\u001b[31m-a\u001b[0m\n\u001b[32m+b\u001b[0m\n');
});
