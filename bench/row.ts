/** What came of a row. */
export interface Figure {
  /** what is compared with the limit */
  readonly value: number;
  /** undefined: the figure is reported only */
  readonly limit?: number | undefined;
  /** milliseconds (or what the name says) by name: what was measured and its yardsticks */
  readonly parts: Readonly<Record<string, number>>;
  /** a further thing that has to hold, in words, where it does not */
  readonly broken?: string;
}

export interface Row {
  /** what it is called on the command line */
  readonly name: string;
  readonly title: string;
  /** the limit in words */
  readonly limit: string;
  /** of measuring, unless the command line says otherwise */
  readonly rounds: number;
  readonly measure: (rounds: number) => Promise<Figure>;
}

/** What is reported only: no server has so many. */
export const NO_LIMIT = 'reported only';
