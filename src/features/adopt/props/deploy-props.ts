import { formatDuration } from '../../../base/quantity.ts';
import { isMap, type Value } from '../../../container/spec/value.ts';
import type { RecordBuilder } from './record-builder.ts';

/** What the fragment 21deploy writes by itself. */
const PLAIN: Readonly<Record<string, string>> = {
  'update_config.parallelism': '1',
  'update_config.order': 'stop-first',
  'update_config.failure_action': 'rollback',
  'update_config.max_failure_ratio': '0',
};

/** The way back of the fragment 21deploy. */
export function setDeploy(builder: RecordBuilder, value: Value | undefined): void {
  if (value === undefined || !isMap(value)) return;
  const rest = new Map(Object.entries({ ...PLAIN, ...value }));
  const take = (name: string): string | undefined => {
    const text = rest.get(name);
    rest.delete(name);
    return text === PLAIN[name] ? undefined : text;
  };
  const set = (prop: string, text: string | undefined): void => {
    if (text !== undefined) builder.set('deploy', prop, text);
  };
  const [mode, replicas = '1'] = [take('mode'), take('replicas')];
  set('Replicas', mode === 'global' ? 'global' : replicas);
  const list = (name: string): readonly string[] => JSON.parse(take(name) ?? '[]') as string[];
  const placement = [
    ...list('placement.constraints'),
    ...list('placement.preferences').map((label) => `spread:${label}`),
  ];
  if (placement.length > 0) builder.setList('deploy', 'Placement', placement);
  const most = take('placement.max_replicas_per_node');
  set('MaxPerNode', most === '0' ? undefined : most);
  // 0 is all at once
  const parallelism = take('update_config.parallelism');
  set('UpdateParallelism', parallelism === '0' ? String(Math.max(Number(replicas), 1)) : parallelism);
  set('UpdateOrder', take('update_config.order'));
  const delay = take('update_config.delay');
  set('UpdateDelay', delay === undefined || delay === '0' ? undefined : formatDuration(Number(delay)));
  const [action, ratio] = [take('update_config.failure_action'), take('update_config.max_failure_ratio')];
  set('RollbackOn', action !== undefined ? 'none' : ratio === undefined ? undefined : `failure:${ratio}`);
  for (const [name, text] of rest)
    if (!name.startsWith('rollback_config.')) builder.leaveOut(`deploy.${name}`, text, 'no prop of a record says it');
}
