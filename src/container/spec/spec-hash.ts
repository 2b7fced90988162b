import { createHash } from 'node:crypto';
import { MASK } from '../../base/mask.ts';
import { isSecretVariable } from '../../base/secret-names.ts';
import { HASH_LABEL, KEPT_LABEL, MANAGED_LABEL, NAME_LABEL, SPEC_LABEL } from './names.ts';
import type { RunSpec } from './run-spec.ts';
import { sealValues } from './sealed.ts';
import { RECREATING_KEYS } from './spec-keys.ts';
import { formatCanonical, isMap, parseCanonical, type TextMap, type Value } from './value.ts';

/**
 * Raised when canonical forms change. A container with another version is compared by what
 * the engine says of it, so that a new release recreates nothing by itself. With 1, secrets
 * stood in the label in clear.
 */
const HASH_VERSION = 2;
const COMPARABLE = /^[12]:/;

/** Canonical values of those keys whose change makes a new container. */
export type HashedValues = Readonly<Record<string, Value>>;

export function getHashedValues({ values }: RunSpec): HashedValues {
  return Object.fromEntries(
    RECREATING_KEYS.flatMap(({ name, default: plain }) => {
      const value = values[name];
      return value === undefined || value === plain ? [] : [[name, value]];
    }),
  );
}

/**
 * The labels that a container made from the run spec gets. The spec stands beside its hash, so that
 * a plan can say what differs; without the values that may be secrets, which the container has anyway.
 */
export function makeLabels(spec: RunSpec): TextMap {
  return {
    ...spec.ownLabels,
    [MANAGED_LABEL]: 'true',
    [NAME_LABEL]: spec.name,
    ...formatSpecLabels(sealValues(getHashedValues(spec))),
  };
}

function formatSpecLabels(values: HashedValues): TextMap {
  const canonical = formatCanonical(values);
  return {
    [HASH_LABEL]: `${HASH_VERSION}:${createHash('sha256').update(canonical).digest('hex')}`,
    [SPEC_LABEL]: canonical,
  };
}

/** The labels without what else is known to be secret. @param isSecret told of each text of the spec */
export function sealLabels(labels: TextMap, isSecret: (text: string) => boolean): TextMap {
  const values = parseCanonical(labels[SPEC_LABEL] ?? '');
  return values === undefined ? labels : { ...labels, ...formatSpecLabels(sealValues(values, isSecret)) };
}

/** Whether secrets stand in the label in clear: an older release made it, or what it has was no secret then. */
export function holdsOpenSecrets(labels: TextMap, isSecret: (text: string) => boolean): boolean {
  return Object.entries(parseCanonical(labels[SPEC_LABEL] ?? '') ?? {}).some(([, value]) =>
    isMap(value)
      ? Object.entries(value).some(([name, text]) => text !== MASK && (isSecretVariable(name, text) || isSecret(text)))
      : isSecret(formatCanonical(value)),
  );
}

/**
 * Whether a container with these labels was made from that very run spec, as far as only a new container
 * would change it.
 * @param labels opened, see `openLabels`
 */
export function isMadeOf(spec: RunSpec, labels: TextMap): boolean {
  return readRecordedSpec(labels).isComparable && labels[SPEC_LABEL] === formatCanonical(getHashedValues(spec));
}

/** What a container was made from, by its labels. */
export interface RecordedSpec {
  /** whether its values are canonical in the sense of this release */
  readonly isComparable: boolean;
  readonly values: HashedValues;
  /** keys in which an adopted container may go on to differ, as long as the run spec says the same of them */
  readonly kept: readonly string[];
}

const RECORDED = new WeakMap<TextMap, RecordedSpec>();

/** A label that does not read leaves nothing to compare with: then the engine's word counts. */
export function readRecordedSpec(labels: TextMap): RecordedSpec {
  // asked several times of each container
  const known = RECORDED.get(labels);
  if (known !== undefined) return known;
  const hash = labels[HASH_LABEL] ?? '';
  const values = parseCanonical(labels[SPEC_LABEL] ?? '');
  const kept = labels[KEPT_LABEL]?.split(',') ?? [];
  const runRecorded = { kept, values: values ?? {}, isComparable: values !== undefined && COMPARABLE.test(hash) };
  RECORDED.set(labels, runRecorded);
  return runRecorded;
}
