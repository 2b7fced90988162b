import type { KeptReference } from '../../../container/spec/kept/kept-references.ts';
import type { RecordBuilder } from './record-builder.ts';

/** Secrets and configs that the swarm keeps already. */
export function setKept(builder: RecordBuilder, files: readonly KeptReference[] = []): void {
  for (const [kind, prop] of [
    ['secret', 'SwarmSecrets'],
    ['config', 'SwarmConfigs'],
  ] as const)
    builder.setList(`${kind}s`, prop, files.filter((one) => one.kind === kind).map(formatKept));
}

/** `shop_token:/run/secrets/token:0400:1000:1000`; without what is usual. */
function formatKept({ name, target, mode, uid, gid }: KeptReference): string {
  const owner = uid === '0' && gid === '0' ? [] : [uid, gid];
  const octal = mode.toString(8).padStart(4, '0');
  return [name, target, ...(owner.length === 0 && octal === '0444' ? [] : [octal]), ...owner].join(':');
}
