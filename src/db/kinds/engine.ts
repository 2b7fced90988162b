import { type Check, each, matches } from './check.ts';

const DEVICE_RULE = matches(/^[acb] (\d{1,9}|\*):(\d{1,9}|\*) [rwm]{1,3}$/, 'a rule, as c 1:3 mr');

/** Kinds of props that only the engine does something with, in the form that it takes. */
export const ENGINE_CHECKS: Readonly<Record<string, Check>> = {
  json: (value) => (isJson(value) ? undefined : 'is no JSON, as {"weight":300}'),
  'process-space': matches(/^(host|container:[a-zA-Z0-9][\w.-]+)$/, 'host or container:NAME'),
  'shared-memory': matches(
    /^(none|private|shareable|host|container:[a-zA-Z0-9][\w.-]+)$/,
    'none, private, shareable, host or container:NAME',
  ),
  swap: matches(/^(-1|[1-9]\d{0,14}[bkmg]?)$/i, 'a number of bytes, or one with k, m or g, as 1g, or -1'),
  microseconds: matches(/^[1-9]\d{0,9}(us|ms|s)?$/, 'a number of microseconds, or as 50ms'),
  'device-rule': DEVICE_RULE,
  'device-rules': each(DEVICE_RULE, 'rules, as c 1:3 mr'),
  'mac-address': matches(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, 'an address on the wire, as 02:42:ac:11:65:44'),
  percentage: between(0, 100),
  'oom-score': between(-1000, 1000),
};

function between(least: number, most: number): Check {
  return (value) =>
    /^-?\d{1,4}$/.test(value) && Number(value) >= least && Number(value) <= most
      ? undefined
      : `is not a whole number from ${least} to ${most}`;
}

function isJson(value: string): boolean {
  try {
    return typeof JSON.parse(value) === 'object';
  } catch {
    return false;
  }
}
