import type { Input } from '../../container/spec/input.ts';

/** The same input, and `onUnknown` is told of each field that no reader knows, once: what stands beside it is read. */
export function leniently(input: Input, onUnknown: (field: Input) => void): Input {
  const told = new Set<string>();
  return wrap(input, (field) => {
    if (!told.has(field.path)) onUnknown(field);
    told.add(field.path);
  });
}

function wrap(input: Input, onUnknown: (field: Input) => void): Input {
  return {
    path: input.path,
    place: input.place,
    keyPlace: input.keyPlace,
    refuse: (why, hint) => input.refuse(why, hint),
    get scalar() {
      return input.scalar;
    },
    items: input.items?.map((item) => wrap(item, onUnknown)),
    entries: input.entries?.map(([name, value]) => [name, wrap(value, onUnknown)] as const),
    onUnknown,
  };
}
