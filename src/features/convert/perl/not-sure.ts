/** What is not converted, since it is not sure to be the same afterwards: to be done by hand. */
export class NotSure extends Error {
  /** of the fragment, from 1 */
  readonly line: number;

  constructor(line: number, why: string) {
    super(why);
    this.line = line;
  }
}
