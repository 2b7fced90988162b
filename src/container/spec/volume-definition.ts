import type { CreateVolume } from '../../engine/engine.ts';
import type { Input } from './input.ts';
import { isSaid, readFields, readFlag, readText, readTextMap } from './read-input.ts';

/** A volume of the map `volumes`, by its name for the engine. */
export interface VolumeDefinition extends CreateVolume {
  /** there already, and not ours to make */
  readonly external: boolean;
}

/** A key with nothing behind it is a volume with nothing said of it. */
export function readVolumeDefinition(key: string, input: Input): VolumeDefinition {
  const fields =
    input.entries === undefined ? {} : readFields(input, ['name', 'external', 'driver', 'driver_opts', 'labels']);
  const { name, external, driver, driver_opts: options, labels } = fields;
  return {
    name: isSaid(name) ? readText(name) : key,
    external: isSaid(external) && readFlag(external),
    driver: isSaid(driver) ? readText(driver) : 'local',
    options: isSaid(options) ? readTextMap(options, '=', '') : {},
    labels: isSaid(labels) ? readTextMap(labels, '=', '') : {},
  };
}

/** Whether it is more than its name. */
export function saysMore({ external, driver, options, labels }: VolumeDefinition): boolean {
  return external || driver !== 'local' || Object.keys(options).length + Object.keys(labels).length > 0;
}
