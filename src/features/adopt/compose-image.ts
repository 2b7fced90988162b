import path from 'node:path';
import { findOwn } from '../../base/own.ts';
import type { Input } from '../../container/spec/input.ts';
import type { ImageOrigin } from './candidate.ts';
import type { TextMap } from '../../container/spec/value.ts';
import { isGitAddress } from '../../compose/remote.ts';
import { findEntry, isNothing, showInput, withText } from './compose-input.ts';
import type { LeaveOut } from './compose-network.ts';
import type { Project } from './compose-project.ts';

/** Which image a service uses, and where it comes from. */
export function readImage(
  project: Project,
  service: string,
  input: Input,
  images: ReadonlySet<string>,
  leaveOut: LeaveOut,
): { readonly reference: string; readonly source: ImageOrigin } {
  const [image, build] = [findEntry(input, 'image'), findEntry(input, 'build')];
  const names = imageNames(project.name, service);
  const reference = image === undefined ? (names.find((one) => images.has(one)) ?? names[0]) : showInput(image);
  if (build === undefined && image === undefined) input.refuse('needs an image, or a folder to build');
  const props = {
    ...readPull(findEntry(input, 'pull_policy'), leaveOut),
    ...readPlatform(findEntry(input, 'platform')),
    ...(build === undefined ? {} : readBuild(project, build, leaveOut)),
  };
  return { reference, source: { kind: build === undefined ? 'pull' : 'build', props } };
}

const PULLS: Readonly<Record<string, string>> = {
  always: 'always',
  never: 'never',
  missing: 'missing',
  if_not_present: 'missing',
  build: 'missing',
};

function readPull(input: Input | undefined, leaveOut: LeaveOut): TextMap {
  if (input === undefined || isNothing(input)) return {};
  const pull = PULLS[showInput(input)];
  if (pull === undefined)
    leaveOut('pull_policy', showInput(input), 'UpdateAt of a container says when its image is pulled again');
  return pull === undefined || pull === 'missing' ? {} : { Pull: pull };
}

function readPlatform(input: Input | undefined): TextMap {
  return input === undefined || isNothing(input) ? {} : { Platform: showInput(input) };
}

/** By field of `build`, the prop that says it. */
const TEXTS: Readonly<Record<string, string>> = { dockerfile: 'Dockerfile', target: 'BuildTarget' };

/** The builder is the engine's own, which uses no cache and pulls nothing that is there. */
const IDLE = ['no_cache', 'cache_from', 'cache_to'];

function readBuild({ folder, variables }: Project, build: Input, leaveOut: LeaveOut): TextMap {
  const context = build.entries === undefined ? build : (findEntry(build, 'context') ?? withText(build, '.'));
  const written = showInput(context);
  const props: Record<string, string> = isGitAddress(written)
    ? { BuildGit: written }
    : { BuildPath: path.resolve(folder, written) };
  for (const [field, held] of build.entries ?? []) {
    const prop = findOwn(TEXTS, field);
    if (field === 'context' || IDLE.includes(field) || isNothing(held)) continue;
    if (prop !== undefined && !showInput(held).startsWith('..')) props[prop] = showInput(held);
    else if (field === 'args') Object.assign(props, readArguments(held, variables));
    else
      leaveOut(`build.${field}`, showInput(held), 'a record says folder, Dockerfile, target and arguments of a build');
  }
  return props;
}

/** One without a value has that of the variable, and is none where that is not set. */
function readArguments(args: Input, variables: ReadonlyMap<string, string>): TextMap {
  const entries =
    args.entries?.map(
      ([name, value]) => [name, value.scalar === null ? variables.get(name) : showInput(value)] as const,
    ) ??
    (args.items ?? []).map((item) => {
      const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(showInput(item)) ?? [];
      return [name, value ?? variables.get(name)] as const;
    });
  return Object.fromEntries(
    entries.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[`BuildArgs.${name}`, value]])),
  );
}

/** What Compose calls the image of a service that names none; the older Compose joins the names by an underscore. */
export function imageNames(project: string, service: string): readonly [string, string] {
  return [`${project}-${service}`, `${project}_${service}`];
}
