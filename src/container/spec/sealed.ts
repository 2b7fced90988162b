import { createHash, randomBytes } from 'node:crypto';
import { MASK } from '../../base/mask.ts';
import { isSecretName } from '../../base/secret-names.ts';
import type { ContainerInspect } from '../../engine/engine-api.ts';
import { SPEC_LABEL } from './names.ts';
import type { RunSpec } from './run-spec.ts';
import { SPEC_KEYS } from './spec-keys.ts';
import { formatCanonical, isMap, parseCanonical, toMap, type TextMap, type Value } from './value.ts';

/*
 * What a label says of a run spec has `********` in place of what may be secret: each variable, each
 * label and option whose name says so, and what a secret stands in. Nothing is lost by that, since the
 * container itself has these values for as long as it lives, and so they are read from there.
 */

/** Keys that the engine gives back letter by letter. Others hold names, paths and numbers. */
const SEALABLE: readonly string[] = ['environment', 'labels', 'logging', 'command', 'entrypoint', 'healthcheck'];

type Values = Readonly<Record<string, Value>>;
/** @param entry of a map; empty: the key has one value as a whole */
type SealOne = (key: string, entry: string, text: string) => string;

/** @param isSecret told of each text, besides what is sealed by its name */
export function sealValues(
  values: Values,
  isSecret: (text: string) => boolean = () => false,
  seal: SealOne = () => MASK,
): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (!SEALABLE.includes(name)) return [name, value];
      if (!isMap(value))
        return [name, isSecret(formatCanonical(value)) ? seal(name, '', formatCanonical(value)) : value];
      const isHidden = SPEC_KEYS.some((key) => key.name === name && key.hidden);
      return [
        name,
        toMap(
          Object.entries(value).map(([entry, text]) => [
            entry,
            isHidden || isSecretName(entry) || isSecret(text) ? seal(name, entry, text) : text,
          ]),
        ),
      ];
    }),
  );
}

/**
 * The labels of an adopted container: what its run spec says otherwise than it is cannot be read from it, and
 * is kept as a salted digest.
 */
export function sealAdopted(labels: TextMap, inspect: ContainerInspect, isSecret: (text: string) => boolean): TextMap {
  const sealed = sealValues(
    parseCanonical(labels[SPEC_LABEL] ?? '') ?? {},
    (text) => text.startsWith(SEALED) || isSecret(text),
    (name, entry, text) =>
      findText(readKey(name, inspect), entry) === text ? MASK : digest(randomBytes(12).toString('hex'), text),
  );
  return { ...labels, [SPEC_LABEL]: formatCanonical(sealed) };
}

const SEALED = 'sealed:';

function digest(salt: string, text: string): string {
  return `${SEALED}${salt}:${createHash('sha256').update(`${salt}:${text}`).digest('hex')}`;
}

/**
 * The labels with the values of the container in place of what is sealed.
 * @param spec what is wanted now, to be compared with a digest
 */
export function openLabels(labels: TextMap, inspect: ContainerInspect, spec?: RunSpec): TextMap {
  const text = labels[SPEC_LABEL] ?? '';
  const values = text.includes(MASK) || text.includes(SEALED) ? parseCanonical(text) : undefined;
  if (values === undefined) return labels;
  const opened = Object.entries(values).map(([name, value]): readonly [string, Value] => {
    const [has, wanted] = [readKey(name, inspect), spec?.values[name]];
    if (isMap(value))
      return [
        name,
        toMap(
          Object.entries(value).map(([entry, held]) => [
            entry,
            open(held, findText(has, entry), findText(wanted, entry)) ?? held,
          ]),
        ),
      ];
    return [
      name,
      value === MASK ? (has ?? value) : isSealedOf(value, findText(wanted, '')) ? (wanted ?? value) : value,
    ];
  });
  return { ...labels, [SPEC_LABEL]: formatCanonical(Object.fromEntries(opened)) };
}

function open(held: string, has: string | undefined, wanted: string | undefined): string | undefined {
  return held === MASK ? has : isSealedOf(held, wanted) ? wanted : held;
}

function isSealedOf(held: Value, text: string | undefined): boolean {
  return (
    text !== undefined &&
    typeof held === 'string' &&
    held.startsWith(SEALED) &&
    held === digest(held.slice(SEALED.length).split(':')[0] ?? '', text)
  );
}

function readKey(name: string, inspect: ContainerInspect): Value | undefined {
  return SPEC_KEYS.find((key) => key.name === name)?.read(inspect);
}

/** One entry of a map, or for an empty name all of a value as a text. */
function findText(value: Value | undefined, entry: string): string | undefined {
  if (value === undefined) return undefined;
  return entry === '' ? formatCanonical(value) : isMap(value) ? value[entry] : undefined;
}
