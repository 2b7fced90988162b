import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compareBytes } from '../../base/layers.ts';

/** What is under a data root of a driver that the engine does not use. */
export interface OtherDriver {
  readonly driver: string;
  readonly containers: readonly string[];
  /** `wiki:1` */
  readonly images: readonly string[];
}

/**
 * Containers and images of other drivers, by the engine's own files: it does not load them, and so says nothing
 * of them. None where the files cannot be read, which only root can.
 */
export function readOtherDrivers(dataRoot: string, current: string): readonly OtherDriver[] {
  if (dataRoot === '') return [];
  const containers = listFolder(path.join(dataRoot, 'containers')).flatMap((id) => {
    const config = readJson(path.join(dataRoot, 'containers', id, 'config.v2.json'));
    const [driver, name] = [fieldOf(config, 'Driver'), fieldOf(config, 'Name')];
    return typeof driver === 'string' && typeof name === 'string' ? [{ driver, name: name.replace(/^\//, '') }] : [];
  });
  const drivers = [
    ...new Set([...listFolder(path.join(dataRoot, 'image')), ...containers.map(({ driver }) => driver)]),
  ];
  return drivers
    .filter((driver) => driver !== current && driver !== '')
    .sort(compareBytes)
    .map((driver) => ({
      driver,
      containers: containers
        .filter((one) => one.driver === driver)
        .map(({ name }) => name)
        .sort(compareBytes),
      images: listReferences(readJson(path.join(dataRoot, 'image', driver, 'repositories.json'))),
    }))
    .filter(({ containers: left, images }) => left.length + images.length > 0);
}

/** `{ Repositories: { wiki: { 'wiki:1': 'sha256:…' } } }` */
function listReferences(file: unknown): readonly string[] {
  const repositories = fieldOf(file, 'Repositories');
  if (typeof repositories !== 'object' || repositories === null) return [];
  return Object.values(repositories as Record<string, unknown>)
    .flatMap((tags) => (typeof tags === 'object' && tags !== null ? Object.keys(tags) : []))
    .filter((reference) => !reference.includes('@'))
    .sort(compareBytes);
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
