import type { Rendered } from '../../template/rendered.ts';

/** What else than taking it over can be done about a file in the way; undefined where there is nothing. */
export function hintOfObstacle({ services }: Rendered): string | undefined {
  return services.includes('docker')
    ? "or docksmith leaves the engine's options to you: config setprop docker Daemon foreign"
    : undefined;
}
