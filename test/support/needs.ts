import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'vitest';
// also read by scripts/test.js, which installs these packages where it may
import NEEDS from './needs.json' with { type: 'json' };

export type Need = keyof typeof NEEDS;

type Suite = (title: string, tests: () => void | Promise<void>) => void;

/**
 * Declares what of the machine a suite cannot do without:
 * `needs('dockerd', 'apache')('a vhost', () => { … })`. Where something is missing, the suite
 * is skipped and its title says what and how to get it; with CI=true, where scripts/test.js
 * has installed everything, that is an error instead.
 */
export function needs(...wanted: readonly Need[]): Suite {
  const reason = findReason(wanted);
  if (reason !== undefined && process.env['CI'] === 'true')
    throw new Error(`this suite is not to be skipped with CI=true: it ${reason}`);
  return suiteOr(reason);
}

/**
 * The same for recorded data that stands beside the checkout and not in it, as a path from the
 * checkout: `../shared/oracle/db-calls.json`. It is not in every clone, so that is no error in CI either.
 */
export function needsData(file: string): Suite {
  return suiteOr(
    existsSync(path.resolve(import.meta.dirname, '../..', file)) ? undefined : `data "${file}" is not there`,
  );
}

/** scripts/test.js knows a skipped suite by the word `skipped:`, and one without data by `skipped: data`. */
function suiteOr(reason: string | undefined): Suite {
  return (title, tests) => {
    if (reason === undefined) describe(title, tests);
    // the body of a suite that is skipped would run all the same, and read what is not there
    else describe.skip(`${title} (skipped: ${reason})`, () => it('is not run', () => undefined));
  };
}

/** `needs root, dockerd, busybox: sudo, apt-get install …`; undefined where everything is there */
function findReason(wanted: readonly Need[]): string | undefined {
  const needed = wanted.map((need) => NEEDS[need]);
  const missing = new Map(
    needed.flatMap(({ programs }) => Object.entries(programs)).filter(([program]) => !isInstalled(program)),
  );
  const lacksRoot = needed.some(({ root }) => root) && process.getuid?.() !== 0;
  if (missing.size === 0 && !lacksRoot) return undefined;
  const install = `apt-get install --no-install-recommends ${[...new Set(missing.values())].join(' ')}`;
  const cures = [...(missing.size > 0 ? [install] : []), ...(lacksRoot ? ['run the tests as root'] : [])];
  return `needs ${[...(lacksRoot ? ['root'] : []), ...missing.keys()].join(', ')}: ${cures.join(', ')}`;
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
