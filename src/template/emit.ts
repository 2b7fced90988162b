import { type Part, lineFrom } from './documents.ts';
import { TrackedText } from './tracked-text.ts';

/** Writes a merged document as block-style YAML that readers of 1.1 (Compose) and of 1.2 understand alike. */
export function emitYaml(part: Part, out: TrackedText, indent = ''): void {
  if (part.kind === 'map') {
    for (const [key, value] of part.entries) emitYamlItem(`${indent}${yamlScalar(key)}:`, value, out, `${indent}  `);
  } else if (part.kind === 'list') {
    for (const item of part.items) emitYamlItem(`${indent}-`, item, out, `${indent}  `);
  }
}

function emitYamlItem(head: string, value: Part, out: TrackedText, indent: string): void {
  if (value.kind === 'scalar') return out.appendText(lineFrom(`${head} ${yamlScalar(value.value)}\n`, value));
  const empty = value.kind === 'map' ? value.entries.size === 0 : value.items.length === 0;
  if (empty) return out.appendText(lineFrom(`${head} ${value.kind === 'map' ? '{}' : '[]'}\n`, value));
  out.appendText(lineFrom(`${head}\n`, value));
  emitYaml(value, out, indent);
}

/** Plain where no reader of YAML 1.1 or 1.2 sees anything but that text (1.1 reads `no` as false and `22:22` as a number), else in double quotes. */
export function yamlScalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[A-Za-z_/][\w./:@+-]*$/.test(value) && !value.endsWith(':') && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

/** Writes a merged document as JSON, two spaces deep. */
export function emitJson(part: Part, out: TrackedText): void {
  emitJsonPart('', part, '', out, '');
  out.appendText(lineFrom('\n', part));
}

function emitJsonPart(head: string, part: Part, tail: string, out: TrackedText, indent: string): void {
  if (part.kind === 'scalar') return out.appendText(lineFrom(`${head}${JSON.stringify(part.value)}${tail}`, part));
  const [open, close] = part.kind === 'map' ? ['{', '}'] : ['[', ']'];
  const children: readonly (readonly [string, Part])[] = part.kind === 'map' ? [...part.entries].map(([key, value]) => [`${JSON.stringify(key)}: `, value]) : part.items.map((item) => ['', item]);
  if (children.length === 0) return out.appendText(lineFrom(`${head}${open}${close}${tail}`, part));
  out.appendText(lineFrom(`${head}${open}\n`, part));
  for (const [n, [name, child]] of children.entries()) {
    emitJsonPart(`${indent}  ${name}`, child, `${n < children.length - 1 ? ',' : ''}\n`, out, `${indent}  `);
  }
  out.appendText(lineFrom(`${indent}${close}${tail}`, part));
}

/** Writes sections of keys: keys before the first section, then each `[section]`. */
export function emitIni(part: Part, out: TrackedText): void {
  if (part.kind !== 'map') return;
  for (const [key, value] of part.entries) if (value.kind === 'scalar') out.appendText(lineFrom(`${key}=${String(value.value)}\n`, value));
  for (const [section, value] of part.entries) {
    if (value.kind !== 'map') continue;
    out.appendText(lineFrom(`[${section}]\n`, value));
    emitIni(value, out);
  }
}
