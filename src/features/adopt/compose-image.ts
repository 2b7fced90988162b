import path from 'node:path';
import type { Input } from '../../container/spec/input.ts';
import type { ImageOrigin } from './candidate.ts';
import { isGitAddress } from '../../compose/remote.ts';
import { findEntry, showInput, withText } from './compose-input.ts';
import type { LeaveOut } from './compose-network.ts';
import type { Project } from './compose-project.ts';

/** Which image a service uses, and where it comes from. */
export function readImage(
  { name: project, folder }: Project,
  service: string,
  input: Input,
  images: ReadonlySet<string>,
  leaveOut: LeaveOut,
): { readonly reference: string; readonly source: ImageOrigin } {
  const [image, build] = [findEntry(input, 'image'), findEntry(input, 'build')];
  const names = imageNames(project, service);
  const reference = image === undefined ? (names.find((one) => images.has(one)) ?? names[0]) : showInput(image);
  if (build === undefined) {
    if (image === undefined) input.refuse('needs an image, or a folder to build');
    return { reference, source: { kind: 'pull' } };
  }
  for (const [field, held] of build.entries ?? [])
    if (field !== 'context')
      leaveOut(
        `build.${field}`,
        showInput(held),
        'a record builds the Dockerfile of its BuildPath, and nothing more is said of it',
      );
  const context =
    build.entries === undefined ? showInput(build) : showInput(findEntry(build, 'context') ?? withText(build, '.'));
  if (!isGitAddress(context)) return { reference, source: { kind: 'build', folder: path.resolve(folder, context) } };
  leaveOut('build', context, 'a record builds a folder of this server');
  return { reference, source: { kind: 'local' } };
}

/** What Compose calls the image of a service that names none; the older Compose joins the names by an underscore. */
export function imageNames(project: string, service: string): readonly [string, string] {
  return [`${project}-${service}`, `${project}_${service}`];
}
