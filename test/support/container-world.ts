import { readActual } from '../../src/container/actual/actual.ts';
import { type Applied, applyPlan } from '../../src/container/apply/apply.ts';
import { type Desired, type DesiredContainer, specsOf } from '../../src/container/plan/desired.ts';
import { listAwaited } from '../../src/container/spec/needs.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { formatPlan } from '../../src/container/plan/format-plan.ts';
import { type Plan, planReconcile, type PlanOptions } from '../../src/container/plan/plan.ts';
import { parseRunSpec } from '../../src/container/spec/run-spec.ts';

/** name -> the lines of its service beside `image: app:1`, or undefined for a disabled record */
export type Wanted = Readonly<Record<string, string | undefined>>;

/** What run specs of these lines ask for, in the order of the names. */
export function desire(wanted: Wanted): Desired {
  const containers = describeContainers(wanted);
  return { containers, awaited: new Set(listAwaited(specsOf({ containers }).values())) };
}

function describeContainers(wanted: Wanted): readonly DesiredContainer[] {
  return Object.entries(wanted).map(([name, lines]): DesiredContainer => {
    if (lines === undefined) return { state: 'stopped', name };
    const body = [...(/^image:/m.test(lines) ? [] : ['image: app:1']), ...lines.split('\n')]
      .filter((line) => line !== '')
      .map((line) => `    ${line}\n`)
      .join('');
    // volumes with a name have to stand in the file's own map
    const volumes = [...lines.matchAll(/["[ ]([a-z]+-data):/g)].map(([, volume = '']) => `  ${volume}: {}\n`).join('');
    return {
      state: 'running',
      name,
      spec: parseRunSpec(
        `/etc/docksmith/containers/${name}.yaml`,
        `services:\n  ${name}:\n${body}${volumes === '' ? '' : `volumes:\n${volumes}`}`,
      ),
    };
  });
}

export async function planFor(engine: Engine, wanted: Wanted, options?: PlanOptions): Promise<Plan> {
  const desired = desire(wanted);
  return planReconcile(desired, await readActual(engine, desired), options);
}

/** The plan's text, one line per item. */
export async function showPlan(engine: Engine, wanted: Wanted, options?: PlanOptions): Promise<readonly string[]> {
  return formatPlan(await planFor(engine, wanted, options)).split('\n');
}

export async function reconcile(engine: Engine, wanted: Wanted, options?: PlanOptions): Promise<Applied> {
  return applyPlan(engine, await planFor(engine, wanted, options));
}
