import type { Place } from '../../base/errors.ts';

export const RULES = [
  'event-lacks-template',
  'template-in-no-event',
  'event-not-linked',
  'output-without-service',
  'service-not-adjusted',
  'metadata-not-usable',
  'template-not-there',
  'helper-not-there',
  'file-not-used',
  'default-without-record',
  'custom-overrides-nothing',
  'prop-not-read',
  'record-refused',
  'file-not-usable',
  'record-without-effect',
  'host-not-known',
  'host-record-refused',
  'swarm-not-possible',
  'backup-ignored',
  'name-with-two-meanings',
] as const;

/** Something in the tree of templates, events and schemas that its author cannot have meant. */
export interface LintFinding {
  readonly rule: (typeof RULES)[number];
  /** a note may well be meant, and is no reason for exit code 1 */
  readonly level: 'fault' | 'note';
  readonly at: Place;
  readonly what: string;
  /** why it matters */
  readonly why: string;
  /** what to do */
  readonly advice: string;
}
