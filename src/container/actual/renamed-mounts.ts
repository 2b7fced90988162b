import type { ContainerInspect } from '../../engine/engine-api.ts';
import { formatMounted, parseMounted } from '../spec/mounted.ts';
import { SPEC_LABEL } from '../spec/names.ts';
import { formatCanonical, isList, parseCanonical, type TextMap, toSet } from '../spec/value.ts';

/**
 * A container's labels and state as if it mounted files by the names that they have now.
 * @param renamed old name -> new name
 */
export function renameMounts(
  labels: TextMap,
  inspect: ContainerInspect,
  renamed: ReadonlyMap<string, string> = new Map(),
): { readonly labels: TextMap; readonly inspect: ContainerInspect } {
  const mounts = inspect.HostConfig.Mounts ?? [];
  if (!mounts.some(({ Source = '' }) => renamed.has(Source))) return { labels, inspect };
  const rename = (source: string): string => renamed.get(source) ?? source;
  const values = parseCanonical(labels[SPEC_LABEL] ?? '');
  const volumes = values?.['volumes'];
  return {
    labels:
      volumes === undefined || !isList(volumes)
        ? labels
        : {
            ...labels,
            [SPEC_LABEL]: formatCanonical({
              ...values,
              volumes: toSet(
                volumes.map(parseMounted).map((mount) => formatMounted({ ...mount, source: rename(mount.source) })),
              ),
            }),
          },
    inspect: {
      ...inspect,
      HostConfig: {
        ...inspect.HostConfig,
        Mounts: mounts.map((mount) => ({
          ...mount,
          ...(mount.Source === undefined ? {} : { Source: rename(mount.Source) }),
        })),
      },
    },
  };
}
