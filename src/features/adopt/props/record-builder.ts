import { encodeValue } from '../../../db/encoded.ts';
import { checkValue, findPropSchema } from '../../../db/check-value.ts';
import type { RecordSchema } from '../../../db/schema.ts';
import type { TextMap, Value } from '../../../container/spec/value.ts';
import type { LeftOut } from '../candidate.ts';

/** The props of one record as they come together, and what does not fit into them. */
export class RecordBuilder {
  readonly props = new Map<string, string>();
  readonly leftOut: LeftOut[] = [];
  readonly #name: string;
  readonly #schema: RecordSchema;

  constructor(name: string, schema: RecordSchema) {
    this.#name = name;
    this.#schema = schema;
  }

  leaveOut(key: string, value: string, why: string): void {
    this.leftOut.push({ name: this.#name, key, value, why });
  }

  /** Sets a prop if the schema allows the value; the schema's own default need not be said. */
  set(key: string, prop: string, value: string, shown = value): void {
    const why = this.#check(prop, value);
    if (why !== undefined) this.leaveOut(key, shown, `${prop} cannot hold it: it ${why}`);
    else if (this.#schema[prop]?.default !== value) this.props.set(prop, encodeValue(value));
  }

  /**
   * Sets a list, and `PROP.N` for each item that has what separates items, where the schema knows that form.
   */
  setItems(key: string, prop: string, items: readonly string[], split?: (value: string) => readonly string[]): void {
    const isPlain = (item: string): boolean => (split ?? splitCommas)(item).length === 1;
    this.setList(key, prop, items.filter(isPlain), split);
    for (const [n, item] of items.filter((one) => !isPlain(one)).entries()) this.set(key, `${prop}.${n + 1}`, item);
  }

  /**
   * Sets a list with those of its items that it can hold.
   * @param split how a value of the prop is read
   */
  setList(
    key: string,
    prop: string,
    items: readonly string[],
    split: (value: string) => readonly string[] = splitCommas,
  ): void {
    const held = items.filter((item) => {
      const why = split(item).length > 1 ? 'has a comma, which separates the items' : this.#check(prop, item);
      if (why !== undefined) this.leaveOut(key, item, `${prop} cannot hold it: it ${why}`);
      return why === undefined;
    });
    if (held.length > 0) this.set(key, prop, held.join(','));
  }

  #check(prop: string, value: string): string | undefined {
    const schema = findPropSchema(this.#schema, prop);
    return schema === undefined ? 'is of no known prop' : checkValue(schema, value);
  }
}

function splitCommas(value: string): readonly string[] {
  return value.split(',');
}

/** What else there is to know where a key becomes props. */
export interface PropContext {
  readonly values: Readonly<Record<string, Value>>;
  /** what private ports are bound to: `LocalIP` and loopback */
  readonly privateAddresses: readonly string[];
  /** variables that files have: props need not */
  readonly inFiles: TextMap;
  /** makes a record of db `secrets` for a variable, and says its key; undefined: it cannot hold the value */
  readonly moveSecret?: (variable: string, value: string) => string | undefined;
}
