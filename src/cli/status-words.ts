import type { ContainerStatus } from '../flow/status.ts';

export interface Word {
  readonly word: string;
  readonly style: 'green' | 'yellow' | 'red' | 'dim';
}

/** How a container is, in one word. */
export function wordOf({ record, state, health, isCrashLooping, exitCode }: ContainerStatus): Word {
  if (isCrashLooping) return { word: 'crash-loop', style: 'red' };
  if (state === 'running') {
    if (health === 'unhealthy') return { word: health, style: 'red' };
    return { word: health ?? 'running', style: health === 'starting' ? 'yellow' : 'green' };
  }
  if (record === 'disabled' && (state === 'missing' || state === 'exited')) return { word: 'disabled', style: 'dim' };
  if (state === 'exited') return exitCode === 0 ? { word: 'finished', style: 'dim' } : { word: 'stopped', style: 'red' };
  return { word: state, style: state === 'paused' || state === 'created' ? 'yellow' : 'red' };
}

/** What is not as it should be, each with what to do about it. */
export function listAttention(container: ContainerStatus): readonly string[] {
  const { name, record, isAside, state, health, isCrashLooping, restarts, exitCode, outOfMemory } = container;
  const isUp = state === 'running' || state === 'restarting' || state === 'paused';
  const ended = exitCode === undefined ? '' : ` with exit code ${exitCode}${outOfMemory ? ', out of memory' : ''}`;
  const look = `docksmith logs -n 20 ${name}`;
  return [
    ...(isCrashLooping ? [`ends again and again, restarted ${restarts} times${ended === '' ? '' : `, last${ended}`}; ${look}`] : []),
    ...(!isCrashLooping && state === 'restarting' ? [`ended${ended} and is started again; ${look}`] : []),
    ...(health === 'unhealthy' ? [`its health check fails; ${look}`] : []),
    ...(record === 'enabled' && state === 'exited' && exitCode !== 0 ? [`stopped${ended}; ${look}, docksmith start ${name}`] : []),
    ...(record === 'enabled' && state === 'missing' ? [`its record is enabled, and it is not there; docksmith plan ${name}`] : []),
    ...(record === 'enabled' && state === 'dead' ? ['the engine can do nothing more with it; the next event makes a new one'] : []),
    ...(record === 'disabled' && isUp ? [`its record is disabled, and it runs; docksmith plan ${name}`] : []),
    ...(isAside ? ['it was put aside for a new one; the next event takes it up from there'] : record === undefined ? [`no record wants it; docksmith reconcile --remove-orphans removes it (never its volumes)`] : []),
  ];
}
