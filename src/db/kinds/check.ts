/** What is wrong with a value and what is allowed, as the end of a sentence; undefined: nothing. */
export type Check = (value: string) => string | undefined;

/** A text of that form. */
export function matches(pattern: RegExp, allowed: string): Check {
  return (value) => (pattern.test(value) ? undefined : `is not ${allowed}`);
}

/**
 * A list; an empty value is an empty list.
 * @param comma what separates the items
 */
export function each(check: Check, allowed: string, comma: string | RegExp = ','): Check {
  return (value) => {
    if (value === '') return undefined;
    for (const item of value.split(comma)) {
      if (item === '') return `has an empty item; allowed are ${allowed}`;
      const wrong = check(item);
      if (wrong !== undefined) return value === item ? wrong : `has the item "${item}", which ${wrong}`;
    }
    return undefined;
  };
}
