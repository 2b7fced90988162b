import path from 'node:path';
import { compareBytes, layersOf } from '../../base/layers.ts';
import { findNearest } from '../../base/nearest.ts';
import { type Paths, withoutRoot } from '../../base/paths.ts';
import type { LintFinding } from './finding.ts';
import { listTemplateFiles } from '../../template/list-templates.ts';
import { readBytes } from '../../files/read-file.ts';

/**
 * Custom fragments that change nothing of what is shipped. One that only adds may be meant so,
 * and is a note; an empty one, one with a name almost of a shipped one and a mere copy are not.
 */
export function findIdleOverrides(paths: Paths): readonly LintFinding[] {
  const shipped = listTemplateFiles(layersOf(paths, 'templates'));
  const custom = listTemplateFiles(layersOf(paths, 'templates-custom'));
  return [...custom].flatMap(([name, file]): readonly LintFinding[] => {
    const at = { file: withoutRoot(paths, file) };
    const original = shipped.get(name);
    if (original !== undefined) return findCopy(paths, at, file, original);
    const folder = path.dirname(name);
    const beside = [...shipped.keys()]
      .filter((other) => path.dirname(other) === folder)
      .map((other) => path.basename(other));
    // a template of the admin's own, or one that stands for a whole other one: a file for a folder, a folder for a file
    if (beside.length === 0) return [];
    return [
      describeAddition(
        at,
        name,
        beside.filter((other) => !custom.has(`${folder}/${other}`)),
        readBytes(file).length === 0,
      ),
    ];
  });
}

function findCopy(paths: Paths, at: LintFinding['at'], custom: string, original: string): readonly LintFinding[] {
  if (!readBytes(custom).equals(readBytes(original))) return [];
  return [
    {
      rule: 'custom-overrides-nothing',
      level: 'fault',
      at,
      what: `it is identical to ${withoutRoot(paths, original)}, which it overrides`,
      why: 'it changes nothing now, and hides what an upgrade changes there',
      advice: `rm ${at.file}, unless it has to stay as it is whatever an upgrade changes`,
    },
  ];
}

function describeAddition(
  at: LintFinding['at'],
  name: string,
  shipped: readonly string[],
  isEmpty: boolean,
): LintFinding {
  const [own, folder] = [path.basename(name), path.dirname(name)];
  const rule = 'custom-overrides-nothing';
  const meant = findNearest(
    own,
    shipped.filter((other) => isMisspelling(own, other)),
  );
  if (isEmpty) {
    return {
      rule,
      level: 'fault',
      at,
      what: `it is empty and overrides no fragment of /${folder}`,
      why: 'an empty fragment removes the shipped one of the same name, and there is none',
      advice: `give it the name of the fragment that it should remove: ${formatNames(shipped)}`,
    };
  }
  if (meant !== undefined) {
    return {
      rule,
      level: 'fault',
      at,
      what: `it overrides no fragment of /${folder}; ${meant} is almost its name`,
      why: `${meant} is printed as well, so the output has both`,
      advice: `mv ${at.file} ${path.dirname(at.file)}/${meant}`,
    };
  }
  return {
    rule,
    level: 'note',
    at,
    what: `it adds to /${folder}, and overrides nothing`,
    why: 'that is right for an addition; to replace a shipped fragment, give it the same name',
    advice: `the shipped ones are ${formatNames(shipped)}`,
  };
}

/**
 * At the same place in the order, and spelled almost alike; the same word at another place may be an
 * addition to it.
 */
function isMisspelling(own: string, other: string): boolean {
  const split = (name: string): readonly [string, string] => [
    /^\d*/.exec(name)?.[0] ?? '',
    name.replace(/^\d*[-_]?/, '').toLowerCase(),
  ];
  const [[ownNumber, ownWord], [number, word]] = [split(own), split(other)];
  // what goes on where the other one ends, or differs by a number, is a further one: `ports2` beside `ports`
  if (ownWord.startsWith(word) || ownWord.replace(/\d+$/, '') === word.replace(/\d+$/, '')) return false;
  return ownNumber === number && ownWord.length > 2 && findNearest(ownWord, [word]) !== undefined;
}

function formatNames(names: readonly string[]): string {
  const sorted = names.toSorted(compareBytes);
  return sorted.length <= 6 ? sorted.join(', ') : `${sorted.slice(0, 6).join(', ')} and ${sorted.length - 6} more`;
}
