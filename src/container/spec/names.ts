/** Labels that docksmith puts on a container; nothing without them is ever touched. */
export const OWN_PREFIX = 'docksmith.';
export const MANAGED_LABEL = 'docksmith.managed';
export const NAME_LABEL = 'docksmith.name';
export const HASH_LABEL = 'docksmith.spec-hash';
export const SPEC_LABEL = 'docksmith.spec';

/** On a one-off of `docksmith run`: in whose surroundings it runs. It has no other label of ours: no plan sees it. */
export const RUN_LABEL = 'docksmith.run';

/** On the same: the process that waits for its end and then removes it, as `markProcess` says it. */
export const RUN_BY_LABEL = 'docksmith.run-by';

/** On an adopted container: the keys that its record says otherwise than it is. */
export const KEPT_LABEL = 'docksmith.kept';

/** The engine's own, on the container of a task: the name of its service. */
export const TASK_LABEL = 'com.docker.swarm.service.name';

/** Whether what the engine has is docksmith's. */
export function isOurs({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean {
  return labels[MANAGED_LABEL] === 'true';
}

/** Says in a run spec at which path of the container its data is. */
export const DATA_LABEL = 'docksmith.data';

/** Says in a run spec what the container is there for, unless it is a service. */
const ROLE_LABEL = 'docksmith.role';

/** Whether a container is created only, since others have its volumes. @param labels of its run spec */
export function isNeverStarted(labels: Readonly<Record<string, string>>): boolean {
  return labels[ROLE_LABEL] === 'data';
}

/** Whether it runs to its end when somebody or the clock asks for it. @param labels of its run spec */
export function isJob(labels: Readonly<Record<string, string>>): boolean {
  return labels[ROLE_LABEL] === 'job';
}

/** Whether reconciling makes it and does not start it. @param labels of its run spec */
export function isCreatedOnly(labels: Readonly<Record<string, string>>): boolean {
  return isNeverStarted(labels) || isJob(labels);
}

/** Whether it is for a host that has its image, and nothing elsewhere. @param labels of its run spec */
export function isOptional(labels: Readonly<Record<string, string>>): boolean {
  return labels[ROLE_LABEL] === 'dom0';
}

/** Says in a run spec which signal makes the container read its files again; `none`: it looks itself. */
export const RELOAD_LABEL = 'docksmith.reload-signal';

/**
 * The name of an old container while its successor is made; `.` keeps it apart from any record that docksmith
 * itself would name so.
 */
export const REPLACED_SUFFIX = '.docksmith-old';

/** What the engine takes as a name, except for those that we put old containers aside under. */
export function isContainerName(name: string): boolean {
  return /^[a-zA-Z0-9][\w.-]+$/.test(name) && !name.endsWith(REPLACED_SUFFIX);
}
