import { Field } from '../../files/state-file.ts';
import { isObject } from './docker-client.ts';
import type { ContainerSummary, VolumeSummary } from '../engine.ts';
import type { ContainerInspect, ImageInspect, VolumeInspect } from '../engine-api.ts';

/**
 * What the engine answers, looked at as far as this program builds on it: what is not as its API
 * says is a failure that names the field, and not a mistake somewhere later.
 */
export function readSummaries(answer: unknown): readonly ContainerSummary[] {
  return readAnswer(answer, (all) =>
    all.list((one) => {
      const id = one.get('Id').text();
      return {
        id,
        name: findOwnName(one.get('Names').list((name) => name.text())) ?? id,
        status: one.get('State').text(),
        labels: Object.fromEntries(orNone(one.get('Labels'))?.map((label) => label.text()) ?? []),
        ports: orNone(one.get('Ports'))?.list(readPort).flat() ?? [],
      };
    }),
  );
}

function readPort(port: Field): ContainerSummary['ports'] {
  const hostPort = port.get('PublicPort').optional((number) => number.number()) ?? 0;
  return hostPort === 0
    ? []
    : [
        {
          address: port.get('IP').optional((address) => address.text()) ?? '',
          hostPort,
          protocol: port.get('Type').text(),
        },
      ];
}

/** Links of the old kind give a container further names, `/other/alias`. */
function findOwnName(names: readonly string[]): string | undefined {
  return names.find((name) => name.lastIndexOf('/') === 0)?.slice(1);
}

export function readInspect(answer: unknown): ContainerInspect {
  return readAnswer(answer, (inspect) => {
    for (const name of ['Id', 'Name', 'Image', 'Created']) inspect.get(name).text();
    const state = inspect.get('State');
    for (const name of ['Status', 'StartedAt']) state.get(name).text();
    for (const name of ['Config', 'HostConfig']) inspect.get(name).map(() => undefined);
    for (const type of inspect.get('Mounts').list((mount) => mount.get('Destination'))) type.text();
    return answer as ContainerInspect;
  });
}

export function readImage(answer: unknown): ImageInspect {
  return readAnswer(answer, (image) => {
    image.get('Id').text();
    // newer engines leave it out where it is empty
    const config = orNone(image.get('Config'));
    config?.map(() => undefined);
    return { ...(answer as ImageInspect), Config: config?.value ?? {} };
  });
}

export function readVolume(answer: unknown): VolumeInspect {
  return readAnswer(answer, (volume) => {
    for (const name of ['Driver', 'Mountpoint']) volume.get(name).text();
    return answer as VolumeInspect;
  });
}

export function readVolumes(answer: unknown): readonly VolumeSummary[] {
  return readAnswer(
    answer,
    (all) =>
      orNone(all.get('Volumes'))?.list((volume) => {
        const name = volume.get('Name').text();
        const { Driver = 'local', Options, Labels } = volume.value as Partial<VolumeInspect>;
        return { name, driver: Driver, options: Options ?? {}, labels: Labels ?? {} };
      }) ?? [],
  );
}

export function readList(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  return readAnswer(answer, (all) => all.list((one) => (isObject(one.value) ? one.value : one.wrong('an object'))));
}

/** The engine says null where it has none. */
function orNone(field: Field): Field | undefined {
  return field.value === undefined || field.value === null ? undefined : field;
}

export function readAnswer<T>(answer: unknown, parse: (answer: Field) => T): T {
  try {
    return parse(new Field(answer, ''));
  } catch (error) {
    throw new Error(
      `its answer is not what the Docker API says: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
