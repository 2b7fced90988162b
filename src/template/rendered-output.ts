import type { Origin, Read, Rendered } from './rendered.ts';

/** What is known of an output beyond the file itself. */
export type Trace = Pick<Rendered, 'origins' | 'reads'>;

/** An output whose trace is found out when it is asked for: it is many times the file, and few ask. */
export class RenderedOutput implements Rendered {
  readonly path: string;
  readonly content: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly template: string;
  readonly isSecret: boolean;
  readonly record?: NonNullable<Rendered['record']>;
  readonly services: readonly string[];
  readonly check?: string;
  readonly #trace: () => Trace;
  #traced: Trace | undefined;

  constructor({ path, content, mode, uid, gid, template, isSecret, record, services, check }: Omit<Rendered, keyof Trace>, trace: () => Trace) {
    this.path = path;
    this.content = content;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.template = template;
    this.isSecret = isSecret;
    if (record !== undefined) this.record = record;
    this.services = services;
    if (check !== undefined) this.check = check;
    this.#trace = trace;
  }

  get origins(): readonly (readonly Origin[])[] {
    return (this.#traced ??= this.#trace()).origins;
  }

  get reads(): readonly Read[] {
    return (this.#traced ??= this.#trace()).reads;
  }
}
