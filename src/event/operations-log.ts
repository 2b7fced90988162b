import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { errorCode, Failure, reasonOf } from '../base/errors.ts';
import { listNames } from '../base/layers.ts';
import { Field } from '../files/state-file.ts';
import { readText } from '../files/read-file.ts';

/** What a run did to a container, an image, a network or a volume. */
export interface RunOperation {
  /** ISO 8601 */
  readonly time: string;
  readonly verb: string;
  readonly name: string;
  /** why, in words */
  readonly cause: string;
  /** why it failed; absent: it was done */
  readonly failure?: string;
}

const SUFFIX = '.operations';

/**
 * Beside `runs/ID.json`, a line of JSON per operation: steps of an event are processes of their own, and each
 * adds what it did.
 */
export function operationsFile(runsFolder: string, run: string): string {
  return path.join(runsFolder, `${run}${SUFFIX}`);
}

/** Adds one to the record of a run. What cannot be written down was done all the same: it is no failure. */
export function appendOperation(runsFolder: string, run: string, operation: RunOperation): void {
  try {
    mkdirSync(runsFolder, { recursive: true });
    appendFileSync(operationsFile(runsFolder, run), `${JSON.stringify(operation)}\n`, { mode: 0o600 });
  } catch {
    // a full or read-only disk
  }
}

/**
 * In the order in which they were done; none of a run that is not kept any more. A line that a kill cut off
 * is left out.
 */
export function listOperations(runsFolder: string, run: string): readonly RunOperation[] {
  let text: string;
  try {
    text = readText(operationsFile(runsFolder, run));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw new Failure('cannot read what a run did', {
      why: reasonOf(error),
      at: { file: operationsFile(runsFolder, run) },
      cause: error,
    });
  }
  return text.split('\n').flatMap((line) => parseOperation(line) ?? []);
}

/** The ids of runs that did something, the last one first. */
export function listRunsWithOperations(runsFolder: string): readonly string[] {
  return listNames(runsFolder)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort()
    .reverse();
}

function parseOperation(line: string): RunOperation | undefined {
  try {
    const field = new Field(JSON.parse(line), '');
    const failure = field.get('failure').optional((words) => words.text());
    return {
      time: field.get('time').text(),
      verb: field.get('verb').text(),
      name: field.get('name').text(),
      cause: field.get('cause').text(),
      ...(failure === undefined ? {} : { failure }),
    };
  } catch {
    return undefined;
  }
}
