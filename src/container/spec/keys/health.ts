import type { ContainerConfig } from '../../../engine/engine-api.ts';
import { collectAll, type Input } from '../input.ts';
import { readCount, readDuration, readFields, readFlag, readText, readTexts } from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { formatDuration } from '../../../base/quantity.ts';
import { MAP, type TextMap, toMap } from '../value.ts';

/**
 * The engine's own health check: `test` as JSON, durations in nanoseconds. A part that is not given comes
 * from the image.
 */
export const HEALTH_KEYS: readonly SpecKey[] = [
  defineKey(MAP, {
    name: 'healthcheck',
    answer: 'recreate',
    parse: readHealthcheck,
    send: (value, body) => {
      const { test, interval, timeout, start_period: startPeriod, start_interval: startInterval, retries } = value;
      body.Healthcheck = {
        ...(test === undefined ? {} : { Test: parseTest(test) }),
        ...(interval === undefined ? {} : { Interval: Number(interval) }),
        ...(timeout === undefined ? {} : { Timeout: Number(timeout) }),
        ...(startPeriod === undefined ? {} : { StartPeriod: Number(startPeriod) }),
        ...(startInterval === undefined ? {} : { StartInterval: Number(startInterval) }),
        ...(retries === undefined ? {} : { Retries: Number(retries) }),
      };
    },
    read: ({ Config }) => toCanonical(Config),
    ofImage: ({ Config }) => toCanonical(Config),
    format: (value) =>
      Object.entries(value)
        .map(([name, text]) => `${name}=${name === 'test' || name === 'retries' ? text : formatDuration(Number(text))}`)
        .join(' '),
  }),
];

function readHealthcheck(input: Input): TextMap {
  const { disable, ...fields } = readFields(input, [
    'test',
    'interval',
    'timeout',
    'start_period',
    'start_interval',
    'retries',
    'disable',
  ]);
  if (disable !== undefined && readFlag(disable)) return { test: '["NONE"]' };
  return toMap(
    collectAll(Object.entries(fields), ([name, field]) => {
      if (name === 'test') return [name, JSON.stringify(readTest(field))] as const;
      return [name, String(name === 'retries' ? readCount(field, 1) : readDuration(field))] as const;
    }),
  );
}

/** A text is for the container's shell; a list says itself what it is. */
function readTest(input: Input): readonly string[] {
  if (input.items === undefined) return ['CMD-SHELL', readText(input)];
  const words = readTexts(input);
  return ['NONE', 'CMD', 'CMD-SHELL'].includes(words[0] ?? '')
    ? words
    : input.refuse('a list must begin with CMD, CMD-SHELL or NONE');
}

function parseTest(json: string): string[] {
  const words: unknown = JSON.parse(json);
  return Array.isArray(words) ? words.map(String) : [];
}

function toCanonical({ Healthcheck: check }: ContainerConfig): TextMap | undefined {
  if (!check) return undefined;
  const { Test, Interval, Timeout, StartPeriod, StartInterval, Retries } = check;
  const numbers = {
    interval: Interval,
    timeout: Timeout,
    start_period: StartPeriod,
    start_interval: StartInterval,
    retries: Retries,
  };
  return toMap([
    ...(Test && Test.length > 0 ? [['test', JSON.stringify(Test)] as const] : []),
    ...Object.entries(numbers).flatMap(([name, number]) => (number ? [[name, String(number)] as const] : [])),
  ]);
}
