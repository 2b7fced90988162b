import path from 'node:path';
import type { Input } from '../container/spec/input.ts';
import { isGitAddress } from './remote.ts';
import { findEntry, showInput, withEntries, withEntry, withItems, withText } from './inputs.ts';
import { isHostPath, splitVolume } from './volume-text.ts';

/** A model or part of it whose relative paths begin at a folder, with whole ones. */
export function withAbsolutePaths(model: Input, folder: string): Input {
  const files = (input: Input): Input => change(input, 'file', (file) => absolute(file, folder));
  return changeEach(
    changeEach(
      changeEach(
        changeEach(model, 'services', (service) => absoluteService(service, folder)),
        'secrets',
        files,
      ),
      'configs',
      files,
    ),
    'volumes',
    (volume) => absoluteVolume(volume, folder),
  );
}

export function absoluteService(service: Input, folder: string): Input {
  const file = (input: Input): Input =>
    input.entries === undefined ? absolute(input, folder) : change(input, 'path', (one) => absolute(one, folder));
  const files = (input: Input): Input =>
    input.items === undefined ? file(input) : withItems(input, input.items.map(file));
  return change(
    change(
      change(
        change(service, 'build', (build) => absoluteBuild(build, folder)),
        'env_file',
        files,
      ),
      'label_file',
      files,
    ),
    'volumes',
    (volumes) =>
      volumes.items === undefined
        ? volumes
        : withItems(
            volumes,
            volumes.items.map((volume) => absoluteMount(volume, folder)),
          ),
  );
}

function absoluteBuild(build: Input, folder: string): Input {
  if (build.items !== undefined) return build;
  if (build.entries === undefined) return absoluteContext(build, folder);
  const context = findEntry(build, 'context') ?? withText(build, '.');
  return change(withEntry(build, 'context', absoluteContext(context, folder)), 'additional_contexts', (contexts) =>
    contexts.entries === undefined
      ? contexts
      : withEntries(
          contexts,
          contexts.entries.map(([name, one]) => [name, isHostPath(showInput(one)) ? absolute(one, folder) : one]),
        ),
  );
}

function absoluteContext(context: Input, folder: string): Input {
  return isGitAddress(showInput(context)) ? context : absolute(context, folder);
}

function absoluteMount(volume: Input, folder: string): Input {
  if (volume.entries !== undefined)
    return change(volume, 'source', (source) => {
      const type = findEntry(volume, 'type');
      const isBind = type === undefined ? isHostPath(showInput(source)) : showInput(type) === 'bind';
      return isBind ? absolute(source, folder) : source;
    });
  const text = showInput(volume);
  const { source } = splitVolume(text);
  if (!isHostPath(source)) return volume;
  return withText(volume, `${absolutePath(source, folder)}${text.slice(source.length)}`);
}

/** A volume of the plain driver that is a folder of the host. */
function absoluteVolume(volume: Input, folder: string): Input {
  return change(volume, 'driver_opts', (options) => {
    const how = findEntry(options, 'o');
    const isBind = how !== undefined && showInput(how).split(',').includes('bind');
    return isBind ? change(options, 'device', (device) => absolute(device, folder)) : options;
  });
}

function absolute(input: Input, folder: string): Input {
  if (input.entries !== undefined || input.items !== undefined || input.scalar === null) return input;
  return withText(input, absolutePath(showInput(input), folder));
}

export function absolutePath(text: string, folder: string): string {
  return /^~(?=\/|$)/.test(text)
    ? path.join(process.env['HOME'] ?? '/root', text.slice(1))
    : path.resolve(folder, text);
}

function change(input: Input, name: string, to: (value: Input) => Input): Input {
  const value = findEntry(input, name);
  return value === undefined || value.tag === '!reset' ? input : withEntry(input, name, keepTag(value, to(value)));
}

function keepTag(before: Input, after: Input): Input {
  return before.tag === undefined || after.tag === before.tag ? after : { ...after, tag: before.tag };
}

function changeEach(model: Input, name: string, to: (value: Input) => Input): Input {
  return change(model, name, (all) =>
    all.entries === undefined
      ? all
      : withEntries(
          all,
          all.entries.map(([key, value]) => [key, value.entries === undefined ? value : to(value)]),
        ),
  );
}
