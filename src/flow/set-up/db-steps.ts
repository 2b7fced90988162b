import { allocatePorts } from '../../model/network/allocate-ports.ts';
import { planSetUp, planShipped } from './setup.ts';
import type { StepPart } from '../step-part.ts';
import { planMadeRegistry } from './registry.ts';

/** Of `docksmith set-up`. */
export const setUpStep: StepPart = { planDbs: ({ paths }) => planSetUp(paths) };

/** Of no command: what an event does first where there are new defaults. */
export const newDefaultsStep: StepPart = { planDbs: ({ paths }) => Promise.resolve(planShipped(paths)) };

/** Of `docksmith make-registry`. */
export const makeRegistryStep: StepPart = {
  changesOnlyDbs: true,
  planDbs: async (host) => planMadeRegistry((await host.readHostState()).snapshot),
};

/** Of `docksmith allocate-ports`. */
export const allocatePortsStep: StepPart = {
  changesOnlyDbs: true,
  planDbs: async (host) => {
    const { snapshot, facts } = await host.readHostState();
    const changes = allocatePorts(snapshot, facts);
    return { changes, values: changes.map(({ db, key, prop, value }) => `${db} ${key} ${prop} ${value}`) };
  },
};
