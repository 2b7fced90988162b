import path from 'node:path';
import { Failure, Failures } from '../../src/base/errors.ts';
import { type ComposeModel, type ProjectRequest, readComposeProject } from '../../src/compose/read-project.ts';
import type { Input } from '../../src/container/spec/input.ts';
import { makeFolder, writeTree } from './folder.ts';

/** Compose files of one test, in a folder of its own that is called `shop`. */
export interface ComposeFolder {
  readonly folder: string;
  /** the files that are named, without any those that Compose takes; nothing is in the environment but `env` */
  read(request?: Partial<ProjectRequest>): ComposeModel;
  /** what is refused, a line each, paths from the folder on */
  mistakes(request?: Partial<ProjectRequest>): readonly string[];
  /** what is warned of */
  warnings(request?: Partial<ProjectRequest>): readonly string[];
}

export function makeComposeFolder(files: Readonly<Record<string, string>>): ComposeFolder {
  const folder = path.join(makeFolder(), 'shop');
  writeTree(folder, files);
  const whole = (name: string): string => path.join(folder, name);
  const short = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(folder, '.');
  const read: ComposeFolder['read'] = ({ files: named = [''], envFiles = [], env = {}, ...request } = {}) =>
    readComposeProject({ ...request, env, files: named.map(whole), envFiles: envFiles.map(whole) });
  return {
    folder,
    read,
    mistakes: (request) => {
      try {
        read(request);
        return [];
      } catch (error) {
        if (error instanceof Failures) return error.failures.map(({ message }) => short(message));
        if (error instanceof Failure) return [short(error.message)];
        throw error;
      }
    },
    warnings: (request) => read(request).notes.list('.env').map(short),
  };
}

/** A part of a model as plain values. */
export function plain(input: Input | undefined): unknown {
  if (input === undefined) return undefined;
  const { scalar, items, entries } = input;
  return (
    items?.map(plain) ?? (entries ? Object.fromEntries(entries.map(([name, held]) => [name, plain(held)])) : scalar)
  );
}

/** A service as plain values, but for its image. */
export function serviceOf({ services, folder }: ComposeModel, name: string): unknown {
  const all = Object.entries(plain(services.get(name)) as object);
  const rest = Object.fromEntries(all.filter(([key]) => key !== 'image'));
  return JSON.parse(JSON.stringify(rest).replaceAll(folder, '.')) as unknown;
}
