import { createHash } from 'node:crypto';
import { HASH_LABEL, KEPT_LABEL, MANAGED_LABEL, NAME_LABEL, SPEC_LABEL } from './names.ts';
import type { RunSpec } from './run-spec.ts';
import { RECREATING_KEYS } from './spec-keys.ts';
import { formatCanonical, type TextMap, type Value } from './value.ts';

/**
 * Raised when canonical forms change. A container with another version is compared by what
 * the engine says of it, so that a new release recreates nothing by itself.
 */
const HASH_VERSION = 1;

/** Canonical values of those keys whose change makes a new container. */
export type HashedValues = Readonly<Record<string, Value>>;

export function getHashedValues({ values }: RunSpec): HashedValues {
  return Object.fromEntries(RECREATING_KEYS.flatMap(({ name, default: plain }) => {
    const value = values[name];
    return value === undefined || value === plain ? [] : [[name, value]];
  }));
}

/** The labels that a container made from the run spec gets. The spec stands beside its hash, so that a plan can say what differs. */
export function makeLabels(spec: RunSpec): TextMap {
  const canonical = formatCanonical(getHashedValues(spec));
  return {
    ...spec.ownLabels,
    [MANAGED_LABEL]: 'true',
    [NAME_LABEL]: spec.name,
    [HASH_LABEL]: `${HASH_VERSION}:${createHash('sha256').update(canonical).digest('hex')}`,
    [SPEC_LABEL]: canonical,
  };
}

/** Whether a container with these labels was made from that very run spec, as far as only a new container would change it. */
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
  const values = parseValues(labels[SPEC_LABEL] ?? '');
  const kept = labels[KEPT_LABEL]?.split(',') ?? [];
  const recorded = { kept, values: values ?? {}, isComparable: values !== undefined && hash.startsWith(`${HASH_VERSION}:`) };
  RECORDED.set(labels, recorded);
  return recorded;
}

function parseValues(json: string): HashedValues | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const entries = Object.entries(parsed).map(([key, value]: [string, unknown]) => [key, toValue(value)] as const);
    return Object.fromEntries(entries.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
  } catch {
    return undefined;
  }
}

function toValue(value: unknown): Value | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text)]));
}
