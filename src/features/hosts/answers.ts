import { Failure, reasonOf } from '../../base/errors.ts';
import { Field } from '../../files/state-file.ts';
import { callHost, type CallOptions } from './call-host.ts';
import type { KnownHost } from './known-hosts.ts';
import { type HostReport, parseReport } from './report.ts';

/** How long a host may take to say how it is, behind the connection. */
const REPORT_SECONDS = 60;

/** @throws Failure */
export async function askReport(host: KnownHost, signal?: AbortSignal): Promise<HostReport> {
  return ask(host, ['--report'], parseReport, { limitSeconds: host.connectSeconds + REPORT_SECONDS, signal });
}

/**
 * What a host answered, as one JSON document. What it says of mistakes is thrown here.
 * @throws Failure also for an answer that is none
 */
export async function ask<T>(
  host: KnownHost,
  words: readonly string[],
  parse: (answer: Field) => T,
  options: CallOptions,
): Promise<T> {
  return parseAnswer(host, (await callHost(host, [...words, '--json'], options)).toString(), parse);
}

export function parseAnswer<T>(host: KnownHost, text: string, parse: (answer: Field) => T): T {
  let answer: Field;
  try {
    answer = new Field(JSON.parse(text), '');
    const errors = answer.get('errors').optional((list) => list.list((error) => error.get('message').text()));
    if (errors === undefined) return parse(answer);
    throw new Failure(`cannot use host "${host.name}"`, { why: errors.join('; ') });
  } catch (error) {
    if (error instanceof Failure) throw error;
    const [first = ''] = text.trim().split('\n');
    throw new Failure(`cannot use host "${host.name}"`, {
      why:
        first === ''
          ? 'it answered nothing'
          : /^[[{]/.test(first)
            ? `its answer cannot be read: ${reasonOf(error)}`
            : `it did not answer as docksmith does: ${first}`,
      hint: `the same version of docksmith has to be there: ${host.byHand}`,
    });
  }
}
