import type { ContainerStatus } from './container-status.ts';
import { listServiceAttention } from './service-status.ts';

export interface Word {
  readonly word: string;
  /** as it should be, on its way there, not as it should be, or not meant to run */
  readonly level: 'good' | 'waiting' | 'bad' | 'idle';
}

/** How a container is, in one word. */
export function wordOf(container: ContainerStatus): Word {
  const { record, role, refused, state, health, isCrashLooping, exitCode, awaitedBy } = container;
  if (container.service !== undefined && container.service.wanted > 0) return wordOfService(container.service);
  // that no task is to run is asked for, by its record or by hand
  if (container.service !== undefined && record !== 'disabled') return { word: 'stopped', level: 'idle' };
  if (isCrashLooping) return { word: 'crash-loop', level: 'bad' };
  if (state === 'unknown') return { word: state, level: 'waiting' };
  if (state === 'running') {
    if (health === 'unhealthy') return { word: health, level: 'bad' };
    return { word: health ?? 'running', level: health === 'starting' ? 'waiting' : 'good' };
  }
  if (refused.length > 0 && state === 'missing') return { word: 'refused', level: 'bad' };
  if (record === 'disabled' && (state === 'missing' || state === 'exited')) return { word: 'disabled', level: 'idle' };
  if (role === 'data' && (state === 'created' || state === 'exited')) return { word: 'data', level: 'idle' };
  if (role === 'job' && state === 'created') return { word: 'job', level: 'idle' };
  if (role === 'job' && state === 'exited' && exitCode !== 0) return { word: 'failed', level: 'bad' };
  if (awaitedBy !== undefined && state === 'exited')
    return exitCode === 0 ? { word: 'completed', level: 'good' } : { word: 'failed', level: 'bad' };
  if (state === 'exited')
    return exitCode === 0 ? { word: 'finished', level: 'idle' } : { word: 'stopped', level: 'bad' };
  return { word: state, level: state === 'paused' || state === 'created' ? 'waiting' : 'bad' };
}

function wordOfService({ running, wanted, update }: NonNullable<ContainerStatus['service']>): Word {
  const isOnItsWay = update?.state === 'updating';
  return {
    word: `${running}/${wanted}`,
    level: running >= wanted ? 'good' : isOnItsWay ? 'waiting' : 'bad',
  };
}

/** What is not as it should be, each with what to do about it. */
export function listAttention(container: ContainerStatus): readonly string[] {
  const {
    name,
    record,
    role,
    refused,
    isAside,
    called,
    state,
    health,
    isCrashLooping,
    restarts,
    exitCode,
    outOfMemory,
    failed,
    contentFailure,
    image,
    isImageOld,
    hasOpenLabel,
    awaitedBy,
    unloaded = [],
  } = container;
  const isUp = state === 'running' || state === 'restarting' || state === 'paused';
  const ended = exitCode === undefined ? '' : ` with exit code ${exitCode}${outOfMemory ? ', out of memory' : ''}`;
  const look = `docksmith logs -n 20 ${name}`;
  return [
    ...refused,
    ...(container.service === undefined ? [] : listServiceAttention(name, container.service)),
    ...(isCrashLooping
      ? [`ends again and again, restarted ${restarts} times${ended === '' ? '' : `, last${ended}`}; ${look}`]
      : []),
    ...(!isCrashLooping && state === 'restarting' ? [`ended${ended} and is started again; ${look}`] : []),
    ...(health === 'unhealthy' ? [`its health check fails; ${look}`] : []),
    ...(record === 'enabled' &&
    container.service === undefined &&
    role !== 'data' &&
    state === 'exited' &&
    exitCode !== 0
      ? [
          `${role === 'job' ? `its last run ended${ended}` : awaitedBy === undefined ? `stopped${ended}` : `its run ended${ended}, and ${awaitedBy.join(', ')} ${awaitedBy.length === 1 ? 'waits' : 'wait'} for it`}; ${look}, docksmith start ${name}`,
        ]
      : []),
    ...(record === 'enabled' && state === 'missing' && refused.length === 0
      ? [`its record is enabled, and it is not there; docksmith plan ${name}`]
      : []),
    ...(record === 'enabled' && state === 'dead'
      ? ['the engine cannot use it any more; the next event creates a new one']
      : []),
    ...(record === 'disabled' && isUp && refused.length === 0
      ? [`its record is disabled, and it runs; docksmith plan ${name}`]
      : []),
    ...(isImageOld && record === 'enabled'
      ? [`its image is older than ${image ?? ''} is now; signal-event docker-image-update ${name}`]
      : []),
    ...(failed === undefined
      ? []
      : [
          `failed: ${failed.why} (${failed.when.slice(0, 16).replace('T', ' ')}); docksmith reconcile --retry tries again`,
        ]),
    ...(contentFailure === undefined || record !== 'enabled'
      ? []
      : [
          `its content was not fetched (${contentFailure.when.slice(0, 16).replace('T', ' ')}): ${contentFailure.why}; signal-event docker-content-update ${name} tries again`,
        ]),
    ...(called === undefined || record === undefined
      ? []
      : [`the engine calls it ${called}; the next event gives it its name back`]),
    ...(hasOpenLabel === true
      ? [
          'its label docksmith.spec, written by an older release, shows secrets to everybody who can ask the engine; the next recreate removes them',
        ]
      : []),
    ...(state === 'running' ? unloaded : []),
    ...(isAside
      ? ['it was set aside for its replacement; the next event continues']
      : record === undefined && state !== 'unknown'
        ? [`no record wants it; docksmith reconcile --remove-orphans removes it (never its volumes)`]
        : []),
  ];
}
