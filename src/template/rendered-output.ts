import type { Rendered } from './rendered.ts';

/** What is known of an output beyond the file itself. */
export type Trace = Pick<Rendered, 'origins' | 'reads'>;

/** An output whose trace is found out when it is asked for: it is many times the file, and few ask. */
export function withTrace(output: Omit<Rendered, keyof Trace>, trace: () => Trace): Rendered {
  let traced: Trace | undefined;
  return {
    ...output,
    get origins() { return (traced ??= trace()).origins; },
    get reads() { return (traced ??= trace()).reads; },
  };
}
