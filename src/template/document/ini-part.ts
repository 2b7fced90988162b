import { Failure } from '../../base/errors.ts';
import type { Part } from './documents.ts';
import type { TrackedText } from '../language/tracked-text.ts';

/**
 * Reads the text of one fragment as INI: `[section]`, `key = value`, comments with `#` or `;`
 * at the start of a line. A key given twice in one fragment: the later one holds.
 */
export function parseIniPart(text: TrackedText): Part | undefined {
  const top = new Map<string, Part>();
  let current = top;
  const lines = text.lines();
  for (const line of lines) {
    const source = line.toString().trim();
    if (source === '' || /^[#;]/.test(source)) continue;
    const [, section, key, value] = /^(?:\[([^\]]+)\]|([^=[\]]+?)\s*=\s*(.*))$/.exec(source) ?? [];
    if (section !== undefined) {
      const existing = top.get(section);
      current = existing?.kind === 'map' ? existing.entries : new Map<string, Part>();
      top.set(section, { kind: 'map', entries: current, line });
    } else if (key !== undefined && value !== undefined) {
      current.set(key, value === 'null' ? { kind: 'scalar', value: null, line } : { kind: 'scalar', value, line });
    } else {
      const [origin] = line.origins();
      throw new Failure('cannot read the ini that the fragment gives', {
        why: `"${source}" is neither a [section] nor key=value`,
        ...(origin === undefined ? {} : { at: { file: origin.fragment, line: origin.line } }),
      });
    }
  }
  const [first] = lines;
  return top.size === 0 || first === undefined ? undefined : { kind: 'map', entries: top, line: first };
}
