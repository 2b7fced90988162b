/** Puts sources that are sorted by time into one that is; sources of equal time in their order. */
export async function* mergeByTime<T extends { readonly time: string }>(
  sources: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
  for (;;) {
    let first: { readonly n: number; readonly value: T } | undefined;
    for (const [n, head] of heads.entries()) {
      if (head.done !== true && (first === undefined || head.value.time < first.value.time))
        first = { n, value: head.value };
    }
    const iterator = iterators[first?.n ?? -1];
    if (first === undefined || iterator === undefined) return;
    yield first.value;
    heads[first.n] = await iterator.next();
  }
}

/** Hands on what any of the sources has, as it comes. A source is asked for more when what it gave was taken. */
export async function* interleave<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const waiting: { readonly value: T; readonly take: () => void }[] = [];
  const failures: unknown[] = [];
  let open = sources.length;
  let wake = (): void => undefined;
  const pump = async (source: AsyncIterable<T>): Promise<void> => {
    try {
      for await (const value of source) {
        await new Promise<void>((take) => {
          waiting.push({ value, take });
          wake();
        });
      }
    } catch (error) {
      failures.push(error);
    }
    open--;
    wake();
  };
  for (const source of sources) void pump(source);
  for (;;) {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      yield item.value;
      item.take();
    }
    if (failures.length > 0) throw failures[0];
    if (open === 0) return;
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (waiting.length > 0) resolve();
    });
  }
}
