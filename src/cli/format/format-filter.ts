import type { Filtered } from '../../flow/firewall/filter.ts';

/** `packet filter IPv4 set: its file changed` */
export function formatFiltered({ family, outcome, cause }: Filtered, dryRun: boolean): string {
  const verb =
    outcome === 'set' || outcome === 'removed'
      ? `${dryRun ? 'would be ' : ''}${outcome}: ${cause}`
      : `${outcome}${cause === '' ? '' : `, ${cause}`}`;
  return `packet filter ${family} ${verb}`;
}
