import { isIP } from 'node:net';
import { findOwn } from '../../base/own.ts';
import { checkFixedAddresses } from './addresses.ts';
import { type Check, each, matches } from './check.ts';

const MAC_ADDRESS = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
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
  'mac-address': matches(MAC_ADDRESS, 'an address on the wire, as 02:42:ac:11:65:44'),
  'fixed-addresses': checkFixedAddresses,
  'endpoint-options': checkEndpointOptions,
  commands: checkCommands,
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
  const parsed = parseJson(value);
  return typeof parsed === 'object';
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

/** Whether something is a map without other fields, each as its test has it. */
function isMapOf(value: unknown, fields: Readonly<Record<string, (held: unknown) => boolean>>): boolean {
  return (
    isPlainMap(value) &&
    Object.entries(value).every(([field, held]: [string, unknown]) => findOwn(fields, field)?.(held) === true)
  );
}

function isPlainMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextMap = (value: unknown): boolean => isPlainMap(value) && Object.values(value).every(isText);
const isListOf =
  (test: (item: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every(test);

/** What a container is on a network, beside its names and addresses there. */
function checkEndpointOptions(value: string): string | undefined {
  const isOne = isMapOf(parseJson(value), {
    mac_address: (held) => typeof held === 'string' && MAC_ADDRESS.test(held),
    gw_priority: Number.isSafeInteger,
    link_local_ips: isListOf((held) => typeof held === 'string' && isIP(held) !== 0),
    driver_opts: isTextMap,
  });
  return isOne
    ? undefined
    : 'is no JSON with mac_address, gw_priority, link_local_ips and driver_opts, as {"gw_priority":1}';
}

/** Commands that are run in a container. */
function checkCommands(value: string): string | undefined {
  const isCommand = (held: unknown): boolean =>
    isMapOf(held, {
      command: isListOf(isText),
      user: isText,
      privileged: (flag) => typeof flag === 'boolean',
      working_dir: isText,
      environment: isTextMap,
    }) && ((held as { readonly command?: readonly string[] }).command ?? []).length > 0;
  return isListOf(isCommand)(parseJson(value))
    ? undefined
    : 'is no JSON list of commands, as [{"command":["touch","/ready"],"user":"root"}]';
}
