import { expect, it } from 'vitest';
import { checkRecords } from '../../../../src/model/check-records.ts';
import { planImages } from '../../../../src/container/apply/image-operations.ts';
import type { ImageSource } from '../../../../src/model/image-source.ts';
import { NO_FACTS } from '../../../../src/host/facts.ts';
import { makeRoot } from '../../../support/folder.ts';
import { render } from '../../../support/render.ts';
import { db, record, snapshotOf } from '../../../support/sample.ts';

type Props = Readonly<Record<string, string>>;

const DNF: Props = { Source: 'installroot', Installer: 'dnf', Release: '9', Packages: 'bash', Repositories: 'local' };
const DEBIAN: Props = { Source: 'installroot', Installer: 'debootstrap', Suite: 'bookworm', Repositories: 'local' };
const HTTP: Props = { BaseURL: 'http://m.test/' };

/** A host with an image `base`, repositories of both kinds, and no container. */
function hostWith(image: Props, local: Props = HTTP, ofSmeServer: Props = HTTP): ReturnType<typeof snapshotOf> {
  return snapshotOf(
    new Map([
      ['docker_images', db(record('base', 'service', image))],
      ['repositories', db(record('local', 'repository', local))],
      ['yum_repositories', db(record('smeos', 'repository', ofSmeServer))],
    ]),
  );
}

it.each<[string, Props, Props, Props, RegExp | undefined]>([
  ['what dnf needs', DNF, HTTP, HTTP, undefined],
  ['what debootstrap needs', DEBIAN, HTTP, HTTP, undefined],
  ['a list of mirrors for dnf', DNF, { MirrorList: 'http://m.test/list' }, HTTP, undefined],
  ['no installer', { ...DNF, Installer: '' }, HTTP, HTTP, /Source "installroot": it needs Installer/],
  ['an unknown installer', { ...DNF, Installer: 'yum' }, HTTP, HTTP, /Installer "yum" is none of dnf, debootstrap/],
  ['no release', { ...DNF, Release: '' }, HTTP, HTTP, /Installer "dnf": it needs Release/],
  ['no packages', { ...DNF, Packages: '' }, HTTP, HTTP, /Installer "dnf": it needs Packages/],
  ['an option among the packages', { ...DNF, Packages: 'bash,--nogpgcheck' }, HTTP, HTTP, /is not a package/],
  ['no suite', { ...DEBIAN, Suite: '' }, HTTP, HTTP, /Installer "debootstrap": it needs Suite/],
  ['no repository', { ...DNF, Repositories: '' }, HTTP, HTTP, /it needs Repositories/],
  [
    'an unknown repository',
    { ...DNF, Repositories: 'locl' },
    HTTP,
    HTTP,
    /cannot accept docker_images base Repositories "locl": neither db repositories nor db yum_repositories has "locl"/,
  ],
  ['one that is nowhere', DNF, {}, HTTP, /repositories local: it has neither BaseURL nor MirrorList/],
  [
    'a list of mirrors for debootstrap',
    DEBIAN,
    { MirrorList: 'http://m.test/' },
    HTTP,
    /debootstrap needs its BaseURL/,
  ],
  ['a URL with a password', DNF, { BaseURL: 'http://me:secret@m.test/' }, HTTP, /has a user, whose password/],
  [
    'a key from the net for debootstrap',
    DEBIAN,
    { ...HTTP, GPGKey: 'http://m.test/KEY' },
    HTTP,
    /it is a file of this host/,
  ],
  ['disabled ones alone', DNF, { ...HTTP, status: 'disabled' }, HTTP, /all of them are disabled/],
  [
    "a wrong value in a record of SME Server's",
    { ...DNF, Repositories: 'smeos' },
    HTTP,
    { BaseURL: 'nonsense' },
    /cannot accept yum_repositories smeos: BaseURL "nonsense" is no URL/,
  ],
])('%s', (_, image, local, ofSmeServer, message) => {
  const { mistakes } = checkRecords(hostWith(image, local, ofSmeServer), NO_FACTS);
  const said = mistakes.map((mistake) => mistake.message).join('\n');
  if (message === undefined) expect(said).toBe('');
  else expect(said).toMatch(message);
});

it.each<[string, Props, Props, RegExp | undefined]>([
  ['a base that is there', { BaseImage: 'base' }, {}, undefined],
  ['one that is not', { BaseImage: 'bse' }, {}, /BaseImage "bse": db docker_images has no such record/],
  ['itself', { BaseImage: 'app' }, {}, /BaseImage "app": it would be built from itself: app -> app/],
  ['a circle', { BaseImage: 'base' }, { BaseImage: 'app' }, /it would be built from itself: app -> base -> app/],
])('BaseImage: %s', (_, app, base, message) => {
  const build = { Source: 'build', BuildPath: '/srv/x' };
  const snapshot = snapshotOf(
    new Map([
      [
        'docker_images',
        db(record('app', 'service', { ...build, ...app }), record('base', 'service', { ...build, ...base })),
      ],
      ['docker_containers', db(record('web', 'service', { status: 'enabled', Image: 'app' }))],
    ]),
  );
  const said = checkRecords(snapshot, NO_FACTS)
    .mistakes.map((mistake) => mistake.message)
    .join('\n');
  if (message === undefined) expect(said).toBe('');
  else expect(said).toMatch(message);
});

it('what is built from others comes after them, each once, and is not built again for want of a base', () => {
  const build = { kind: 'build', when: 'missing', path: '/srv/x' } as const;
  const sources = new Map<string, ImageSource>([
    ['app:1', { ...build, base: 'middle:1' }],
    ['other:1', { ...build, base: 'base:1' }],
    ['middle:1', { ...build, base: 'base:1' }],
    ['base:1', build],
  ]);
  const plan = (references: readonly string[], there: readonly string[]): readonly string[] =>
    planImages(references, new Set(there), sources).map(({ verb, name }) => `${verb} ${name}`);
  expect(plan(['app:1', 'other:1', 'base:1'], [])).toEqual([
    'build base:1',
    'build middle:1',
    'build app:1',
    'build other:1',
  ]);
  expect(plan(['app:1'], ['middle:1'])).toEqual(['build app:1']);
  expect(plan(['app:1'], ['app:1'])).toEqual([]);
});

it('the list of repositories of dnf holds all of them, that of debootstrap the enabled ones', () => {
  const paths = makeRoot({ 'templates-default/template-begin': '# banner\n' });
  const list = (template: string, image: Props, local: Props, ofSmeServer: Props): readonly string[] =>
    render(
      { template: `/etc/docksmith/images/${template}` },
      { paths, snapshot: hostWith({ ...image, Repositories: 'local,smeos' }, local, ofSmeServer), facts: NO_FACTS },
    ).outputs.map(({ path, content }) => `${path}\n${content.toString()}`);
  const all = { ...HTTP, name: 'Ours', MirrorList: 'http://m.test/list', GPGKey: 'http://m.test/KEY' };
  expect(
    list(
      'repo',
      DNF,
      { ...all, Exclude: 'a,b', IncludePkgs: 'c*', EnableGroups: 'no' },
      { ...HTTP, status: 'disabled' },
    ),
  ).toEqual([
    '/etc/docksmith/images/base.repo\n# banner\n[local]\nname=Ours\nenabled=1\nbaseurl=http://m.test/\nmirrorlist=http://m.test/list\ngpgcheck=1\ngpgkey=http://m.test/KEY\nexcludepkgs=a,b\nincludepkgs=c*\nenablegroups=0\n[smeos]\nname=smeos\nenabled=0\nbaseurl=http://m.test/\ngpgcheck=1\nenablegroups=1\n',
  ]);
  expect(
    list(
      'sources.list',
      DEBIAN,
      { ...HTTP, GPGCheck: 'no', Suite: 'bookworm-security' },
      { ...HTTP, Components: 'main,contrib' },
    ),
  ).toEqual([
    '/etc/docksmith/images/base.list\n# banner\ndeb [trusted=yes] http://m.test/ bookworm-security main\ndeb http://m.test/ bookworm main contrib\n',
  ]);
});
