import { pick, type Random } from '../random-changes.ts';

/** Templates of the tester, beside those that are shipped: with records of containers, of another db, and without. */
export const [OF_CONTAINERS, OF_THINGS, SINGLE] = [
  '/etc/random/containers',
  '/etc/random/things',
  '/etc/random/single',
] as const;
export const RUN_SPECS = '/etc/docksmith/containers';
/** Texts that others expand; they have no output of their own. */
export const PARTS: readonly string[] = ['/etc/random-parts/one', '/etc/random-parts/two', '/etc/random-parts/three'];
/** Keys of the db `things`, the props of its records, and their values. */
export const [THINGS, THING_PROPS, THING_VALUES] = [
  ['aa', 'bb', 'cc', 'wiki', 'git'],
  ['status', 'Color', 'Note'],
  ['enabled', 'disabled', 'red', 'blue', ''],
] as const;
/** Dbs that no template reads until a fragment does. */
export const QUIET_DBS: readonly string[] = ['quiet', 'other'];

const thing = (random: Random): string => pick(random, THINGS);
const thingProp = (random: Random): string => pick(random, THING_PROPS);
const container = (random: Random): string => pick(random, ['wiki', 'git', 'app', 'nobody']);
const quiet = (random: Random): string => pick(random, QUIET_DBS);

/** What prints a word, whatever is read for it: of the dbs, the facts, other templates. */
const VALUES: readonly ((random: Random) => string)[] = [
  (random) => `{{prop "things" "${thing(random)}" "${thingProp(random)}" default="none"}}`,
  (random) =>
    `{{prop "docker_containers" "${container(random)}" "${pick(random, ['MaxMemory', 'status', 'Image', 'access'])}" default="none"}}`,
  (random) => `{{prop "${quiet(random)}" "${thing(random)}" "Note" default="none"}}`,
  () => `{{prop "secrets" "db_password" "Value" default="none"}}`,
  (random) =>
    `[{{#each (records "things" ${pick(random, ['', 'status="enabled"', 'Color="red"', 'type="thing"', `key="${thing(random)}"`])})}}{{@key}}{{#if @last}}.{{/if}} {{/each}}]`,
  () => '[{{#each (records "docker_containers" access="private")}}{{@key}} {{/each}}]',
  (random) => `[{{#each (records "${quiet(random)}")}}{{@key}}={{prop this "Note" default=""}} {{/each}}]`,
  () => '[{{#each (webContainers)}}{{@key}}:{{backEndPort this}} {{/each}}]',
  () => '[{{#each (filtered "4")}}{{container}}{{port}} {{/each}}]',
  () => '{{#with (dockerUnit)}}{{command}}{{/with}}-',
  () => '{{engineHost}} {{join (networks)}}',
  () => '{{primaryHost}} {{httpd.ConfDir}}',
  (random) => `{{expand "${pick(random, PARTS)}" word="${pick(random, ['x', 'y'])}"}}`,
  () => 'word',
];

/** The same of the record whose output it is. */
const OF_RECORD: readonly ((random: Random) => string)[] = [
  () => '{{record.key}}',
  () => '{{record.type}}',
  (random) => `{{prop record "${pick(random, ['status', 'Color', 'MaxMemory', 'Image', 'access'])}" default="none"}}`,
  () => '{{prop "things" record.key "Note" default="none"}}',
  () => '[{{#each (records "things" Color=(prop record "Color" default="red"))}}{{@key}} {{/each}}]',
  (random) => `{{prop "things" (prop record "Image" default="${thing(random)}") "Note" default="none"}}`,
];

const OF_CONTAINER: readonly ((random: Random) => string)[] = [
  () => '{{join (published record)}}',
  () => '{{join (needs record)}}',
  () => '[{{#each (joinedNetworks record)}}{{name}} {{/each}}]',
  () => '[{{#each (linkVariables record)}}{{@key}}={{this}} {{/each}}]',
  () => '{{image record}}',
  () => '{{#if (hasWeb record)}}{{webPort record}}{{/if}}-',
  () => '[{{#each (environment record)}}{{@key}} {{/each}}]',
  () => '{{#each (secretFiles record)}}{{name}}{{/each}}-',
];

const CONDITIONS: readonly ((random: Random) => string)[] = [
  (random) => `(enabled (prop "things" "${thing(random)}" "${thingProp(random)}"))`,
  (random) => `(exists "things" "${thing(random)}")`,
  (random) => `(exists "${quiet(random)}" "${thing(random)}")`,
  (random) => `(records "things" ${pick(random, ['status', 'Color'])}="${pick(random, ['enabled', 'red'])}")`,
  () => '(records "docker_containers" access="public")',
  () => '(enabled docker)',
  (random) => `(eq (prop "docker_containers" "${container(random)}" "MaxMemory" default="") "64")`,
  (random) => `(exists "docker_containers" "${container(random)}")`,
];

const CONDITIONS_OF_RECORD: readonly ((random: Random) => string)[] = [
  () => '(enabled record)',
  () => '(exists record.MaxMemory)',
  () => '(eq (prop record "access" default="") "private")',
  () => '(enabled (prop "things" record.key "status"))',
  (random) => `(enabled (prop "things" (prop record "Color" default="${thing(random)}") "status"))`,
];

/** What a text may be about. */
export type About = 'nothing' | 'record' | 'container';

function valueOf(about: About, random: Random): string {
  return pick(random, [
    ...VALUES,
    ...(about === 'nothing' ? [] : OF_RECORD),
    ...(about === 'container' ? OF_CONTAINER : []),
  ])(random);
}

function within(text: string, about: About, random: Random): string {
  const kind = random();
  if (kind < 0.2) return text;
  const condition = pick(random, [...CONDITIONS, ...(about === 'nothing' ? [] : CONDITIONS_OF_RECORD)])(random);
  const otherwise = random() < 0.2 ? `{{else}}\n${text}` : '';
  const block = `{{#${kind < 0.4 ? 'unless' : 'if'} ${condition}}}\n${text}${otherwise}{{/${kind < 0.4 ? 'unless' : 'if'}}}\n`;
  return random() < 0.3 ? within(block, about, random) : block;
}

/** A fragment that reads something, and mostly prints nothing until that is another one. */
export function randomText(about: About, random: Random): string {
  if (random() < 0.05) return '';
  return within(`${valueOf(about, random)} ${valueOf(about, random)}\n`, about, random);
}

/** The same as part of a run spec. */
export function randomSpecText(random: Random): string {
  if (random() < 0.05) return '';
  return within(
    `services:\n  "{{record.key}}":\n    labels:\n      word.${pick(random, ['a', 'b'])}: "${valueOf('container', random)}"\n`,
    'container',
    random,
  );
}

/** Other metadata of one of the tester's own templates. */
export function randomMetadata(template: string, random: Random): string {
  const lines = [
    ...(random() < 0.5 ? [`PERMS = ${pick(random, ['0600', '0640', '0644'])}`] : []),
    ...(random() < 0.3 ? [`GID = ${pick(random, ['root', 'staff', '12'])}`] : []),
    ...(random() < 0.2 ? [`FILTER = s/${pick(random, ['none', 'word'])}/${pick(random, ['', 'sieved'])}/`] : []),
    ...(random() < 0.3
      ? [
          `DELETE = ${pick(random, ['{{#if (enabled (prop "things" "aa" "status"))}}yes{{/if}}', '{{#if (exists "quiet" "bb")}}1{{/if}}', 'no'])}`,
        ]
      : []),
    ...(random() < 0.2 ? ['SERVICES = httpd'] : []),
  ];
  const forEach =
    template === OF_CONTAINERS
      ? `docker_containers${pick(random, ['', ' status=enabled', ' access=private', ' type=service'])}`
      : `things${pick(random, ['', ' status=enabled', ' Color=red'])}`;
  const name = pick(random, [
    '{{record.key}}',
    '{{record.key}}.{{record.type}}',
    '{{#if (enabled record)}}on-{{/if}}{{record.key}}',
  ]);
  const aliases =
    template === SINGLE
      ? [`OUTPUT_FILENAME = ${pick(random, [SINGLE, `${SINGLE}-{{prop "things" "bb" "Color" default="x"}}`])}`]
      : [`FOREACH = ${forEach}`, `OUTPUT_FILENAME = ${template}/${name}`];
  // quoted, since a # begins a comment
  return [...aliases, ...lines, ''].join('\n').replaceAll(/^(\w+) = (.*\{\{.*)$/gm, "$1 = '$2'");
}
