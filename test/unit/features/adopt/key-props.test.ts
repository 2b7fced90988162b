import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SPEC_KEYS } from '../../../../src/container/spec/spec-keys.ts';
import { splitWords } from '../../../../src/base/split-words.ts';
import type { Value } from '../../../../src/container/spec/value.ts';
import { readSchema } from '../../../../src/db/read-schema.ts';
import { KEY_PROPS } from '../../../../src/features/adopt/props/key-props.ts';
import { quoteWords } from '../../../../src/base/quote.ts';
import { RecordBuilder } from '../../../../src/features/adopt/props/record-builder.ts';
import { makeRoot } from '../../../support/folder.ts';

/** The props that values of keys make, and what is left out, as `key value`. */
function toProps(values: Readonly<Record<string, Value>>): {
  readonly props: Readonly<Record<string, string>>;
  readonly left: readonly string[];
} {
  const schema = readSchema({ ...makeRoot(), packageDir: path.resolve(import.meta.dirname, '../../../..') });
  const builder = new RecordBuilder('wiki', schema['docker_containers']?.['service'] ?? {});
  for (const [key, make] of Object.entries(KEY_PROPS))
    make(builder, values[key], { values, privateAddresses: ['192.168.1.2', '127.0.0.1'], inFiles: {} });
  return { props: Object.fromEntries(builder.props), left: builder.leftOut.map(({ key, value }) => `${key} ${value}`) };
}

/** What a container has that nobody said anything of: the engine's defaults, which a record has to say. */
const PLAIN = { restart: 'unless-stopped', logging: { driver: 'json-file', 'max-size': '10m', 'max-file': '5' } };
const PLAIN_PROPS = { LogMaxSize: '10m', LogMaxFile: '5' };

describe('the way back from keys of a run spec to props', () => {
  it('knows every key', () => {
    expect(Object.keys(KEY_PROPS).sort()).toEqual(SPEC_KEYS.map(({ name }) => name).sort());
  });

  it('says what the engine does by default and a record does not', () => {
    expect(toProps({ logging: { driver: 'json-file' } })).toEqual({
      props: { Restart: 'no', LogMaxSize: 'unlimited' },
      left: [],
    });
    expect(toProps({ ...PLAIN, logging: { driver: 'syslog', tag: 'x' } })).toEqual({
      props: { LogDriver: 'syslog', 'LogOpt.tag': 'x' },
      left: [],
    });
  });

  it.each<
    readonly [string, readonly string[], string | undefined, Readonly<Record<string, string>>, readonly string[]]
  >([
    [
      'on all addresses',
      ['8080:80', '53:53/udp'],
      undefined,
      { access: 'public', PortMapping: 'custom', PortMappingPorts: '53:53/udp,8080:80' },
      [],
    ],
    [
      'under their own numbers',
      ['80:80', '53:53/udp'],
      undefined,
      { access: 'public', TCPPort: '80', UDPPort: '53' },
      [],
    ],
    ['on the local address and loopback', ['127.0.0.1:80:80', '192.168.1.2:80:80'], undefined, { TCPPort: '80' }, []],
    [
      'on loopback alone',
      ['127.0.0.1:9000:80'],
      undefined,
      { PortMapping: 'custom', PortMappingPorts: '127.0.0.1:9000:80' },
      [],
    ],
    [
      'on another address',
      ['10.0.0.1:80:80'],
      undefined,
      { access: 'public', PortMapping: 'custom', PortMappingPorts: '10.0.0.1:80:80' },
      [],
    ],
    [
      'on all and on some addresses',
      ['80:80', '127.0.0.1:81:81', '192.168.1.2:81:81'],
      undefined,
      { access: 'public', PortMapping: 'custom', PortMappingPorts: '80:80,127.0.0.1:81:81,192.168.1.2:81:81' },
      [],
    ],
    [
      'without a number, or of SCTP',
      ['80', '90:90/sctp'],
      undefined,
      { access: 'public', PortMapping: 'custom', PortMappingPorts: '80' },
      ['ports 90:90/sctp'],
    ],
    ["on the host's network", ['80:80'], 'host', { network: 'host', access: 'public' }, ['ports 80:80']],
  ])('never opens ports any wider: those %s', (_, ports, mode, props, left) => {
    expect(toProps({ ...PLAIN, ports, ...(mode === undefined ? {} : { network_mode: mode }) })).toEqual({
      props: { ...PLAIN_PROPS, ...props },
      left,
    });
  });

  it('encodes what a db cannot keep, and does not show what variables hold', () => {
    const environment = { GOOD: 'a, b', BACK: 'x\\', LINE: 'a\\nb', BLANK: 'x ', 'not one': '1' };
    expect(toProps({ ...PLAIN, environment })).toEqual({
      props: {
        ...PLAIN_PROPS,
        'Env.GOOD': 'a, b',
        'Env.BACK': '%:x%5C',
        'Env.LINE': '%:a%5Cnb',
        'Env.BLANK': '%:x%20',
      },
      left: ['environment not one'],
    });
    const volumes = ['/a,b:/c', '/d:/d:ro', '/e:/f:Z,ro', '/x,/y:/z', 'vol:/g:nocopy,ro', 'other:/h', '/anonymous'];
    expect(toProps({ ...PLAIN, volumes })).toEqual({
      props: {
        ...PLAIN_PROPS,
        MountPath: '/a,b:/c,/d:/d:ro,/e:/f:Z,ro',
        'MountPath.1': '/x,/y:/z',
        Volumes: 'vol:/g:nocopy,ro,other:/h,/anonymous',
      },
      left: [],
    });
  });

  it('leaves the labels of Compose behind', () => {
    const labels = { 'com.docker.compose.project': 'x', team: 'web', 'traefik.rule': 'Host(`a`,`b`)' };
    expect(toProps({ ...PLAIN, labels })).toEqual({
      props: { ...PLAIN_PROPS, Labels: 'team=web', 'Labels.traefik.rule': 'Host(`a`,`b`)' },
      left: ['labels com.docker.*'],
    });
  });

  it.each([
    [['a', 'b c', ''], "a 'b c' ''"],
    [["it's", '$x', '"q"'], "'it'\\''s' '$x' '\"q\"'"],
  ])('quotes words so that they are read back', (words, text) => {
    expect(quoteWords(words)).toBe(text);
    expect(splitWords(text)).toEqual(words);
  });
});
