/** A value of a table by a name that came from outside: `constructor`, which every object has, is in none. */
export function findOwn<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
