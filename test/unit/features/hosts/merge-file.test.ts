import { expect, it } from 'vitest';
import { mergeFile } from '../../../../src/features/hosts/merge-file.ts';
import { makeTempHost } from '../../../support/temp-host.ts';

it('merges two versions of a db, and names what is in conflict on top of the file and in words, without secrets', () => {
  const host = makeTempHost();
  const write = (name: string, ...lines: readonly string[]): string =>
    host.write(`/${name}`, `${lines.join('\n')}\n`, 0o600);
  const base = write('base', 'one=service|A|1|Env.PASSWORD|old', 'two=service|B|caf\\|e');
  const ours = write('ours', '# a comment', 'one=service|A|2|Env.PASSWORD|mine', 'two=service|B|caf\\|e');
  const theirs = write('theirs', 'one=service|A|1|C|new|Env.PASSWORD|other', 'two=service|B|x\\ny');
  const merged = mergeFile(host.paths, { base, ours, theirs, name: 'db/docker_containers' });
  expect(merged.words).toEqual(['docker_containers one Env.PASSWORD: here ********, there ********, before ********']);
  expect(host.mode('/ours')).toBe(0o600);
  const text = host.read('/ours');
  expect(text).toContain('# conflict: docker_containers one Env.PASSWORD: here ********');
  expect(text.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
    'one=service|A|2|C|new|Env.PASSWORD|mine',
    'two=service|B|x\\ny',
    '',
  ]);
});

it('says what one side deleted and the other one changed, and writes nothing where it is only asked', () => {
  const host = makeTempHost();
  const [base, ours, theirs] = [
    host.write('/base', 'one=service|A|1\n'),
    host.write('/ours', '# all gone\n'),
    host.write('/theirs', 'one=service|A|2\n'),
  ];
  const { words } = mergeFile(host.paths, { base, ours, theirs, name: 'x' }, { dryRun: true });
  expect(words).toEqual(['x one: deleted here, changed there']);
  expect(host.read('/ours')).toBe('# all gone\n');
  expect(() => mergeFile(host.paths, { base: '/absent', ours, theirs, name: 'x' })).toThrow('cannot read "/absent"');
});
