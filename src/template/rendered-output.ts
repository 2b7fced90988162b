import { createHash } from 'node:crypto';
import type { Origin, Read, RecordRef, Rendered } from './rendered.ts';

/** What is known of an output beyond the file itself. */
export type Trace = Pick<Rendered, 'origins' | 'reads'>;

/** How its content is had, which may not be in memory. */
export type ReadContent = () => Buffer;

export const inMemory = (content: Buffer): ReadContent => () => content;

type Given = Omit<Rendered, keyof Trace | 'content' | 'digest'>;

/**
 * An output whose trace is found out when it is asked for: it is many times the file, and few ask.
 * A class, since each object literal with getters has a hidden class of its own: for thousands of
 * outputs those were more than all that is in them.
 */
export class TracedOutput implements Rendered {
  readonly path: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly template: string;
  declare readonly record?: RecordRef;
  readonly isSecret: boolean;
  readonly services: readonly string[];
  declare readonly check?: string;
  readonly #read: ReadContent;
  readonly #trace: () => Trace;
  #digest: string | undefined;
  #traced: Trace | undefined;

  constructor({ path, mode, uid, gid, template, record, isSecret, services, check }: Given, read: ReadContent, trace: () => Trace) {
    this.path = path;
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.template = template;
    if (record !== undefined) this.record = record;
    this.isSecret = isSecret;
    this.services = services;
    if (check !== undefined) this.check = check;
    this.#read = read;
    this.#trace = trace;
  }

  get content(): Buffer {
    return this.#read();
  }

  get digest(): string {
    return (this.#digest ??= createHash('sha256').update(this.content).digest('hex'));
  }

  get origins(): readonly (readonly Origin[])[] {
    return (this.#traced ??= this.#trace()).origins;
  }

  get reads(): readonly Read[] {
    return (this.#traced ??= this.#trace()).reads;
  }
}
