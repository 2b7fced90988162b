import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { Failure, reasonOf, throwAll } from '../base/errors.ts';
import { compareBytes, formatBackup, layersOf, listMerged, listMergedTree } from '../base/layers.ts';
import { findNearest } from '../base/nearest.ts';
import { type Paths, withoutRoot } from '../base/paths.ts';
import { type Looked, refuseUntrusted } from '../files/trust.ts';
import { listEvents, refuseUnknownEvent } from './events.ts';
import { isVerb, type Verb, VERBS } from './verbs.ts';
import { readText } from '../files/read-file.ts';

/** Where the built-in steps stand: before every executable of the same number. */
const TEMPLATES_AT = 'S05';
const SERVICES_AT = 'S90';
/** Another place that a file of services2adjust names for its service. */
const PLACE = /^S\d\d$/;

export interface ExecutableStep {
  readonly kind: 'executable';
  /** `S50docker-reconcile` */
  readonly name: string;
  /** to be run, with the root */
  readonly file: string;
}

export interface TemplateToExpand {
  /** path of the template, `/etc/docker/daemon.json` */
  readonly template: string;
  /** metadata for this event alone, INI; mostly empty */
  readonly metadata: string;
  /** file under templates2expand that asks for it, without the root: for messages about the metadata */
  readonly from: string;
}

export interface ServiceToAdjust {
  readonly service: string;
  readonly verbs: readonly Verb[];
  /** adjusted even if none of its files changed */
  readonly always: boolean;
  /** the step that adjusts it, `S45`; absent: S90 */
  readonly at?: string;
  /** file under services2adjust that asks for it, without the root; absent: no event does, it is tried again */
  readonly from?: string;
}

/** One entry of an event's list. */
export type Step = ExecutableStep | TemplatesStep | ServicesStep;

export interface TemplatesStep {
  readonly kind: 'templates';
  readonly name: string;
  readonly templates: readonly TemplateToExpand[];
}

export interface ServicesStep {
  readonly kind: 'services';
  readonly name: string;
  readonly services: readonly ServiceToAdjust[];
}

export interface StepList {
  /** in byte order of their names */
  readonly steps: readonly Step[];
  /** executables of `checks/`, which see the files in place before they count; in byte order of their names */
  readonly checks: readonly ExecutableStep[];
  /** about files in the event's folder that are no steps */
  readonly warnings: readonly string[];
}

/**
 * The steps of an event, merged by name over the layers (the admin's file wins over the
 * package's; a symbolic link to /dev/null takes a step, a template or a service out).
 * `templates2expand` becomes one step where it holds anything, `services2adjust` one for each place that it names.
 * @throws Failure for an unknown event, naming the nearest and all; Failures for steps that cannot be run
 */
export function listSteps(paths: Paths, event: string): StepList {
  refuseUnknownEvent(paths, event);
  const looked: Looked = new Map();
  const failures: Failure[] = [];
  const collect = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      return undefined;
    }
  };
  const actions = listMerged(layersOf(paths, 'events/actions'));
  const warnings: string[] = [];
  const onBackup = (file: string): void => void warnings.push(formatBackup(withoutRoot(paths, file)));
  const steps: Step[] = [];
  for (const [name, file] of listMerged(layersOf(paths, `events/${event}`), onBackup)) {
    if (isRemoved(file)) continue;
    const shown = withoutRoot(paths, file);
    if (!/^S\d\d./.test(name)) warnings.push(`"${shown}" is ignored: a step is named S, two digits and a name`);
    else {
      const executable = collect(() => findExecutable(paths, name, file, actions, looked));
      if (executable !== undefined) steps.push({ kind: 'executable', name, file: executable });
    }
  }
  const checks = listUsed(listMerged(layersOf(paths, `events/${event}/checks`), onBackup)).flatMap(
    ([name, file]): ExecutableStep[] => {
      const executable = collect(() => findExecutable(paths, name, file, actions, looked));
      return executable === undefined ? [] : [{ kind: 'executable', name, file: executable }];
    },
  );
  const templates = listTemplates(paths, event, onBackup, collect);
  const services = listServices(paths, event, onBackup, collect);
  throwAll(failures);
  if (templates.length > 0) steps.push({ kind: 'templates', name: TEMPLATES_AT, templates });
  for (const name of new Set(services.map(({ at = SERVICES_AT }) => at)))
    steps.push({ kind: 'services', name, services: services.filter(({ at = SERVICES_AT }) => at === name) });
  return { steps: steps.sort((a, b) => compareBytes(a.name, b.name)), checks, warnings: warnings.sort(compareBytes) };
}

/** The checks of all events that expand the template, each once. @throws Failure(s) as `listSteps` */
export function listChecksOf(paths: Paths, template: string): readonly ExecutableStep[] {
  const events = listEvents(paths).filter((event) => {
    const file = listMergedTree(layersOf(paths, `events/${event}/templates2expand`)).get(template.slice(1));
    return file !== undefined && !isRemoved(file);
  });
  return [
    ...new Map(events.flatMap((event) => listSteps(paths, event).checks).map((check) => [check.file, check])).values(),
  ];
}

/** The services that any of the steps adjusts. */
export function servicesOf(steps: readonly Step[]): readonly ServiceToAdjust[] {
  return steps.flatMap((step) => (step.kind === 'services' ? step.services : []));
}

/** The steps with one that adjusts services too, where they have one or not: its own services and these. */
export function withServices(steps: readonly Step[], more: readonly ServiceToAdjust[]): readonly Step[] {
  if (more.length === 0) return steps;
  const own = steps.find((step) => step.kind === 'services' && step.name === SERVICES_AT);
  const services = [...(own?.kind === 'services' ? own.services : []), ...more];
  const step: ServicesStep = { kind: 'services', name: SERVICES_AT, services };
  return [...steps.filter((each) => each !== own), step].sort((a, b) => compareBytes(a.name, b.name));
}

/**
 * A step's own executable, or the action that it names: by a link to ../actions/NAME, or by being empty and
 * called SNNname.
 */
function findExecutable(
  paths: Paths,
  name: string,
  file: string,
  actions: ReadonlyMap<string, string>,
  looked: Looked,
): string {
  const shown = withoutRoot(paths, file);
  const action = findActionName(name, file);
  const executable = action === undefined ? file : actions.get(action);
  const cannot = (why: string, hint?: string): Failure =>
    new Failure(`cannot run step "${shown}"`, hint === undefined ? { why } : { why, hint });
  if (executable === undefined || isRemoved(executable)) {
    const nearest = findNearest(action ?? '', actions.keys());
    throw cannot(
      `there is no action "${action ?? ''}"`,
      nearest === undefined ? undefined : `did you mean "${nearest}"?`,
    );
  }
  let stats: Stats;
  try {
    stats = statSync(executable);
  } catch (error) {
    throw cannot(reasonOf(error));
  }
  if (!stats.isFile()) throw cannot('it is not a file');
  if ((stats.mode & 0o111) === 0) throw cannot('it is not executable', `chmod +x ${executable}`);
  for (const needed of new Set([file, executable])) refuseUntrusted(needed, `step "${shown}"`, looked);
  return executable;
}

function findActionName(name: string, file: string): string | undefined {
  const stats = lstatSync(file);
  if (stats.isSymbolicLink()) {
    const target = readlinkSync(file);
    return path.basename(path.dirname(target)) === 'actions' ? path.basename(target) : undefined;
  }
  return stats.size === 0 && (stats.mode & 0o111) === 0 ? name.replace(/^S\d\d/, '') : undefined;
}

function isRemoved(file: string): boolean {
  return lstatSync(file).isSymbolicLink() && readlinkSync(file) === '/dev/null';
}

function listTemplates(
  paths: Paths,
  event: string,
  onBackup: (file: string) => void,
  collect: <T>(read: () => T) => T | undefined,
): readonly TemplateToExpand[] {
  return listUsed(listMergedTree(layersOf(paths, `events/${event}/templates2expand`), onBackup)).map(([name, file]) => {
    // nearly all are empty, and are not opened
    const [metadata, from] = [statSync(file).size === 0 ? '' : readText(file), withoutRoot(paths, file)];
    // it may hold a command to run, the CHECK
    if (metadata.trim() !== '') collect(() => refuseUntrusted(file, `what "${from}" says`));
    return { template: `/${name}`, metadata, from };
  });
}

function listServices(
  paths: Paths,
  event: string,
  onBackup: (file: string) => void,
  collect: <T>(read: () => T) => T | undefined,
): readonly ServiceToAdjust[] {
  return listUsed(listMerged(layersOf(paths, `events/${event}/services2adjust`), onBackup)).flatMap(
    ([service, file]) => collect(() => readService(service, file, withoutRoot(paths, file))) ?? [],
  );
}

function listUsed(files: ReadonlyMap<string, string>): readonly (readonly [string, string])[] {
  return [...files].filter(([, file]) => !isRemoved(file));
}

/**
 * As on SME Server: a symbolic link whose target is the action (it leads nowhere), or a file with one
 * action a line.
 */
function readService(service: string, file: string, shown: string): ServiceToAdjust {
  const text = lstatSync(file).isSymbolicLink()
    ? path.basename(readlinkSync(file))
    : readText(file).replaceAll(/#.*/g, '');
  const words = text.split(/\s+/).filter((word) => word !== '');
  const verbs = [...new Set(words.filter(isVerb))];
  const [at, secondPlace] = words.filter((word) => PLACE.test(word));
  const unknown = words.find((word) => word !== 'always' && !isVerb(word) && !PLACE.test(word));
  const nearest = unknown === undefined ? undefined : findNearest(unknown, VERBS);
  const cannot = (why: string): Failure =>
    new Failure(`cannot adjust service "${service}" as "${shown}" says`, {
      why,
      ...(nearest !== undefined && { hint: `did you mean "${nearest}"?` }),
    });
  if (unknown !== undefined)
    throw cannot(`"${unknown}" is no action; there are: ${VERBS.join(', ')}, always, and a step as S45`);
  if (verbs.length === 0) throw cannot('it names no action');
  if (secondPlace !== undefined) throw cannot(`it names two steps, ${at ?? ''} and ${secondPlace}`);
  if (at !== undefined && at <= TEMPLATES_AT)
    throw cannot(`files are installed at ${TEMPLATES_AT}, and ${at} is not after it`);
  return { service, verbs, always: words.includes('always'), ...(at === undefined ? {} : { at }), from: shown };
}
