import { layersOf, listBackups } from '../../base/layers.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { ownersOf } from '../../flow/commit/owners.ts';
import { checkForEach } from '../../template/check-for-each.ts';
import { failureAt, type Metadata } from '../../template/metadata.ts';
import { readMetadata } from '../../template/read-metadata.ts';
import type { Failure } from '../../base/errors.ts';
import type { LintFinding } from './finding.ts';
import { type Tree, withExtra } from './tree.ts';

/** Metadata with names that this host does not know; what is wrong whatever the host is, no tree can be read with. */
export function findUnusableMetadata(paths: Paths, { templates, events }: Tree, dbs: Snapshot): readonly LintFinding[] {
  const findOwner = ownersOf(paths);
  const added = events.flatMap((event) =>
    event.templates
      .map(withExtra)
      .flatMap(({ template, extra }) => (extra === undefined ? [] : [readMetadata(paths, template, extra)])),
  );
  const failures = [...[...templates.values()].map(({ metadata }) => metadata), ...added].flatMap((metadata) => [
    ...checkForEach(metadata, dbs).map(({ failure }) => failure),
    ...checkOwners(metadata, findOwner),
    ...(metadata.onlyArguments && metadata.forEach === undefined
      ? [failureAt(metadata, 'ONLY', 'cannot use metadata ONLY', 'it goes with FOREACH, whose records it is about')]
      : []),
  ]);
  return [...new Map(failures.map((failure) => [failure.message, failure])).values()].map(
    ({ at = { file: '/' }, why, hint }): LintFinding => ({
      rule: 'metadata-not-usable',
      level: 'fault',
      at,
      what: why,
      why: 'the template makes no output, or not the one that is meant',
      advice: hint ?? 'correct the metadata, or add what it names',
    }),
  );
}

function checkOwners(metadata: Metadata, findOwner: ReturnType<typeof ownersOf>): readonly Failure[] {
  const check = (key: 'UID' | 'GID', kind: 'user' | 'group', name: string): readonly Failure[] =>
    findOwner(kind, name) === undefined
      ? [failureAt(metadata, key, `cannot use metadata ${key}`, `this host has no ${kind} "${name}"`)]
      : [];
  return [
    ...check('UID', 'user', metadata.owner),
    ...(metadata.group.includes('{{') ? [] : check('GID', 'group', metadata.group)),
  ];
}

/** What names a template that no layer has. */
export function findAbsentTemplates({ withoutTemplate, events }: Tree): readonly LintFinding[] {
  return withoutTemplate.flatMap(({ template, metadata }): readonly LintFinding[] => {
    const from = events.flatMap((event) => event.templates).find((one) => one.template === template)?.from;
    const file = from ?? metadata.file;
    if (file === undefined) return [];
    return [
      {
        rule: 'template-not-there',
        level: 'fault',
        at: metadata.places.get('TEMPLATE_PATH') ?? { file },
        what: `there is no template ${metadata.template}`,
        why: from === undefined ? 'metadata without fragments makes no output' : 'an event that expands it fails',
        advice: `fragments belong into /etc/docksmith/templates${metadata.template}/; or remove ${file}`,
      },
    ];
  });
}

const FOLDERS = ['templates-custom', 'templates', 'templates-default', 'templates.metadata', 'events', 'db'];

/** Copies that editors and package managers left among the files that count. */
export function findBackups(paths: Paths): readonly LintFinding[] {
  return FOLDERS.flatMap((folder) => listBackups(layersOf(paths, folder))).map(
    (file): LintFinding => ({
      rule: 'backup-ignored',
      level: 'note',
      at: { file: withoutRoot(paths, file) },
      what: 'it is ignored, since its name is that of a backup copy',
      why: 'what it says has no effect',
      advice: 'remove it, or give it another name if it is meant to count',
    }),
  );
}
