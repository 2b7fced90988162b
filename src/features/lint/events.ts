import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Place } from '../../base/errors.ts';
import { layersOf, listMerged, listMergedTree } from '../../base/layers.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import { readText } from '../../files/read-file.ts';
import { readMetadata } from '../../template/read-metadata.ts';
import { isOfSameRecord, type StaticRead } from '../../template/language/shape.ts';
import type { LintFinding } from './finding.ts';
import { type ListedEvent, type ListedTemplate, type Tree, withExtra } from './tree.ts';

/**
 * An event that is signalled for records has to expand all that reads them. What an event is for
 * are the records that its templates are expanded for (FOREACH), with `ONLY = arguments` those
 * alone, and what its templates read of dbs that are neither the host's nor docksmith's. Those
 * everybody reads: who reads `DomainName` makes no event for it, and who reads a secret none for secrets.
 */
export function findLackingEvents(paths: Paths, { templates, events }: Tree): readonly LintFinding[] {
  const isShared = (db: string): boolean => db === 'configuration' || existsSync(path.join(paths.packageDir, 'db', db));
  const expanded = new Set(events.flatMap((event) => event.templates.map(({ template }) => template)));
  return events
    .filter((event) => event.templates.length > 0)
    .flatMap((event) => {
      const own = event.templates.map(({ template }) => template);
      const subject = listSubject(paths, event, templates, isShared);
      return [...templates.values()]
        .filter(({ template }) => expanded.has(template) && !own.includes(template))
        .flatMap(({ template, analysis }): readonly LintFinding[] => {
          const shared = subject.flatMap((mine) =>
            analysis.reads.filter((read) => isOfSameRecord(mine.read, read)).map((read) => ({ ...mine, its: read })),
          );
          const [first] = shared;
          if (first === undefined) return [];
          const records = [...new Set(shared.map(({ read, its }) => describeRecords(read, its)))];
          return [
            {
              rule: 'event-lacks-template',
              level: 'fault',
              at: { file: first.from },
              what: `event "${event.event}" expands ${first.template}, and not ${template}`,
              why: `both read ${formatSome(records)} (${template} at ${formatFileLine(first.its.at)}): after a change there the event leaves ${template} as it was`,
              advice: `touch /etc/docksmith/events/${event.event}/templates2expand${template}`,
            },
          ];
        });
    });
}

interface OfEvent {
  readonly read: StaticRead;
  readonly template: string;
  readonly from: string;
}

function listSubject(
  paths: Paths,
  { templates: asked }: ListedEvent,
  templates: ReadonlyMap<string, ListedTemplate>,
  isShared: (db: string) => boolean,
): readonly OfEvent[] {
  const ofRecords = asked.flatMap((one): readonly (OfEvent & { readonly onlyArguments: boolean })[] => {
    const { forEach, onlyArguments } = readMetadata(paths, one.template, withExtra(one).extra);
    const type = forEach?.filter.get('type');
    return forEach === undefined
      ? []
      : [
          {
            read: { db: forEach.db, ...(type === undefined ? {} : { type }) },
            template: one.template,
            from: one.from,
            onlyArguments,
          },
        ];
  });
  const scoped = ofRecords.filter(({ onlyArguments }) => onlyArguments);
  if (scoped.length > 0) return scoped;
  return [
    ...ofRecords,
    ...asked.flatMap(({ template, from }) =>
      (templates.get(template)?.analysis.reads ?? [])
        .filter(({ db }) => !isShared(db))
        .map((read) => ({ read, template, from })),
    ),
  ];
}

function describeRecords(a: StaticRead, b: StaticRead): string {
  const key = a.key ?? b.key;
  return key === undefined ? `records of ${a.db}` : `${a.db} ${key}`;
}

function formatFileLine({ file, line }: Place): string {
  return line === undefined ? file : `${file}:${line}`;
}

function formatSome(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

/**
 * Templates that are never expanded: neither an event nor another template nor a script of an event
 * expands them.
 */
export function findUnexpanded(paths: Paths, { templates, events, unused }: Tree): readonly LintFinding[] {
  const expanded = new Set(events.flatMap((event) => event.templates.map(({ template }) => template)));
  const parts = new Set([...templates.values()].flatMap(({ analysis }) => [...analysis.parts]));
  const scripts = [...listMergedTree(layersOf(paths, 'events'))]
    .filter(([name]) => /(^|\/)(S\d\d|actions\/|checks\/)/.test(name))
    .map(([, file]) => readText(file, 'latin1'));
  const isInScript = (template: string): boolean => scripts.some((script) => script.includes(template));
  const without = [...templates.values()].filter(
    ({ template }) => !expanded.has(template) && !parts.has(template) && !isInScript(template),
  );
  const advice = (template: string): string => `touch /etc/docksmith/events/EVENT/templates2expand${template}`;
  return [
    ...without.map(
      ({ template, metadata, analysis }): LintFinding => ({
        rule: 'template-in-no-event',
        level: 'fault',
        at: { file: metadata.file ?? analysis.files[0] ?? template },
        what: `no event expands ${template}`,
        why: 'only expand-template writes its output, which is out of date as soon as records change',
        advice: advice(template),
      }),
    ),
    ...unused
      .filter((template) => !isInScript(template))
      .map(
        (template): LintFinding => ({
          rule: 'template-in-no-event',
          level: 'fault',
          at: { file: findFragment(paths, template) },
          what: `no event and no other template expands ${template}`,
          why: 'its text is written to no file, unless another program expands it',
          advice: `${advice(template)}; or give it the path that was meant`,
        }),
      ),
  ];
}

function findFragment(paths: Paths, template: string): string {
  const [file = template] = listMerged(
    ['templates-custom', 'templates'].flatMap((kind) => layersOf(paths, `${kind}${template}`)),
  ).values();
  return withoutRoot(paths, file);
}
