import { describe, expect, it } from 'vitest';
import { Failures } from '../../../../src/base/errors.ts';
import {
  type ChangeSet,
  isEmptyChangeSet,
  listEdited,
  planChanges,
  type PlanOptions,
  refuseObstacles,
  type Scope,
} from '../../../../src/output/plan/change-set.ts';
import type { Installed } from '../../../../src/output/plan/installed.ts';
import { EMPTY_LEDGER, type Ledger, type Owned, OwnedFiles, ownedOf } from '../../../../src/output/plan/ledger.ts';
import type { Rendered } from '../../../../src/template/rendered.ts';
import { makeRendered, withContent } from '../../../support/rendered.ts';

const a = makeRendered('/etc/a', 'a\n');
const b = makeRendered('/etc/b', 'b\n');
const containers = '/etc/docksmith/containers/NAME.yaml';
const wiki = makeRendered('/etc/docksmith/containers/wiki.yaml', 'wiki\n', {
  template: containers,
  record: { db: 'docker_containers', key: 'wiki' },
});
const git = makeRendered('/etc/docksmith/containers/git.yaml', 'git\n', {
  template: containers,
  record: { db: 'docker_containers', key: 'git' },
});

const owning = (...entries: readonly (Rendered | Owned)[]): Ledger => ({
  ...EMPTY_LEDGER,
  outputs: OwnedFiles.of(entries.map((entry) => ('content' in entry ? ownedOf(entry) : entry))),
});
const file = ({ content, mode, uid, gid }: Rendered, changed?: string): Installed => ({
  kind: 'file',
  file: { content: changed === undefined ? content : Buffer.from(changed), mode, uid, gid },
});
const everything = (rendered: readonly Rendered[], ledger: Ledger): Scope =>
  new Map([...rendered, ...ledger.outputs.values()].map(({ template }) => [template, 'all']));

interface HostState {
  readonly rendered: readonly Rendered[];
  readonly ledger?: Ledger;
  readonly there?: Readonly<Record<string, Installed>>;
  readonly scope?: Scope;
  readonly options?: PlanOptions;
}

function plan({ rendered, ledger = EMPTY_LEDGER, there = {}, scope, options }: HostState): ChangeSet {
  return planChanges(
    rendered,
    ledger,
    scope ?? everything(rendered, ledger),
    (path) => there[path] ?? { kind: 'absent' },
    options,
  );
}

/** The plan in one line per path. */
function show({ install, remove, unchanged, obstacles }: ChangeSet): readonly string[] {
  return [
    ...install.map(({ output, reasons, edited, takesOver }) =>
      [
        'install',
        output.path,
        ...reasons,
        ...(edited ? ['(edited)'] : []),
        ...(takesOver ? ['(takes over)'] : []),
      ].join(' '),
    ),
    ...remove.map(({ owned, edited, left }) =>
      ['remove', owned.path, ...(edited ? ['(edited)'] : []), ...(left === undefined ? [] : [`(left: ${left})`])].join(
        ' ',
      ),
    ),
    ...unchanged.map(({ path }) => `unchanged ${path}`),
    ...obstacles.map(
      ({ output, what, identical }) => `obstacle ${output.path}: ${what}${identical ? ' (identical)' : ''}`,
    ),
  ];
}

describe('what is ours', () => {
  it('is installed when it is not there, in byte order of the paths', () => {
    expect(show(plan({ rendered: [b, a] }))).toEqual(['install /etc/a new', 'install /etc/b new']);
  });

  it('is unchanged when content, mode and owner are as rendered', () => {
    const changes = plan({ rendered: [a], ledger: owning(a), there: { '/etc/a': file(a) } });
    expect(show(changes)).toEqual(['unchanged /etc/a']);
    expect(isEmptyChangeSet(changes)).toBe(true);
  });

  it('is replaced for content, mode and owner, and each is said', () => {
    const old = { ...withContent(a, 'old\n'), mode: 0o600, gid: a.gid + 1 };
    expect(show(plan({ rendered: [a], ledger: owning(old), there: { '/etc/a': file(old) } }))).toEqual([
      'install /etc/a content mode owner',
    ]);
  });

  it('is called edited when its content was changed, not for the mode', () => {
    const changes = plan({
      rendered: [a, b],
      ledger: owning(a, b),
      there: { '/etc/a': file(a, 'by hand\n'), '/etc/b': file({ ...b, mode: 0o666 }) },
    });
    expect(show(changes)).toEqual(['install /etc/a content (edited)', 'install /etc/b mode']);
    expect(listEdited(changes)).toEqual(['/etc/a']);
  });

  it('is put back when it was removed by hand', () => {
    expect(show(plan({ rendered: [a], ledger: owning(a) }))).toEqual(['install /etc/a new']);
  });
});

describe('what is not ours', () => {
  it('stands in the way, all of it is named at once, and the hint says what to do', () => {
    const changes = plan({ rendered: [a, b], there: { '/etc/a': file(a, 'theirs\n'), '/etc/b': file(b) } });
    expect(show(changes)).toEqual([
      'obstacle /etc/a: a file that docksmith does not own',
      'obstacle /etc/b: a file that docksmith does not own (identical)',
    ]);
    expect(() => refuseObstacles(changes)).toThrow(Failures);
    expect(() => refuseObstacles(changes)).toThrow(
      /cannot install "\/etc\/a": a file that docksmith does not own is in the way\n.*"\/etc\/b": .* with the same content, mode and owner/,
    );
    expect(() => refuseObstacles(plan({ rendered: [a], there: { '/etc/a': file(a, 'theirs\n') } }))).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('--take-over') as unknown }),
    );
  });

  it('is taken over when that is asked for, an identical file too', () => {
    expect(
      show(
        plan({
          rendered: [a, b],
          there: { '/etc/a': file(a, 'theirs\n'), '/etc/b': file(b) },
          options: { takeOver: true },
        }),
      ),
    ).toEqual(['install /etc/a content (takes over)', 'install /etc/b (takes over)']);
  });

  it.each(['a symbolic link', 'a folder', 'a device'])('is never taken over when it is %s', (what) => {
    const changes = plan({
      rendered: [a],
      ledger: owning(a),
      there: { '/etc/a': { kind: 'other', what } },
      options: { takeOver: true },
    });
    expect(show(changes)).toEqual([`obstacle /etc/a: ${what}`]);
    expect(() => refuseObstacles(changes)).toThrow(`${what} is in the way`);
  });
});

describe('an output that is no longer rendered', () => {
  it('is removed when its template was rendered', () => {
    expect(
      show(
        plan({ rendered: [git], ledger: owning(git, wiki), there: { [git.path]: file(git), [wiki.path]: file(wiki) } }),
      ),
    ).toEqual([`remove ${wiki.path}`, `unchanged ${git.path}`]);
  });

  it('stays when its template was not rendered', () => {
    expect(
      show(
        plan({
          rendered: [a],
          ledger: owning(a, wiki),
          there: { '/etc/a': file(a) },
          scope: new Map([['/etc/a', 'all']]),
        }),
      ),
    ).toEqual(['unchanged /etc/a']);
  });

  it('goes for the records that were rendered and for no other', () => {
    const scope: Scope = new Map([[containers, [{ db: 'docker_containers', key: 'wiki' }]]]);
    expect(show(plan({ rendered: [], ledger: owning(git, wiki), there: { [wiki.path]: file(wiki) }, scope }))).toEqual([
      `remove ${wiki.path}`,
    ]);
  });

  it('is kept in history when it was edited, and left when it is no longer a file', () => {
    expect(
      show(
        plan({
          rendered: [],
          ledger: owning(a, b),
          there: { '/etc/a': file(a, 'by hand\n'), '/etc/b': { kind: 'other', what: 'a symbolic link' } },
        }),
      ),
    ).toEqual(['remove /etc/a (edited)', 'remove /etc/b (left: a symbolic link is in the way)']);
  });
});

describe('two outputs with one path', () => {
  it('are an error that names both templates and records', () => {
    const other = { ...wiki, template: '/etc/other' };
    expect(() => plan({ rendered: [wiki, other] })).toThrow(
      `cannot install "${wiki.path}": two outputs have this path: template "${containers}" for docker_containers wiki and template "/etc/other" for docker_containers wiki`,
    );
  });

  it('are an error too when one of them was installed before and is not rendered now', () => {
    const moved = { ...wiki, path: git.path };
    expect(() =>
      plan({
        rendered: [moved],
        ledger: owning(git),
        scope: new Map([[containers, [{ db: 'docker_containers', key: 'wiki' }]]]),
      }),
    ).toThrow('for docker_containers git and');
  });

  it('are none when the path went from one template to another and both were rendered', () => {
    const renamed = { ...a, template: '/etc/renamed' };
    expect(show(plan({ rendered: [renamed], ledger: owning(a), there: { '/etc/a': file(a) } }))).toEqual([
      'unchanged /etc/a',
    ]);
  });
});
