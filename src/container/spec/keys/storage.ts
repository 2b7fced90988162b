import path from 'node:path';
import { readFlag, readItems, readTexts } from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { FLAG, LIST, MAP, SET, toMap, toSet } from '../value.ts';
import { formatMounted, isAnonymousName, type Mounted, parseMounted, readMounted, withPlainPaths } from '../mounted.ts';

/** What it finds and keeps on disk, and which devices it sees. */
export const STORAGE_KEYS: readonly SpecKey[] = [
  defineKey(SET, {
    name: 'volumes',
    answer: 'recreate',
    parse: (input) => toSet(readItems(input, readMounted).map(formatMounted)),
    send: (value, body) => {
      for (const mount of value.map(parseMounted)) {
        const { source, target, options } = mount;
        if (source === '') body.Volumes = { ...body.Volumes, [target]: {} };
        // only a bind of the old kind can say z or how mounts propagate; it makes a missing folder, which Mounts refuse
        else if (options.some((option) => !isOfMounts(option)))
          (body.HostConfig.Binds ??= []).push(formatMounted(mount));
        else {
          (body.HostConfig.Mounts ??= []).push({
            Type: source.startsWith('/') ? 'bind' : 'volume',
            Source: source,
            Target: target,
            ...(options.includes('ro') ? { ReadOnly: true } : {}),
            ...toVolumeOptions(options),
          });
        }
      }
    },
    read: ({ Config, HostConfig }) => {
      const mounts = (HostConfig.Mounts ?? [])
        .filter(({ Type, Source = '' }) => Type !== 'tmpfs' && !isAnonymousName(Source))
        .map(
          ({ Source = '', Target, ReadOnly, BindOptions, VolumeOptions }): Mounted => ({
            source: Source,
            target: Target,
            options: [
              ...(VolumeOptions?.NoCopy === true ? ['nocopy'] : []),
              ...(BindOptions?.Propagation && BindOptions.Propagation !== 'rprivate' ? [BindOptions.Propagation] : []),
              ...(ReadOnly === true ? ['ro'] : []),
              ...(VolumeOptions?.Subpath ? [`subpath=${VolumeOptions.Subpath}`] : []),
            ].sort(),
          }),
        );
      const anonymous = Object.keys(Config.Volumes ?? {}).map(
        (target): Mounted => ({ source: '', target, options: [] }),
      );
      // others write `/srv/wiki/`, and the engine keeps it so
      return toSet(
        [...(HostConfig.Binds ?? []).map(parseMounted), ...mounts, ...anonymous].map((mount) =>
          formatMounted(withPlainPaths(mount)),
        ),
      );
    },
    ofImage: ({ Config }) => toSet(Object.keys(Config.Volumes ?? {})),
  }),
  defineKey(MAP, {
    name: 'tmpfs',
    answer: 'recreate',
    parse: (input) => {
      const texts = readTexts(input, { orOne: true });
      const wrong = texts.find((text) => !text.startsWith('/'));
      if (wrong !== undefined) return input.refuse(`"${wrong}" is no absolute path`);
      return toMap(texts.map((text) => [text.split(':', 1)[0] ?? '', text.split(':').slice(1).join(':')]));
    },
    send: (value, body) => {
      body.HostConfig.Tmpfs = { ...value };
    },
    read: ({ HostConfig }) =>
      toMap([
        ...Object.entries(HostConfig.Tmpfs ?? {}),
        ...(HostConfig.Mounts ?? [])
          .filter(({ Type }) => Type === 'tmpfs')
          .map(
            ({ Target, TmpfsOptions: { SizeBytes, Mode } = {} }) =>
              [
                Target,
                [...(SizeBytes ? [`size=${SizeBytes}`] : []), ...(Mode ? [`mode=${Mode.toString(8)}`] : [])].join(','),
              ] as const,
          ),
      ]),
    format: (value) =>
      Object.entries(value)
        .map(([target, options]) => (options === '' ? target : `${target}:${options}`))
        .join(' '),
  }),
  defineKey(FLAG, {
    name: 'read_only',
    answer: 'recreate',
    default: false,
    parse: readFlag,
    send: (value, body) => {
      body.HostConfig.ReadonlyRootfs = value;
    },
    read: ({ HostConfig }) => HostConfig.ReadonlyRootfs ?? undefined,
  }),
  defineKey(LIST, {
    name: 'devices',
    answer: 'recreate',
    parse: (input) => {
      const texts = readTexts(input);
      const wrong = texts.find((text) => !/^\/[^:]+(:\/[^:]+)?(:[rwm]{1,3})?$/.test(text));
      return wrong === undefined
        ? texts.map(formatDevice)
        : input.refuse(`"${wrong}" is not like /dev/x[:/dev/y][:rwm]`);
    },
    send: (value, body) => {
      body.HostConfig.Devices = value.map((text) => {
        const [host = '', container = '', permissions = ''] = text.split(':');
        return { PathOnHost: host, PathInContainer: container, CgroupPermissions: permissions };
      });
    },
    read: ({ HostConfig }) =>
      (HostConfig.Devices ?? []).map(
        (device) => `${device.PathOnHost}:${device.PathInContainer}:${device.CgroupPermissions}`,
      ),
  }),
];

/** With everything said that Compose lets one leave out. */
function formatDevice(text: string): string {
  const [host = '', ...rest] = text.split(':');
  const container = rest.find((part) => path.isAbsolute(part)) ?? host;
  return `${host}:${container}:${rest.find((part) => !path.isAbsolute(part)) ?? 'rwm'}`;
}

const SUBPATH = 'subpath=';

function isOfMounts(option: string): boolean {
  return option === 'ro' || option === 'nocopy' || option.startsWith(SUBPATH);
}

function toVolumeOptions(options: readonly string[]): { VolumeOptions?: { NoCopy?: boolean; Subpath?: string } } {
  const subpath = options.find((option) => option.startsWith(SUBPATH))?.slice(SUBPATH.length);
  const isBare = options.includes('nocopy');
  if (subpath === undefined && !isBare) return {};
  return {
    VolumeOptions: { ...(isBare ? { NoCopy: true } : {}), ...(subpath === undefined ? {} : { Subpath: subpath }) },
  };
}
