import { Failure, Failures } from '../../../base/errors.ts';
import { type ContainerWhy, whyContainer } from '../../../features/why/why-container.ts';
import { type Wanted, whyFile } from '../../../features/why/why-file.ts';
import { parsePortTarget, whyPort } from '../../../features/why/why-port.ts';
import { findWhyUrl } from '../../../features/why/why-url.ts';
import type { Paths } from '../../../base/paths.ts';
import { hasApplication } from '../../../model/names/applications.ts';
import { showable } from '../../../base/showable.ts';
import { type CommandContext, defineCommand, type Given, JSON_OPTION } from '../../command.ts';
import { expandContainers } from '../../expand-operands.ts';
import { formatJson } from '../../format/format-json.ts';
import { formatContainerWhy, formatFileWhy, formatPortWhy, formatUrlWhy } from '../../format/format-why.ts';
import { painter } from '../../format/terminal.ts';

export const whyCommand = defineCommand({
  name: 'why',
  doc: 'show which fragment and values made a file or a line of it, which container answers at a URL, who has a port, or why a container, or each of an application, was last created or started',
  effect: 'prints',
  options: JSON_OPTION,
  operands: {
    usage: 'FILE[:LINE|:KEY] | URL | :PORT | NAME | APP/',
    min: 1,
    max: 1,
    of: [['output', 'container']],
    missing: {
      why: 'it is about one file, URL, port or container',
      hint: 'docksmith why /etc/docksmith/containers/wiki.yaml:12',
    },
  },
  run: runWhy,
});

async function runWhy(
  { values: { json = false }, words: [target = ''] }: Given<typeof JSON_OPTION>,
  { paths, stdout }: CommandContext,
): Promise<number> {
  const paint = painter(stdout);
  const write = <T>(found: T, format: (found: T) => string): number => {
    stdout.write(json ? formatJson(found) : format(found));
    return 0;
  };
  if (target.startsWith('/')) {
    const [file, wanted] = parseFile(target);
    try {
      return write(await whyFile(paths, file, wanted), (why) =>
        showable(formatFileWhy(why, paint, Object.keys(wanted).length > 0)),
      );
    } catch (error) {
      // a path of the primary host looks like one of a file
      const url = error instanceof Failure || error instanceof Failures ? await findWhyUrl(paths, target) : undefined;
      if (url === undefined) throw error;
      return write(url, (why) => showable(formatUrlWhy(why)));
    }
  }
  const port = parsePortTarget(target);
  if (port !== undefined) return write(await whyPort(paths, port), (why) => showable(formatPortWhy(why)));
  const all = await findApplication(paths, target);
  if (all !== undefined) return write(all, (whys) => showable(whys.map(formatContainerWhy).join('\n')));
  const url = /[./:]/.test(target) ? await findWhyUrl(paths, target) : undefined;
  if (url !== undefined) return write(url, (why) => showable(formatUrlWhy(why)));
  if (target.includes('://'))
    throw new Failure(`cannot find the container that answers at "${target}"`, {
      why: 'no enabled container has that host or path',
      hint: 'docksmith status shows where containers are reached',
    });
  return write(await whyContainer(paths, target), (why) => showable(formatContainerWhy(why)));
}

/** All of `shop/`; undefined where that is no application, and may be a URL. */
async function findApplication(paths: Paths, target: string): Promise<readonly ContainerWhy[] | undefined> {
  if (!hasApplication([target])) return undefined;
  try {
    const names = await expandContainers(paths, [target]);
    return await Promise.all(names.map((name) => whyContainer(paths, name)));
  } catch (error) {
    // a host, which may be called as one, has a dot
    if (/[.:]/.test(target)) return undefined;
    throw error;
  }
}

/** `FILE`, `FILE:12`, or for a merged document `FILE:services.wiki.image`. */
function parseFile(target: string): readonly [string, Wanted] {
  const [, file = target, which = ''] = /^(\/.*?):([^/:]+)$/.exec(target) ?? [];
  if (which === '') return [file, {}];
  return [file, /^\d+$/.test(which) ? { line: Number(which) } : { documentKey: which }];
}
