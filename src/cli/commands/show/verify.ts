import type { OutdatedOverride } from '../../../flow/commit/overrides.ts';
import { pairDeviations, verifyHost } from '../../../features/verify/verify.ts';
import { readSecrets } from '../../../flow/secrets.ts';
import { formatFileDiffs } from '../../../output/plan/diff.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION, NO_OPERANDS } from '../../command.ts';
import { formatJson } from '../../format/format-json.ts';
import { showable } from '../../../base/showable.ts';
import { formatTable, hasColour, painter } from '../../format/terminal.ts';

const OPTIONS = {
  diff: { doc: 'show what was changed in the files, and how the shipped fragments changed' },
  ...JSON_OPTION,
} as const;

export const verifyCommand = defineCommand({
  name: 'verify',
  doc: 'list files that were changed by others, and custom fragments whose shipped original has changed since; exit code 1 where there are any',
  effect: 'prints',
  operands: NO_OPERANDS,
  options: OPTIONS,
  run: runVerify,
});

function runVerify(
  { values: { diff = false, json = false } }: Given<typeof OPTIONS>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const { deviations, outdated, owned } = verifyHost(paths);
  const code = deviations.length + outdated.length === 0 ? 0 : 1;
  const pairs = diff ? pairDeviations(paths, deviations) : [];
  const shown = { colour: !json && hasColour(stdout), ...(diff ? readSecrets(paths) : {}) };
  if (json) {
    stdout.write(
      formatJson({
        files: deviations.map((deviation) => {
          const pair = pairs.find(({ path }) => path === deviation.path);
          return { ...deviation, ...(pair === undefined ? {} : { diff: formatFileDiffs([pair], shown) }) };
        }),
        fragments: outdated.map(({ custom, shipped, ...texts }) => ({ custom, shipped, ...(diff ? texts : {}) })),
        owned,
      }),
    );
    return Promise.resolve(code);
  }
  const paint = painter(stdout);
  stdout.write(
    formatTable([
      ...deviations.map(({ path, kind, details }) => [
        paint('yellow', kind),
        showable([path, ...(details.length === 0 ? [] : [`(${details.join(', ')})`])].join(' ')),
      ]),
      ...outdated.map(({ custom }) => [paint('yellow', 'outdated'), showable(custom)]),
    ]),
  );
  if (diff) {
    stdout.write(formatFileDiffs(pairs, shown));
    for (const { path, kind } of deviations)
      if (kind !== 'missing' && !pairs.some((pair) => pair.path === path))
        stdout.write(`${path}: history does not keep any more what was written\n`);
  }
  if (outdated.length > 0)
    stdout.write(
      `outdated: the shipped fragment was changed since it was written${diff ? ', like this:' : '; --diff shows how'}\n`,
    );
  if (diff) stdout.write(formatFileDiffs(outdated.map(pairOf), shown));
  if (code === 0)
    stdout.write(owned === 0 ? 'docksmith has written no file yet\n' : `${owned} files are as docksmith wrote them\n`);
  return Promise.resolve(code);
}

/** The shipped fragment then and now. */
function pairOf({ shipped, before, now }: OutdatedOverride): Parameters<typeof formatFileDiffs>[0][number] {
  const contentOf = (text: string): { content: Buffer; mode: number; uid: number; gid: number } => ({
    content: Buffer.from(text),
    mode: 0,
    uid: 0,
    gid: 0,
  });
  return { path: shipped, old: contentOf(before), wanted: contentOf(now) };
}
