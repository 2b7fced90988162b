import path from 'node:path';
import { findProp, type Snapshot } from '../../db/snapshot.ts';
import { parseFragment } from '../../template/language/parse-fragment.ts';
import type { Program } from '../../template/language/program.ts';
import type { LintFinding } from './finding.ts';
import type { ListedTemplate, Tree } from './tree.ts';

/** Stands in a name for what only a record tells. */
const UNKNOWN = '\u0000';

interface Placed extends ListedTemplate {
  /** folders of its outputs, as far as they do not depend on a record */
  readonly folders: readonly Folder[];
}

interface Folder {
  readonly folder: string;
  /** the db says where it is, as ConfDir of httpd */
  readonly isConfigured: boolean;
}

/**
 * Outputs that no service is told of, though one reads their folder. That a service does, is
 * known where another output of it stands in a folder that is read whole (it is called `….d`, or
 * named by a prop, or has a file per record), and where the service's own name is a part of the
 * path: `/etc/docker/…`, `…/docker.service.d/…`. `SERVICES =` says that no service has to be told.
 */
export function findUntold({ templates, events }: Tree, snapshot: Snapshot): readonly LintFinding[] {
  const placed = [...templates.values()].map((known): Placed => ({ ...known, folders: listFolders(known, snapshot) }));
  const services = new Set([
    ...placed.flatMap(({ metadata }) => metadata.services),
    ...events.flatMap((event) => event.services.map(({ service }) => service)),
  ]);
  return placed
    .filter(({ metadata }) => metadata.services.length === 0 && !metadata.areServicesGiven)
    .flatMap(({ template, metadata, analysis, folders }): readonly LintFinding[] => {
      const [reader] = folders.flatMap(({ folder }) => findReader(folder, placed, services) ?? []);
      if (reader === undefined) return [];
      return [
        {
          rule: 'output-without-service',
          level: reader.isSure ? 'fault' : 'note',
          at: { file: metadata.file ?? analysis.files[0] ?? template },
          what: `the output of ${template} names no service, and ${reader.service} ${reader.isSure ? 'reads' : 'may read'} its folder`,
          why: `${reader.because}: a change of the file ${reader.isSure ? 'has' : 'may have'} no effect before a restart of ${reader.service}`,
          advice: `${reader.isSure ? '' : `where ${reader.service} reads it only when it starts: `}SERVICES = ${reader.service} in /etc/docksmith/templates.metadata${template}`,
        },
      ];
    });
}

function findReader(
  folder: string,
  placed: readonly Placed[],
  services: ReadonlySet<string>,
): { readonly service: string; readonly because: string; readonly isSure: boolean } | undefined {
  for (const { template, metadata, folders } of placed) {
    const [service] = metadata.services;
    const same = folders.find((other) => other.folder === folder);
    if (
      service !== undefined &&
      same !== undefined &&
      (same.isConfigured || folder.endsWith('.d') || metadata.forEach !== undefined)
    ) {
      return { service, because: `${template} has outputs for it in ${folder}, too`, isSure: true };
    }
  }
  const part = folder.split('/').find((one) => services.has(one.replace(/\.service\.d$/, '')));
  // a drop-in is its unit's; of its own folder a program may read some files whenever it needs them
  return part === undefined
    ? undefined
    : {
        service: part.replace(/\.service\.d$/, ''),
        because: `${folder} is named after it`,
        isSure: part.endsWith('.service.d'),
      };
}

function listFolders({ metadata }: ListedTemplate, snapshot: Snapshot): readonly Folder[] {
  const { program } = parseFragment(metadata.file ?? metadata.template, metadata.outputFilename);
  const configured = new Set<string>();
  const text = flatten(program, (parts) => {
    const [record, prop, more] = parts[0] === 'config' ? parts.slice(1) : parts;
    const value =
      record === undefined || prop === undefined || more !== undefined
        ? undefined
        : findProp(snapshot, 'configuration', record, prop) || undefined;
    if (value !== undefined) configured.add(value);
    return value ?? UNKNOWN;
  });
  return text
    .split(/\s+/)
    .map((name) => path.posix.dirname(name))
    .filter((folder) => folder.startsWith('/') && !folder.includes(UNKNOWN))
    .map((folder) => ({ folder, isConfigured: configured.has(folder) }));
}

/** The text of a name with all that conditions could print. */
function flatten(program: Program, resolve: (parts: readonly string[]) => string): string {
  return program
    .map((statement) => {
      switch (statement.kind) {
        case 'text':
          return statement.text;
        case 'print': {
          const {
            path: { source, parts },
            params,
          } = statement.call;
          return source === 'newline' ? '\n' : params.length > 0 ? UNKNOWN : resolve(parts);
        }
        case 'block':
          return [statement.body, statement.inverse]
            .map((part) => flatten(part, resolve))
            .filter((part) => part !== '')
            .join('\n');
        case 'refused':
        case 'perl':
          return '';
      }
    })
    .join('');
}
