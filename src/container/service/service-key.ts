import type { ServiceBody, ServiceContainer, TaskTemplate } from '../../engine/swarm-api.ts';
import type { ShownKey } from '../actual/difference.ts';
import type { Kind, Value } from '../spec/value.ts';

/** One thing that a plan compares of a service, as the records want it and as the engine has it. */
export interface ServiceKey extends ShownKey {
  /** canonical; undefined: nothing is said */
  readonly read: (body: ServiceBody) => Value | undefined;
}

type Read<T> = (body: ServiceBody) => T | null | undefined;

interface More<T> {
  readonly default?: T;
  readonly hidden?: boolean;
  readonly format?: (value: T) => string;
}

/** A row of the table, of a definition that knows the type of its values. */
export function defineServiceKey<T extends Value>(
  kind: Kind<T>,
  title: string,
  read: Read<T>,
  more: More<T> = {},
): ServiceKey {
  return {
    title,
    kind,
    hidden: more.hidden ?? false,
    default: more.default,
    // the engine leaves out what is empty, false or 0, or answers it
    read: (body) => {
      const value = read(body);
      return value === undefined || value === null || value === '' || value === 0 || value === more.default
        ? undefined
        : value;
    },
    format: (value) => (more.format === undefined ? formatPlain(value) : more.format(value as T)),
  };
}

function formatPlain(value: Value): string {
  if (typeof value !== 'object') return String(value);
  return (Array.isArray(value) ? value : Object.entries(value).map(([key, text]) => `${key}=${text}`)).join(' ');
}

/** The same, of what is said of the tasks. */
export function inTask<T extends Value>(
  kind: Kind<T>,
  title: string,
  read: (task: TaskTemplate) => T | null | undefined,
  more?: More<T>,
): ServiceKey {
  return defineServiceKey(kind, title, (body) => read(body.TaskTemplate), more);
}

/** The same, of what is said of the containers of tasks. */
export function inContainer<T extends Value>(
  kind: Kind<T>,
  title: string,
  read: (container: ServiceContainer) => T | null | undefined,
  more?: More<T>,
): ServiceKey {
  return inTask(kind, title, ({ ContainerSpec }) => read(ContainerSpec), more);
}
