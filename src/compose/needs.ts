import type { Input } from '../container/spec/input.ts';
import { findEntry, listTexts, showInput } from './inputs.ts';

/** One service that another one needs. */
export interface Need {
  readonly service: string;
  readonly isOptional: boolean;
  /** where it is said */
  readonly input: Input;
}

/** All keys by which a service needs others: Compose starts those along with it. */
export function listNeeds(service: Input): readonly Need[] {
  const items = (key: string): readonly Input[] => findEntry(service, key)?.items ?? [];
  const need = (name: string, input: Input, isOptional = false): Need => ({ service: name, isOptional, input });
  return [
    ...items('depends_on').map((item) => need(showInput(item), item)),
    ...(findEntry(service, 'depends_on')?.entries ?? []).map(([name, how]) =>
      need(name, how, ['false', 'False'].includes(String(findEntry(how, 'required')?.scalar))),
    ),
    ...items('links').map((item) => need(showInput(item).replace(/:.*/s, ''), item)),
    ...items('volumes_from')
      .filter((item) => !showInput(item).startsWith('container:'))
      .map((item) => need(/^(?:service:)?([^:]*)/.exec(showInput(item))?.[1] ?? '', item)),
    ...['network_mode', 'pid', 'ipc', 'uts', 'cgroup'].flatMap((key) => {
      const input = findEntry(service, key);
      const [, name] = /^service:(.*)$/s.exec(input === undefined ? '' : (listTexts(input)[0] ?? '')) ?? [];
      return input === undefined || name === undefined ? [] : [need(name, input)];
    }),
  ];
}
