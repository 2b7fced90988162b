import type { Input } from '../../container/spec/input.ts';
import { OWN_PREFIX } from '../../container/spec/names.ts';

/** What a YAML file holds, with dollar signs as they are written. */
export type Plain = string | number | boolean | null | readonly Plain[] | PlainMap;
export interface PlainMap {
  readonly [name: string]: Plain;
}

export interface ComposeDocument {
  readonly services: Readonly<Record<string, PlainMap>>;
  readonly networks: PlainMap;
  readonly volumes: PlainMap;
  readonly secrets: PlainMap;
  readonly configs: PlainMap;
}

/** A container that is exported. */
export interface ExportedSpec {
  readonly name: string;
  /** its run spec */
  readonly file: Input;
  /** the folder that its image is built from, where it is */
  readonly buildFolder?: string | undefined;
}

/** One Compose file of the run specs of several containers, whose services are called as they are. */
export function joinSpecs(specs: readonly ExportedSpec[]): ComposeDocument {
  const names = specs.map(({ name }) => name);
  const files = specs.map(({ file }) => toPlain(file) as PlainMap);
  const joinTop = (key: string): PlainMap =>
    Object.fromEntries(files.flatMap((file) => Object.entries(asMap(file[key]))).sort(([a], [b]) => (a < b ? -1 : 1)));
  return {
    services: Object.fromEntries(
      specs.map(({ name, buildFolder }, n) => {
        const service = toService(asMap(asMap(files[n]?.['services'])[name]), names);
        return [name, buildFolder === undefined ? service : { build: { context: buildFolder }, ...service }];
      }),
    ),
    networks: joinTop('networks'),
    volumes: joinTop('volumes'),
    secrets: joinTop('secrets'),
    configs: joinTop('configs'),
  };
}

/** As Compose names other services, and without what only docksmith knows. */
function toService(spec: PlainMap, names: readonly string[]): PlainMap {
  const labels = Object.entries(asMap(spec['labels'])).filter(([label]) => !label.startsWith(OWN_PREFIX));
  const needs = spec['depends_on'];
  const changed: Readonly<Record<string, Plain | undefined>> = {
    labels: labels.length === 0 ? undefined : Object.fromEntries(labels),
    depends_on: Array.isArray(needs)
      ? orUndefined(needs.filter((need) => names.includes(String(need))))
      : orUndefined(Object.fromEntries(Object.entries(asMap(needs)).filter(([need]) => names.includes(need)))),
    network_mode: mapText(spec['network_mode'], (text) =>
      text.replace(/^container:(.+)$/, (whole, name: string) => (names.includes(name) ? `service:${name}` : whole)),
    ),
    volumes_from: mapList(spec['volumes_from'], (text) =>
      text.replace(/^container:([^:]+)/, (whole, name: string) => (names.includes(name) ? name : whole)),
    ),
  };
  return Object.fromEntries(
    Object.entries({ ...spec, ...changed }).filter((entry): entry is [string, Plain] => entry[1] !== undefined),
  );
}

function mapText(value: Plain | undefined, change: (text: string) => string): Plain | undefined {
  return typeof value === 'string' ? change(value) : value;
}

function mapList(value: Plain | undefined, change: (text: string) => string): Plain | undefined {
  return Array.isArray(value) ? value.map((item) => change(String(item))) : value;
}

function orUndefined(value: readonly Plain[] | PlainMap): Plain | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

export function asMap(value: Plain | undefined): PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PlainMap) : {};
}

/** On one line. */
export function showPlain(value: Plain | undefined): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function toPlain({ scalar, items, entries }: Input): Plain {
  if (items !== undefined) return items.map(toPlain);
  if (entries !== undefined) return Object.fromEntries(entries.map(([name, value]) => [name, toPlain(value)]));
  return scalar ?? null;
}

/** All texts of a service, changed. @param change with the path to each, `environment.DB_PASSWORD` */
export function mapTexts(
  value: Plain,
  change: (text: string, path: readonly string[]) => Plain,
  path: readonly string[] = [],
): Plain {
  if (typeof value === 'string') return change(value, path);
  if (Array.isArray(value)) return value.map((item: Plain, n) => mapTexts(item, change, [...path, String(n)]));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value as PlainMap).map(([name, held]) => [name, mapTexts(held, change, [...path, name])]),
    );
  return value;
}
