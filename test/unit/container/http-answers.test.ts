import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, AnswerReader } from '../../../src/container/http-answers.ts';

const TWO = [
  'HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK',
  'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nB;x=y\r\n"\u00fc\r\n"}    \r\n0\r\nTrailer: t\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 304 Not Modified\r\nEtag: e\r\n\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
].join('');

function readAll(pieces: readonly Buffer[]): readonly Answer[] {
  const reader = new AnswerReader();
  return pieces.flatMap((piece) => reader.read(piece));
}

const show = ({ status, headers, body }: Answer): unknown => [status, Object.fromEntries(headers), body.toString()];

describe('answers of an HTTP server', () => {
  it('are told apart by length and chunks, wherever the bytes are cut', () => {
    const bytes = Buffer.from(TWO);
    fc.assert(fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (places) => {
      const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
      const pieces = cuts.slice(1).map((end, n) => bytes.subarray(cuts[n], end));
      expect(readAll(pieces).map(show)).toEqual([
        [200, { 'api-version': '1.41', 'content-length': '2' }, 'OK'],
        [404, { 'transfer-encoding': 'chunked' }, '{"a":"\u00fc\r\n"}    '],
        [304, { etag: 'e' }, ''],
        [200, { 'content-length': '0' }, ''],
      ]);
    }));
  });

  it('without either end with the connection', () => {
    const reader = new AnswerReader();
    expect(reader.read(Buffer.from('HTTP/1.0 400 Bad Request\r\n\r\n400 Bad'))).toEqual([]);
    expect(reader.read(Buffer.from(' Request'))).toEqual([]);
    expect(reader.isWithin).toBe(true);
    expect(reader.end()?.body.toString()).toBe('400 Bad Request');
    expect(reader.isWithin).toBe(false);
  });

  it('that are cut off are none', () => {
    const reader = new AnswerReader();
    expect(reader.read(Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nOK'))).toEqual([]);
    expect(reader.end()).toBeUndefined();
    expect(reader.isWithin).toBe(true);
  });

  it.each([
    'SSH-2.0-OpenSSH_9.2\r\n', 'HTTP/2 200\r\n', 'HTTP/1.1 20\r\n\r\n', 'HTTP/1.1 200 OK\r\nno header\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n',
  ])('%j is none', (text) => {
    expect(() => readAll([Buffer.from(text)])).toThrow('no HTTP server');
  });
});
