import { throwAll } from '../base/errors.ts';
import { findEntry, tryTo } from './inputs.ts';
import { type ComposeModel, isActive, listProfiles } from './read-project.ts';

/**
 * The services that are not started without being asked for, with what is said of each.
 * @param isRunning a service that runs was asked for once
 * @throws Failure(s) for what needs one of them
 */
export function findLeftInactive(
  project: ComposeModel,
  isRunning: (service: string) => boolean,
): ReadonlyMap<string, string> {
  const inactive = new Map(
    [...project.services].flatMap(([name, service]) => {
      if (isActive(service, project) || isRunning(name)) return [];
      const [profile = ''] = listProfiles(service);
      return [
        [name, `service "${name}" is left out: it has the profile ${profile}, which --profile ${profile} asks for`],
      ] as const;
    }),
  );
  throwAll(
    [...project.services]
      .filter(([name]) => !inactive.has(name) && !isRunning(name))
      .flatMap(([, service]) => {
        const said = findEntry(service, 'depends_on');
        const needs =
          said?.items?.map((item) => [String(item.scalar), item] as const) ??
          said?.entries?.filter(
            ([, how]) => !['false', 'False'].includes(String(findEntry(how, 'required')?.scalar)),
          ) ??
          [];
        return needs.flatMap(([need, input]) => {
          const other = project.services.get(need);
          if (other === undefined || !inactive.has(need)) return [];
          const [profile = ''] = listProfiles(other);
          return (
            tryTo(() =>
              input.refuse(`it needs service "${need}", whose profile nobody asked for`, `--profile ${profile}`),
            ).failures ?? []
          );
        });
      }),
  );
  return inactive;
}
