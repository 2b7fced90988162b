import { formatDuration } from '../../../base/quantity.ts';
import { isMap, type TextMap, type Value } from '../../../container/spec/value.ts';
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
  if (action === 'continue') set('Deploy.update_config.failure_action', action);
  if (action !== undefined) set('Deploy.update_config.max_failure_ratio', ratio);
  const labels = take('labels');
  for (const [name, text] of Object.entries(JSON.parse(labels ?? '{}') as TextMap))
    builder.set('deploy', `Deploy.labels.${name}`, text);
  // the swarm goes back as it went on, unless it is said
  const back: TextMap = {
    'rollback_config.parallelism': value['update_config.parallelism'] ?? '1',
    'rollback_config.order': value['update_config.order'] ?? 'stop-first',
  };
  for (const [name, text] of rest)
    if (text !== (back[name] ?? USUAL[name])) builder.set('deploy', `Deploy.${name}`, formatField(name, text));
}

function formatField(name: string, text: string): string {
  return DURATION.test(name) ? formatDuration(Number(text)) : text;
}

const DURATION = /\.(delay|monitor|window)$/;

/** What a swarm does where nothing is said. */
const USUAL: Readonly<Record<string, string>> = {
  'update_config.monitor': '5000000000',
  'rollback_config.delay': '0',
  'rollback_config.failure_action': 'pause',
  'rollback_config.max_failure_ratio': '0',
  'rollback_config.monitor': '5000000000',
  'restart_policy.delay': '5000000000',
  'restart_policy.window': '0',
  endpoint_mode: 'vip',
};
