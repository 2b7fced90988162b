import { splitList } from '../network/parse-ports.ts';

/** The image of ambassadors whose records name none: it is made of this host's own programs. */
export const AMBASSADOR_IMAGE = 'docksmith-ambassador:latest';

/** Where an ambassador hands on what comes to a port of its own. */
export interface Target {
  readonly listen: number;
  readonly protocol: 'tcp' | 'udp';
  /** a name or an address, `[fd00::1]` with brackets */
  readonly host: string;
  readonly port: number;
  /** whether the host is a container of this server */
  readonly isContainer: boolean;
}

/**
 * Reads `redis:6379`, `dns:53/udp`, `tcp://192.168.1.52:6379`, and `6379=tcp://192.168.1.52:16379` for
 * another port of its own. What is refused by the schema is left out.
 */
export function parseTargets(value: string): readonly Target[] {
  return splitList(value).flatMap((item): readonly Target[] => {
    const [, own, scheme, host, port, suffix] =
      /^(?:(\d+)=)?(?:(tcp|udp):\/\/)?(\[[0-9a-fA-F:.]+\]|[^:/=[\]]+):(\d+)(?:\/(tcp|udp))?$/.exec(item) ?? [];
    if (host === undefined || port === undefined) return [];
    return [
      {
        listen: Number(own ?? port),
        protocol: (scheme ?? suffix) === 'udp' ? 'udp' : 'tcp',
        host,
        port: Number(port),
        isContainer: scheme === undefined,
      },
    ];
  });
}
