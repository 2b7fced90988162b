import type { ExecRequest, ExecSession } from '../../engine/admin-engine.ts';
import { Failure } from '../../base/errors.ts';
import type { Paths } from '../../base/paths.ts';
import { getOurs, openEngineAccess } from '../../flow/engine-access.ts';

/** Begins a command in a container that runs. @throws Failure where there is no such container, or it does not run */
export async function beginExec(paths: Paths, name: string, request: ExecRequest): Promise<ExecSession> {
  const { engine, adminEngine, snapshot } = await openEngineAccess(paths);
  const [container] = await getOurs(engine, snapshot, [name]);
  if (container?.status !== 'running') {
    throw new Failure(`cannot run "${request.command[0] ?? ''}" in container "${name}"`, {
      why: `it is ${container?.status ?? 'gone'}`,
      hint: `docksmith start ${name}`,
    });
  }
  return adminEngine.exec(container.id, request);
}
