import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { endOfPrefix } from '../../../../src/features/watch/sources/etcd-client.ts';
import { isAllowed } from '../../../../src/features/watch/sources/webhooks.ts';

it('the end of a prefix is the first key behind all that begin with it', () => {
  const of = (...bytes: readonly number[]): readonly number[] => [...endOfPrefix(Buffer.from(bytes))];
  expect([of(0x2f, 0x61), of(0x61, 0xff), of(0xff, 0xff)]).toEqual([[0x2f, 0x62], [0x62], [0]]);
});

it('a request is allowed by the token itself or a signature with it, and never without one', () => {
  const body = Buffer.from('{"ref":"main"}');
  const sign = (key: string): string => `sha256=${createHmac('sha256', key).update(body).digest('hex')}`;
  const isIn = (headers: Readonly<Record<string, string>>, token: string | undefined = 'token'): boolean =>
    isAllowed(headers, body, token);
  expect(isIn({ authorization: 'Bearer token' })).toBe(true);
  expect(isIn({ 'x-gitlab-token': 'token' })).toBe(true);
  expect(isIn({ 'x-hub-signature-256': sign('token') })).toBe(true);
  for (const headers of [
    {},
    { authorization: 'token' },
    { authorization: 'Basic token' },
    { authorization: 'Bearer token2' },
    { 'x-gitlab-token': '' },
    { 'x-hub-signature-256': sign('other') },
    { 'x-hub-signature-256': 'sha256=' },
  ])
    expect([headers, isIn(headers)]).toEqual([headers, false]);
  // where there is no such webhook, or its secret is gone, nothing lets in
  expect([
    isAllowed({ 'x-gitlab-token': '' }, body, undefined),
    isAllowed({ authorization: 'Bearer ' }, body, ''),
  ]).toEqual([false, false]);
  expect(isAllowed({ 'x-hub-signature-256': sign('') }, body, undefined)).toBe(false);
});
