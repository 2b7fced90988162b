import { isPlainPath } from '../base/paths.ts';
import { checkReplacement, type Replacement } from './language/pattern.ts';

/** `FOREACH = docker_containers type=service status=enabled` */
export interface ForEach {
  readonly db: string;
  /** prop (or `type`, `key`) -> wanted value; all must hold */
  readonly filter: ReadonlyMap<string, string>;
}

/** `s/pattern/replacement/flags`, for every line with its newline; a line that becomes empty goes. */
export type LineFilter = Replacement;

export function parseMode(value: string): number {
  if (!/^0?[0-7]{3,4}$/.test(value)) throw new Error('it is three or four octal digits, as 0644');
  return Number.parseInt(value, 8);
}

export function parseForEach(value: string): ForEach {
  const [db = '', ...filters] = value.trim().split(/\s+/);
  if (!/^[\w.-]+$/.test(db)) throw new Error('it is a db and filters, as docker_containers status=enabled');
  return {
    db,
    filter: new Map(
      filters.map((filter) => {
        const [, prop, wanted] = /^([^=]+)=(.*)$/.exec(filter) ?? [];
        if (prop === undefined || wanted === undefined) throw new Error(`"${filter}" is no filter: PROP=VALUE`);
        return [prop, wanted];
      }),
    ),
  };
}

export function parseFilter(value: string): LineFilter {
  const [, pattern, replacement, flags = ''] = /^s\/((?:\\.|[^\\/])+)\/((?:\\.|[^\\/])*)\/([gi]*)$/s.exec(value) ?? [];
  if (pattern === undefined || replacement === undefined)
    throw new Error('it is s/pattern/replacement/, for each line');
  const filter: LineFilter = {
    pattern: (flags.includes('i') ? '(?i)' : '') + pattern.replaceAll('\\/', '/'),
    by: replacement.replaceAll('\\/', '/').replaceAll('\\n', '\n'),
    isFirst: !flags.includes('g'),
  };
  checkReplacement(filter);
  return filter;
}

export function parseOwner(value: string): string {
  if (!/^(?:\d{1,10}|[A-Za-z_][\w.-]*\$?)$/.test(value)) throw new Error('it is one name or number, as root');
  return value;
}

/** Separated by white space or commas. */
export function parseServices(value: string): readonly string[] {
  const services = value.split(/[\s,]+/).filter(Boolean);
  const wrong = services.find((service) => !/^[\w@.:-]+$/.test(service));
  if (wrong !== undefined) throw new Error(`"${wrong}" is no name of a service`);
  return services;
}

/** Folders and files, separated by white space or commas. */
export function parseReadable(value: string): readonly string[] {
  const places = value.split(/[\s,]+/).filter(Boolean);
  const wrong = places.find((place) => !isPlainPath(place) || place === '/');
  if (wrong !== undefined)
    throw new Error(`"${wrong}" is no folder or file to read from: an absolute path without ".."`);
  return places.map((place) => place.replace(/\/+$/, ''));
}
