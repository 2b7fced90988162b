import { expect, it } from 'vitest';
import type { ChangeSet, Install } from '../../../src/output/change-set.ts';
import { formatDiff } from '../../../src/output/diff.ts';
import { ownedOf } from '../../../src/output/ledger.ts';
import { makeRendered } from '../../support/rendered.ts';

const NOTHING: ChangeSet = { install: [], remove: [], unchanged: [], obstacles: [] };

function change(path: string, old: string | undefined, wanted: string): Install {
  const output = makeRendered(path, wanted);
  return { output, old: old === undefined ? undefined : { ...output, content: Buffer.from(old) }, reasons: ['content'], edited: false, takesOver: false };
}

it('shows one unified diff per file, new and removed ones against /dev/null', () => {
  const removed = makeRendered('/etc/b', 'going\n');
  const changes = { ...NOTHING, install: [change('/etc/a', 'one\ntwo\nthree\n', 'one\n2\nthree\n'), change('/etc/c', undefined, 'new')], remove: [{ owned: ownedOf(removed), old: removed, edited: false }] };
  expect(formatDiff(changes)).toBe([
    '--- /etc/a', '+++ /etc/a', '@@ -1,3 +1,3 @@', ' one', '-two', '+2', ' three',
    '--- /etc/b', '+++ /dev/null', '@@ -1,1 +0,0 @@', '-going',
    '--- /dev/null', '+++ /etc/c', '@@ -0,0 +1,1 @@', '+new', '\\ No newline at end of file', '',
  ].join('\n'));
});

it('is empty where nothing changes', () => {
  expect(formatDiff(NOTHING)).toBe('');
});

it('tells a change of mode and owner', () => {
  const output = makeRendered('/etc/a', 'a\n', { uid: 0, gid: 0 });
  const install: Install = { output, old: { ...output, mode: 0o600, gid: 33 }, reasons: ['mode', 'owner'], edited: false, takesOver: false };
  expect(formatDiff({ ...NOTHING, install: [install] })).toBe('--- /etc/a\n+++ /etc/a\nmode 0600 -> 0644\nowner 0:33 -> 0:0\n');
});

it('masks secret values, and still shows that one changed', () => {
  const text = formatDiff({ ...NOTHING, install: [change('/etc/a', 'pw=old secret\n', 'pw=secret2\nkey=first\nsecond\n')] }, { secrets: ['secret', 'old secret', 'secret2', '', 'first\nsecond'] });
  expect(text).toBe('--- /etc/a\n+++ /etc/a\n@@ -1,1 +1,3 @@\n-pw=********\n+pw=********\n+key=********\n+********\n');
});

it('says that a file is binary and does not show it', () => {
  expect(formatDiff({ ...NOTHING, install: [change('/etc/a', 'text', 'b\0nary')] })).toBe('--- /etc/a\n+++ /etc/a\nbinary file, 4 -> 6 bytes\n');
});

it('is coloured when asked', () => {
  const text = formatDiff({ ...NOTHING, install: [change('/etc/a', 'a\n', 'b\n')] }, { colour: true });
  expect(text).toContain('\u001b[31m-a\u001b[0m\n\u001b[32m+b\u001b[0m\n');
});
