import { type Failure, reasonOf } from '../base/errors.ts';
import { isPlainPath } from '../base/paths.ts';
import { isSecretRead } from '../db/secret-values.ts';
import { filterLines } from './document/filter-lines.ts';
import { expandFragments, type Template } from './expand-fragments.ts';
import { type Expansion, expandInline } from './expansion.ts';
import type { RecordRef } from './language/origin.ts';
import { formatRead, ReadScope, type TrackedText } from './language/tracked-text.ts';
import { RecordView, type Value } from './language/value.ts';
import { failureAt, type Metadata, parseCheck } from './metadata.ts';
import { parseOwner } from './metadata-values.ts';
import type { RenderContext } from './render-request.ts';
import type { Sources } from './sources.ts';

/** What a template says for one record, or once. */
export interface ExpandedUnit {
  /** paths of the outputs, which all get the text */
  readonly names: readonly string[];
  /** undefined: there is no output */
  readonly text: TrackedText | undefined;
  /** shell command; empty: the file is not checked */
  readonly check: string;
  /** a name or number */
  readonly group: string;
  /** all that was read, also to decide that there is no output */
  readonly scope: ReadScope;
}

/**
 * Expands a template with its metadata for one record, or once.
 * @throws Failure(s) with the mistakes of metadata, or those of all fragments
 */
export function expandUnit(
  context: RenderContext,
  sources: Sources,
  template: Template,
  record: RecordRef | undefined,
  warnings: string[],
): ExpandedUnit {
  const { metadata } = template;
  const scope = new ReadScope();
  const view = record === undefined ? undefined : new RecordView(context.snapshot, record.db, record.key, scope);
  const variables = new Map<string, Value>([['templatePath', metadata.template]]);
  if (view !== undefined) {
    variables.set('record', view);
    // what FOREACH filters by decides whether there is an output
    for (const prop of metadata.forEach?.filter.keys() ?? []) view.lookUp(prop, scope);
  }
  const expansion: Expansion = { context, sources, variables, warnings };
  const names = expandNames(template, expansion, scope);
  if (names.length === 0 || isDeleted(metadata, expansion, scope))
    return { names, text: undefined, check: '', group: '', scope };
  const whole = expandFragments(template, expansion, scope, context.isPlain === true ? undefined : view);
  const text = applyFilters(whole, metadata);
  // a scope of its own: how the file is checked decides no line of it
  const group = expandGroup(metadata, expansion, scope);
  return { names, text, check: expandCheck(metadata, expansion, new ReadScope(scope)), group, scope };
}

function applyFilters(text: TrackedText, metadata: Metadata): TrackedText {
  try {
    return filterLines(text, metadata.filters);
  } catch (error) {
    throw failureAt(metadata, 'FILTER', 'cannot use metadata FILTER', reasonOf(error));
  }
}

function expandGroup(metadata: Metadata, expansion: Expansion, scope: ReadScope): string {
  const text = expandInline(expansion, metadata, 'GID', metadata.group, 'none', scope).trim();
  try {
    return parseOwner(text);
  } catch (error) {
    throw failureAt(metadata, 'GID', `cannot give a file to group ${JSON.stringify(text)}`, reasonOf(error));
  }
}

function expandNames({ request, metadata }: Template, expansion: Expansion, scope: ReadScope): readonly string[] {
  const text =
    request.outputFilename ??
    expandInline(expansion, metadata, 'OUTPUT_FILENAME', metadata.outputFilename, 'text', scope);
  const lines = text.split('\n').map((line) => line.trim());
  const names = new Set(lines.filter(Boolean).map((line) => line.replaceAll(/\/(\.?\/)+/g, '/')));
  for (const name of names)
    if (!isPlainPath(name) || name.endsWith('/'))
      throw failureAt(
        metadata,
        'OUTPUT_FILENAME',
        `cannot expand "${request.template}" to ${JSON.stringify(name)}`,
        'an output is an absolute path without ".." and control characters',
      );
  return [...names];
}

/** Whether metadata DELETE says that there is to be no output. */
function isDeleted(metadata: Metadata, expansion: Expansion, scope: ReadScope): boolean {
  if (metadata.delete === undefined) return false;
  return !['', '0', 'no'].includes(expandInline(expansion, metadata, 'DELETE', metadata.delete, 'none', scope).trim());
}

/** A command line is seen by everybody in the list of processes. */
function expandCheck(metadata: Metadata, expansion: Expansion, scope: ReadScope): string {
  if (metadata.check === undefined) return '';
  const text = expandInline(expansion, metadata, 'CHECK', metadata.check, 'shell', scope).trim();
  const refuse = (why: string): Failure => failureAt(metadata, 'CHECK', 'cannot use metadata CHECK', why);
  const secret = scope.own.find((read) => isSecretRead(expansion.context.snapshot, read));
  if (secret !== undefined)
    throw refuse(`${formatRead(secret)} is a secret, and everybody sees the command lines of processes`);
  try {
    return parseCheck(text);
  } catch (error) {
    throw refuse(reasonOf(error));
  }
}
