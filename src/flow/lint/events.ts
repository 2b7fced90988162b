import type { Place } from '../../errors.ts';
import { layersOf, listMerged } from '../../layers.ts';
import { type Paths, withoutRoot } from '../../paths.ts';
import type { TemplateToExpand } from '../../event/steps.ts';
import { readMetadata } from '../../template/metadata.ts';
import { isOfSameRecord, type StaticRead } from '../../template/shape.ts';
import type { LintFinding } from './finding.ts';
import type { KnownEvent, KnownTemplate, Tree } from './tree.ts';

/**
 * An event that is signalled for records has to expand all that reads them. What an event is
 * for are the records that its templates read; with `ONLY = arguments`, those of the arguments
 * alone, since whoever signals it names them and has changed nothing else.
 */
export function findLackingEvents(paths: Paths, { templates, events }: Tree): readonly LintFinding[] {
  const expanded = new Set(events.flatMap((event) => event.templates.map(({ template }) => template)));
  return events.filter((event) => event.templates.length > 0).flatMap((event) => {
    const own = event.templates.map(({ template }) => template);
    const subject = listSubject(paths, event, templates);
    return [...templates.values()].filter(({ template }) => expanded.has(template) && !own.includes(template)).flatMap(({ template, analysis }): readonly LintFinding[] => {
      const shared = subject.flatMap((mine) => analysis.reads.filter((read) => isOfSameRecord(mine.read, read)).map((read) => ({ ...mine, its: read })));
      const [first] = shared;
      if (first === undefined) return [];
      const records = [...new Set(shared.map(({ read, its }) => describeRecords(read, its)))];
      return [{
        rule: 'event-lacks-template', level: 'fault', at: { file: first.from },
        what: `event "${event.event}" expands ${first.template}, and not ${template}`,
        why: `both read ${formatSome(records)} (${template} at ${formatFileLine(first.its.at)}): after a change there the event leaves ${template} as it was`,
        advice: `touch /etc/docksmith/events/${event.event}/templates2expand${template}`,
      }];
    });
  });
}

interface OfEvent { readonly read: StaticRead; readonly template: string; readonly from: string }

function listSubject(paths: Paths, { templates: asked }: KnownEvent, templates: ReadonlyMap<string, KnownTemplate>): readonly OfEvent[] {
  const scoped = asked.flatMap((one): readonly OfEvent[] => {
    const { forEach, onlyArguments } = readMetadata(paths, one.template, extraOf(one));
    const type = forEach?.filter.get('type');
    return forEach === undefined || !onlyArguments ? [] : [{ read: { db: forEach.db, ...(type === undefined ? {} : { type }) }, template: one.template, from: one.from }];
  });
  if (scoped.length > 0) return scoped;
  return asked.flatMap(({ template, from }) => (templates.get(template)?.analysis.reads ?? []).map((read) => ({ read, template, from })));
}

function extraOf({ metadata, from }: TemplateToExpand): { readonly file: string; readonly text: string } | undefined {
  return metadata.trim() === '' ? undefined : { file: from, text: metadata };
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

/** Templates that are written for nobody: neither an event nor another template expands them. */
export function findUnexpanded(paths: Paths, { templates, events, unused }: Tree): readonly LintFinding[] {
  const expanded = new Set(events.flatMap((event) => event.templates.map(({ template }) => template)));
  const parts = new Set([...templates.values()].flatMap(({ analysis }) => [...analysis.parts]));
  const without = [...templates.values()].filter(({ template }) => !expanded.has(template) && !parts.has(template));
  const advice = (template: string): string => `touch /etc/docksmith/events/EVENT/templates2expand${template}`;
  return [
    ...without.map(({ template, metadata, analysis }): LintFinding => ({
      rule: 'template-in-no-event', level: 'fault', at: { file: metadata.file ?? analysis.files[0] ?? template },
      what: `no event expands ${template}`, why: 'its output is written by hand alone (expand-template), and stays behind when records change', advice: advice(template),
    })),
    ...unused.map((template): LintFinding => ({
      rule: 'template-in-no-event', level: 'fault', at: { file: findFragment(paths, template) },
      what: `no event and no other template expands ${template}`, why: 'what its fragments say is written nowhere',
      advice: `${advice(template)}; or remove it, if its path is misspelled`,
    })),
  ];
}

function findFragment(paths: Paths, template: string): string {
  const [file = template] = listMerged(['templates-custom', 'templates'].flatMap((kind) => layersOf(paths, `${kind}${template}`))).values();
  return withoutRoot(paths, file);
}
