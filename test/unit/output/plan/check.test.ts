import { expect, it } from 'vitest';
import { Failures } from '../../../../src/base/errors.ts';
import { NO_CHANGES, planChanges } from '../../../../src/output/plan/change-set.ts';
import { checkOutputs } from '../../../../src/output/plan/check.ts';
import { EMPTY_LEDGER } from '../../../../src/output/plan/ledger.ts';
import type { Rendered } from '../../../../src/template/rendered.ts';
import { makeRendered, trackedLines } from '../../../support/rendered.ts';
import { makeTempHost, type TempHost } from '../../../support/temp-host.ts';

const fragments = [
  [{ fragment: '/etc/docksmith/templates-custom/etc/x.conf/10a', line: 1, reads: [] }],
  [{ fragment: '/etc/docksmith/templates-custom/etc/x.conf/20b', line: 7, reads: [] }],
];
const check = (host: TempHost, ...rendered: readonly Rendered[]): Promise<void> =>
  checkOutputs(
    host.paths,
    planChanges(rendered, EMPTY_LEDGER, new Map(), () => ({ kind: 'absent' })),
    60,
  );

it('a check gets a copy with the name, content and mode of the output, and leaves nothing behind', async () => {
  const host = makeTempHost();
  const seen = host.file('/seen');
  await check(
    host,
    makeRendered("/etc/it's.conf", 'text\n', { mode: 0o640, check: `(basename %s; stat -c %a %s; cat %s) > ${seen}` }),
  );
  expect(host.read('/seen')).toBe("it's.conf\n640\ntext\n");
  expect(host.tree('/var/lib/docksmith/state')).toEqual({});
});

it.each([
  ['echo Syntax error on line 2 of %s: Invalid >&2; exit 1', 'Syntax error on line 2 of /etc/x.conf: Invalid'],
  ['echo %s:2: bad; exit 1', '/etc/x.conf:2: bad'],
  ['echo at 12:30:59, %s line 2: bad; exit 1', '/etc/x.conf line 2: bad'],
])('a check that names a line is told with the fragment that made it: %s', async (command, said) => {
  const host = makeTempHost();
  const refused = check(
    host,
    makeRendered('/etc/x.conf', 'a\nb\n', { text: trackedLines('a\nb\n', fragments), check: command }),
  );
  await expect(refused).rejects.toThrow(said);
  await expect(refused).rejects.toMatchObject({
    at: { file: '/etc/docksmith/templates-custom/etc/x.conf/20b', line: 7 },
  });
});

it('all that is refused is said at once, in any way that a checker ends', async () => {
  const host = makeTempHost();
  const refused = check(
    host,
    makeRendered('/etc/a', '', { check: 'exit 3' }),
    makeRendered('/etc/b', '', { check: 'kill -9 $$' }),
    makeRendered('/etc/c', '', { check: 'no-such-checker %s' }),
    makeRendered('/etc/d', '', { check: 'true' }),
  );
  await expect(refused).rejects.toThrow(Failures);
  await expect(refused).rejects.toThrow(
    /"\/etc\/a": .*exit code 3\n.*"\/etc\/b": .*ended by SIGKILL\n.*"\/etc\/c": .*no-such-checker/,
  );
});

it('a file that stays as it is is not checked again', async () => {
  const host = makeTempHost();
  const output = makeRendered('/etc/a', 'a', { check: 'exit 1' });
  await checkOutputs(
    host.paths,
    {
      ...NO_CHANGES,
      install: [{ output, old: output, reasons: [], edited: false, takesOver: true }],
      unchanged: [output],
    },
    60,
  );
});
