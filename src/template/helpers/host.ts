import { reasonOf } from '../../base/errors.ts';
import { isPlainPath } from '../../base/paths.ts';
import type { FileFact } from '../../host/lookups.ts';
import { type HelperCall, HelperFailure, type HelperTable } from '../language/helper.ts';
import { isTrue, VariableMap } from '../language/value.ts';
import { textArgument, textOption } from './arguments.ts';
import { variables } from './text.ts';

const NAME = /^[\w.+@$-]+$/;

/** Helpers for what the host has. Each is looked up once, before anything is installed. */
export const HOST_HELPERS: HelperTable = {
  fileExists: {
    doc: 'whether the host has a file or folder that metadata READS names, or that is in a folder that it names; kind="file" or "folder" for one of those, filled=true for what is not empty',
    example: {
      fragment:
        '{{#if (fileExists "/etc/example/list" kind="file")}}there{{/if}}{{#if (fileExists "/etc/example/none")}}, too{{/if}}',
      gives: 'there',
    },
    call: (call) => {
      const kind = textOption(call, 'kind', '');
      if (kind !== '' && kind !== 'file' && kind !== 'folder') throw new HelperFailure('kind is "file" or "folder"');
      const file = findFile(call, textArgument(call, 0));
      return (
        file !== undefined && (kind === '' || file.kind === kind) && (file.isFilled || !isTrue(call.hash.get('filled')))
      );
    },
  },
  fileLines: {
    doc: 'the lines of such a file; one that is not there is missing, as a prop is',
    example: {
      fragment:
        '{{#each (fileLines "/etc/example/list")}}[{{this}}]{{/each}}{{length (default (fileLines "/etc/example/none") (list))}}',
      gives: '[one][two]0',
    },
    call: (call) => {
      const path = textArgument(call, 0);
      const file = findFile(call, path);
      if (file === undefined) return undefined;
      if (file.kind !== 'file') throw new HelperFailure(`"${path}" is no file`);
      try {
        return call.facts.lookups.lines(path);
      } catch (error) {
        throw new HelperFailure(`cannot read "${path}": ${reasonOf(error)}`);
      }
    },
  },
  package: {
    doc: 'the version of a package where it is installed, else an empty text',
    example: { fragment: '{{package "example"}} [{{package "none"}}]', gives: '1.2-3 []' },
    call: (call) => call.facts.lookups.package(nameArgument(call, 'package')),
  },
  user: {
    doc: 'a user of /etc/passwd, with .name, .uid, .gid, .home and .shell; false where there is none',
    example: {
      fragment: '{{#with (user "www")}}{{uid}} {{home}}{{/with}}{{#if (user "none")}}, too{{/if}}',
      gives: '33 /var/www',
    },
    call: (call) => {
      const user = call.facts.lookups.user(nameArgument(call, 'user'));
      return user === undefined ? false : variables({ ...user });
    },
  },
  group: {
    doc: 'a group of /etc/group, with .name, .gid and the list .members; false where there is none',
    example: { fragment: '{{#with (group "web")}}{{gid}} {{join members}}{{/with}}', gives: '34 ann, bob' },
    call: (call) => {
      const group = call.facts.lookups.group(nameArgument(call, 'group'));
      return group === undefined ? false : new VariableMap(Object.entries({ ...group }));
    },
  },
  hostname: {
    doc: 'the name that the host itself has, whatever its records say',
    example: { fragment: '{{hostname}}', gives: 'host' },
    call: ({ facts }) => facts.lookups.hostname(),
  },
};

function nameArgument(call: HelperCall, what: string): string {
  const name = textArgument(call, 0);
  if (!NAME.test(name)) throw new HelperFailure(`"${name}" is no name of a ${what}`);
  return name;
}

/** @throws HelperFailure for what metadata READS does not name, also where links lead out of it */
function findFile({ facts, readable }: HelperCall, path: string): FileFact | undefined {
  const isNamed = (place: string): boolean =>
    readable.some((named) => place === named || place.startsWith(`${named}/`));
  if (!isPlainPath(path)) throw new HelperFailure(`"${path}" is no absolute path without ".."`);
  if (!isNamed(path))
    throw new HelperFailure(
      `"${path}" is in no folder that metadata READS names: READS = ${path.replace(/(.)\/[^/]*$/, '$1')}`,
    );
  let file: FileFact | undefined;
  try {
    file = facts.lookups.file(path);
  } catch (error) {
    throw new HelperFailure(`cannot look at "${path}": ${reasonOf(error)}`);
  }
  if (file !== undefined && (file.realPath === undefined || !isNamed(file.realPath)))
    throw new HelperFailure(
      `"${path}" is a link to ${file.realPath === undefined ? 'a place out of the root' : `"${file.realPath}"`}, which metadata READS does not name`,
    );
  return file;
}
