import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { withinTime } from '../../../base/within-time.ts';

export interface EtcdKeys {
  readonly key: string;
  /** all that begin with it */
  readonly isPrefix: boolean;
}

/** As https.request has them. */
export interface TlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** What keys are at one moment. */
export interface EtcdAnswer {
  /** differs whenever a key was set, made or deleted */
  readonly seen: string;
  /** of the whole store, at that moment */
  readonly revision: bigint;
}

/**
 * Reads keys by a read that a member answers only with the majority's consent (linearizable, etcd's default).
 * https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/
 */
export async function readKeys(
  endpoint: string,
  keys: EtcdKeys,
  tls: TlsOptions,
  milliseconds: number,
  signal: AbortSignal,
): Promise<EtcdAnswer> {
  const read = async (limited: AbortSignal): Promise<EtcdAnswer> => {
    const response = await post(
      `${endpoint}/v3/kv/range`,
      { ...rangeOf(keys), limit: '1', sort_order: 'DESCEND', sort_target: 'MOD', keys_only: true },
      tls,
      limited,
    );
    const body = await text(response);
    const answer = JSON.parse(body) as RangeAnswer;
    if (response.statusCode !== 200)
      throw new Error(answer.error ?? answer.message ?? `HTTP ${response.statusCode ?? 0}`);
    // numbers of 64 bits are texts in JSON, and zeros are left out
    const { header, kvs: [last] = [], count = '0' } = answer;
    return { seen: `${count}:${last?.mod_revision ?? '0'}`, revision: BigInt(header?.revision ?? '0') };
  };
  return withinTime(
    milliseconds,
    async (limited) =>
      read(limited).catch((error: unknown) => {
        if (limited.aborted && !signal.aborted)
          throw new Error(`no answer within ${milliseconds / 1000} seconds: the member, or the majority, is not there`);
        throw error;
      }),
    signal,
  );
}

interface RangeAnswer {
  readonly header?: { readonly revision?: string };
  readonly kvs?: readonly { readonly mod_revision?: string }[];
  readonly count?: string;
  readonly error?: string;
  readonly message?: string;
}

/**
 * Calls `onChange` for each message about a change, until the member ends the stream.
 * @param since the first revision to tell of
 */
export async function followKeys(
  endpoint: string,
  keys: EtcdKeys,
  tls: TlsOptions,
  since: bigint,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  const request = { create_request: { ...rangeOf(keys), start_revision: String(since) } };
  const response = await post(`${endpoint}/v3/watch`, request, tls, signal);
  let rest = '';
  response.setEncoding('utf8');
  for await (const chunk of response as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines.filter((each) => each !== '')) {
      const { result } = JSON.parse(line) as WatchMessage;
      if (result === undefined || result.canceled === true) return void response.destroy();
      if ((result.events?.length ?? 0) > 0) onChange();
    }
  }
}

interface WatchMessage {
  readonly result?: { readonly canceled?: boolean; readonly events?: readonly unknown[] };
}

const base64 = (bytes: Buffer): string => bytes.toString('base64');

function rangeOf({ key, isPrefix }: EtcdKeys): Readonly<Record<string, string>> {
  const bytes = Buffer.from(key);
  return { key: base64(bytes), ...(isPrefix ? { range_end: base64(endOfPrefix(bytes)) } : {}) };
}

/** The first key behind all that begin so; a zero byte means the end of all keys. */
export function endOfPrefix(bytes: Buffer): Buffer {
  for (let n = bytes.length - 1; n >= 0; n--) {
    const byte = bytes[n] ?? 0;
    if (byte < 0xff) return Buffer.concat([bytes.subarray(0, n), Buffer.of(byte + 1)]);
  }
  return Buffer.of(0);
}

async function post(url: string, body: unknown, tls: TlsOptions, signal: AbortSignal): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { request } = url.startsWith('https:') ? https : http;
    const options = { method: 'POST', agent: false, signal, headers: { 'content-type': 'application/json' }, ...tls };
    request(url, options, resolve).on('error', reject).end(JSON.stringify(body));
  });
}
