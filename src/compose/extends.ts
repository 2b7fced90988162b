import path from 'node:path';
import type { Input } from '../container/spec/input.ts';
import { absoluteService, absolutePath } from './absolute.ts';
import { findEntry, isNull, showInput, withEntry, withEntries, withoutEntry } from './inputs.ts';
import { mergeInputs, settle } from './merge.ts';
import { fillAll, readSource, type Scope } from './read-source.ts';
import { isRemoteFile } from './remote.ts';

/** Services of one file, and where its relative paths begin. */
interface Origin {
  readonly file: string;
  readonly folder: string;
  readonly services: Input;
}

/** A document whose services have what they take from others by `extends`. */
export function withExtended(document: Input, origin: Omit<Origin, 'services'>, scope: Scope): Input {
  const services = findEntry(document, 'services');
  if (services?.entries === undefined) return document;
  const files = new Map<string, Input>();
  const own = { ...origin, services };
  return withEntry(
    document,
    'services',
    withEntries(
      services,
      services.entries.map(([name, service]) => [name, extendService(name, service, own, { scope, files, way: [] })]),
    ),
  );
}

interface Extending {
  readonly scope: Scope;
  /** the services of other files that were read */
  readonly files: Map<string, Input>;
  /** the services that led here */
  readonly way: readonly string[];
}

function extendService(name: string, service: Input, origin: Origin, { scope, files, way }: Extending): Input {
  const said = findEntry(service, 'extends');
  if (said === undefined || isNull(said) || said.tag === '!reset') return service;
  const here = `${origin.file}: ${name}`;
  if (way.includes(here))
    return said.refuse(`it extends itself in the end: ${[...way.slice(way.indexOf(here)), here].join(' -> ')}`);
  const wanted = showInput(
    (said.entries === undefined ? said : findEntry(said, 'service')) ?? said.refuse('needs the name of a service'),
  );
  const file = said.entries === undefined ? undefined : findEntry(said, 'file');
  const other = file === undefined ? origin : readOrigin(file, origin, { scope, files });
  const base = findEntry(other.services, wanted) ?? said.refuse(`there is no service "${wanted}" in ${other.file}`);
  const whole = settle(extendService(wanted, base, other, { scope, files, way: [...way, here] }), ['services', wanted]);
  const given = other === origin ? whole : absoluteService(whole, other.folder);
  return mergeInputs(withoutEntry(given, 'extends'), withoutEntry(service, 'extends'), ['services', name]);
}

function readOrigin(file: Input, { folder }: Origin, { scope, files }: Omit<Extending, 'way'>): Origin {
  const named = showInput(file);
  if (isRemoteFile(named)) file.refuse('it lies on another server, and docksmith reads files of this one');
  const found = absolutePath(named, folder);
  const services = files.get(found) ?? readServices(found, file, scope);
  files.set(found, services);
  return { file: found, folder: path.dirname(found), services };
}

function readServices(found: string, file: Input, scope: Scope): Input {
  const [first, ...more] = readSource(found, scope).map((document) => {
    const services = findEntry(document, 'services');
    return services === undefined ? undefined : fillAll(services);
  });
  const services = more.reduce(
    (base, over) => (base && over ? mergeInputs(base, over, ['services']) : (over ?? base)),
    first,
  );
  return services ?? file.refuse(`${found} has no map "services"`);
}
