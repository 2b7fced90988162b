import path from 'node:path';
import { type Failure, failuresOf, throwAll } from '../../base/errors.ts';
import { listEvents } from '../../event/events.ts';
import { listSteps, type ServiceToAdjust, type TemplateToExpand } from '../../event/steps.ts';
import { compareBytes, isBackupName, layersOf } from '../../base/layers.ts';
import { type Paths } from '../../base/paths.ts';
import type { Snapshot } from '../../db/snapshot.ts';
import { type Analysis, analyseTemplate } from '../../template/language/analyse.ts';
import { listFragments } from '../../template/language/fragment.ts';
import { listLayeredFiles, listTemplateFiles } from '../../template/list-templates.ts';
import { HELPERS } from '../../template/helpers/index.ts';
import type { Metadata } from '../../template/metadata.ts';
import { readMetadata } from '../../template/read-metadata.ts';

/** One template whose metadata or events make an output of it. */
export interface ListedTemplate {
  /** path, as events name it */
  readonly template: string;
  readonly metadata: Metadata;
  readonly analysis: Analysis;
}

export interface ListedEvent {
  readonly event: string;
  readonly templates: readonly TemplateToExpand[];
  readonly services: readonly ServiceToAdjust[];
  /** names of its steps without `SNN` */
  readonly steps: readonly string[];
  /** what these and its checks run, to be opened */
  readonly scripts: readonly string[];
}

/** All templates and events of all layers. */
export interface Tree {
  /** by path: those that have metadata, and those that events expand */
  readonly templates: ReadonlyMap<string, ListedTemplate>;
  readonly events: readonly ListedEvent[];
  /** metadata without a template */
  readonly withoutTemplate: readonly { readonly template: string; readonly metadata: Metadata }[];
  /** folders of fragments (and flat files) that are no template of those and no part of one */
  readonly unused: readonly string[];
}

/**
 * @param names the records and props that there are
 * @throws Failure(s): what is so broken that no event could run it
 */
export function readTree(paths: Paths, names: Pick<Snapshot, 'dbs' | 'schema'>): Tree {
  const failures: Failure[] = [];
  const collect = <T>(read: () => T): readonly T[] => {
    try {
      return [read()];
    } catch (error) {
      failures.push(...failuresOf(error));
      return [];
    }
  };
  const events = listEvents(paths).flatMap((event) => collect(() => readEvent(paths, event)));
  const named = new Set([
    ...events.flatMap(({ templates }) => templates.map(({ template }) => template)),
    ...listMetadata(paths),
  ]);
  for (const { template, extra } of events.flatMap((event) => event.templates.map(withExtra)))
    if (extra !== undefined) collect(() => readMetadata(paths, template, extra));
  const listed = [...named].sort(compareBytes).flatMap((template) =>
    collect(() => {
      const metadata = readMetadata(paths, template);
      return { template, metadata, analysis: analyseTemplate(paths, HELPERS, metadata, names) };
    }),
  );
  throwAll(uniqueFailures(failures));
  const isThere = ({ metadata }: ListedTemplate): boolean => listFragments(paths, metadata.template) !== undefined;
  const templates = new Map(listed.filter(isThere).map((known) => [known.template, known]));
  return {
    templates,
    events,
    withoutTemplate: listed.filter((known) => !isThere(known)),
    unused: listUnused(paths, templates),
  };
}

/** The metadata that an event adds to that of a template. */
export function withExtra(one: TemplateToExpand): TemplateToExpand & {
  readonly extra: { readonly file: string; readonly text: string } | undefined;
} {
  return { ...one, extra: one.metadata.trim() === '' ? undefined : { file: one.from, text: one.metadata } };
}

/** A mistake of a template is one of each event that adds metadata. */
function uniqueFailures(failures: readonly Failure[]): readonly Failure[] {
  return [...new Map(failures.map((failure) => [failure.message, failure])).values()];
}

function readEvent(paths: Paths, event: string): ListedEvent {
  const { steps, checks } = listSteps(paths, event);
  return {
    event,
    templates: steps.flatMap((step) => (step.kind === 'templates' ? step.templates : [])),
    services: steps.flatMap((step) => (step.kind === 'services' ? step.services : [])),
    steps: [...steps, ...checks].flatMap((step) =>
      step.kind === 'executable' ? [step.name.replace(/^S\d\d/, '')] : [],
    ),
    scripts: [...steps, ...checks].flatMap((step) => (step.kind === 'executable' ? [step.file] : [])),
  };
}

function listMetadata(paths: Paths): readonly string[] {
  return [...listLayeredFiles(layersOf(paths, 'templates.metadata')).keys()]
    .filter((name) => name.includes('/') && !name.split('/').some(isBackupName))
    .map((name) => `/${name}`);
}

function listUnused(paths: Paths, templates: ReadonlyMap<string, ListedTemplate>): readonly string[] {
  const known = [...templates.values()];
  const used = new Set(known.flatMap(({ metadata, analysis }) => [metadata.template, ...analysis.parts]));
  // one that a fragment computes the path of may be any
  if (known.some(({ analysis }) => analysis.computesParts)) return [];
  const files = listTemplateFiles(['templates-custom', 'templates'].flatMap((kind) => layersOf(paths, kind)));
  const unused = [...files.keys()]
    .filter((name) => !used.has(`/${name}`) && !used.has(`/${path.dirname(name)}`))
    .map((name) => `/${path.dirname(name)}`);
  return [...new Set(unused)].sort(compareBytes);
}
