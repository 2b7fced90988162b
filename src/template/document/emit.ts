import { type Part, lineFrom } from './documents.ts';
import type { TrackedText } from '../language/tracked-text.ts';
import { isPlainYaml, quoteYaml } from './yaml-text.ts';

/** Writes a merged document as block-style YAML that readers of 1.1 (Compose) and of 1.2 understand alike. */
export function emitYaml(part: Part, out: TrackedText, indent = '', path: readonly string[] = []): void {
  if (part.kind === 'map') {
    for (const [key, value] of part.entries)
      emitYamlItem(`${indent}${yamlScalar(key)}:`, value, out, `${indent}  `, [...path, key]);
  } else if (part.kind === 'list') {
    for (const item of part.items) emitYamlItem(`${indent}-`, item, out, `${indent}  `, path);
  }
}

function emitYamlItem(head: string, value: Part, out: TrackedText, indent: string, path: readonly string[]): void {
  const documentKey = path.join('.');
  if (value.kind === 'scalar')
    return out.appendText(lineFrom(`${head} ${yamlScalar(value.value)}\n`, value, documentKey));
  const empty = value.kind === 'map' ? value.entries.size === 0 : value.items.length === 0;
  if (empty) return out.appendText(lineFrom(`${head} ${value.kind === 'map' ? '{}' : '[]'}\n`, value, documentKey));
  out.appendText(lineFrom(`${head}\n`, value, documentKey));
  emitYaml(value, out, indent, path);
}

/** A scalar as every reader of YAML 1.1 and 1.2 understands it: plain where that is safe, else in double quotes. */
export function yamlScalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  return isPlainYaml(value) ? value : `"${quoteYaml(value)}"`;
}

/** Writes a merged document as JSON, two spaces deep. */
export function emitJson(part: Part, out: TrackedText): void {
  emitJsonPart('', part, '', out, '', []);
  out.appendText(lineFrom('\n', part, ''));
}

function emitJsonPart(
  head: string,
  part: Part,
  tail: string,
  out: TrackedText,
  indent: string,
  path: readonly string[],
): void {
  const documentKey = path.join('.');
  if (part.kind === 'scalar')
    return out.appendText(lineFrom(`${head}${JSON.stringify(part.value)}${tail}`, part, documentKey));
  const [open, close] = part.kind === 'map' ? ['{', '}'] : ['[', ']'];
  const children: readonly (readonly [string, Part, readonly string[]])[] =
    part.kind === 'map'
      ? [...part.entries].map(([key, value]) => [`${JSON.stringify(key)}: `, value, [...path, key]])
      : part.items.map((item) => ['', item, path]);
  if (children.length === 0) return out.appendText(lineFrom(`${head}${open}${close}${tail}`, part, documentKey));
  out.appendText(lineFrom(`${head}${open}\n`, part, documentKey));
  for (const [n, [name, child, childPath]] of children.entries()) {
    emitJsonPart(`${indent}  ${name}`, child, `${n < children.length - 1 ? ',' : ''}\n`, out, `${indent}  `, childPath);
  }
  out.appendText(lineFrom(`${indent}${close}${tail}`, part, documentKey));
}

/** Writes sections of keys: keys before the first section, then each `[section]`. */
export function emitIni(part: Part, out: TrackedText, path: readonly string[] = []): void {
  if (part.kind !== 'map') return;
  for (const [key, value] of part.entries) {
    if (value.kind === 'scalar')
      out.appendText(lineFrom(`${key}=${String(value.value)}\n`, value, [...path, key].join('.')));
  }
  for (const [section, value] of part.entries) {
    if (value.kind !== 'map') continue;
    out.appendText(lineFrom(`[${section}]\n`, value, section));
    emitIni(value, out, [section]);
  }
}
