import type { Failure } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import type { Input } from '../container/spec/input.ts';
import { findEntry, isNull, showInput, tryTo } from './inputs.ts';
import { isHostPath, splitVolume } from './volume-text.ts';

const TOP = ['version', 'name', 'services', 'networks', 'volumes', 'secrets', 'configs', 'models'];

/** What Compose refuses in a whole model: keys that it does not know, and names of what is nowhere in it. */
export function checkModel(model: Input): readonly Failure[] {
  const unknown = (model.entries ?? []).flatMap(([key, value]) =>
    TOP.includes(key) || key.startsWith('x-')
      ? []
      : refusal(value, `no Compose file has this`, `it may have ${TOP.join(', ')}, and keys that begin with x-`),
  );
  const services = findEntry(model, 'services')?.entries ?? [];
  return [...unknown, ...services.flatMap(([, service]) => checkService(service, model))];
}

function checkService(service: Input, model: Input): readonly Failure[] {
  if (service.entries === undefined) return refusal(service, 'must be a map');
  const provider = findEntry(service, 'provider');
  return [
    ...(provider === undefined
      ? []
      : refusal(provider, 'another program runs this service, and docksmith runs containers')),
    ...listNamed(findEntry(service, 'depends_on'))
      .filter(({ isOptional }) => !isOptional)
      .flatMap(({ name, input }) => checkName(name, input, 'services', model)),
    ...listVolumes(service).flatMap(({ name, input }) => checkName(name, input, 'volumes', model)),
    ...['secrets', 'configs'].flatMap((kind) =>
      (findEntry(service, kind)?.items ?? []).flatMap((item) =>
        checkName(showInput(findEntry(item, 'source') ?? item), item, kind, model),
      ),
    ),
    ...listNamed(findEntry(service, 'networks'))
      .filter(({ name }) => name !== 'default')
      .flatMap(({ name, input }) => checkName(name, input, 'networks', model)),
  ];
}

interface Named {
  readonly name: string;
  readonly input: Input;
  readonly isOptional: boolean;
}

function listNamed(input: Input | undefined): readonly Named[] {
  return (
    input?.items?.map((item) => ({ name: showInput(item), input: item, isOptional: false })) ??
    input?.entries?.map(([name, held]) => ({
      name,
      input: held,
      isOptional: ['false', false].includes(findEntry(held, 'required')?.scalar as string | false),
    })) ??
    []
  );
}

function listVolumes(service: Input): readonly Omit<Named, 'isOptional'>[] {
  return (findEntry(service, 'volumes')?.items ?? []).flatMap((item) => {
    const type = findEntry(item, 'type');
    const source = findEntry(item, 'source');
    if (type !== undefined && showInput(type) !== 'volume') return [];
    if (item.entries !== undefined && (source === undefined || isNull(source))) return [];
    const name = source === undefined ? splitVolume(showInput(item)).source : showInput(source);
    return name === '' || isHostPath(name) ? [] : [{ name, input: item }];
  });
}

function checkName(name: string, input: Input, kind: string, model: Input): readonly Failure[] {
  const known = (findEntry(model, kind)?.entries ?? []).map(([key]) => key);
  if (known.includes(name)) return [];
  const near = didYouMean(name, known).hint;
  const one = kind.slice(0, -1);
  return refusal(input, `${one} "${name}" is not in the map "${kind}" of the file`, near);
}

function refusal(input: Input, why: string, hint?: string): readonly Failure[] {
  return tryTo(() => input.refuse(why, hint)).failures ?? [];
}
