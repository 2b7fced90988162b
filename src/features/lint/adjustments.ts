import type { ServiceToAdjust } from '../../event/steps.ts';
import { readText } from '../../files/read-file.ts';
import { DOCKER } from '../../flow/daemon/foreign-daemon.ts';
import type { Paths } from '../../base/paths.ts';
import { readMetadata } from '../../template/read-metadata.ts';
import type { LintFinding } from './finding.ts';
import { type ListedEvent, type Tree, withExtra } from './tree.ts';

/**
 * Services that an event adjusts after a change of their files, where no file of the event is theirs; and those
 * whose files change, where no event adjusts them.
 */
export function findUnadjusted(paths: Paths, tree: Tree): readonly LintFinding[] {
  return [...tree.events.flatMap((event) => findIdleServices(paths, event, tree)), ...findServicesWithoutEvent(tree)];
}

function findIdleServices(paths: Paths, event: ListedEvent, { templates }: Tree): readonly LintFinding[] {
  // what a script of the event calls may expand others
  const scripts = event.scripts.map((file) => readText(file, 'latin1'));
  const called = [...templates.values()].filter(({ template }) => scripts.some((text) => text.includes(template)));
  const own = [
    ...event.templates.map(withExtra).map(({ template, extra }) => readMetadata(paths, template, extra)),
    ...called.map(({ metadata }) => metadata),
  ];
  const isIdle = ({ service, always }: ServiceToAdjust): boolean =>
    !always && !own.some(({ services }) => services.includes(service));
  // one without files does what is pending from others
  const isForOthers = ({ service }: ServiceToAdjust): boolean =>
    own.length === 0 && [...templates.values()].some(({ metadata }) => metadata.services.includes(service));
  return event.services
    .filter((service) => isIdle(service) && !isForOthers(service))
    .map(({ service, from = '' }): LintFinding => {
      const [template = '/PATH'] = event.templates.map((one) => one.template);
      return {
        rule: 'service-not-adjusted',
        level: 'fault',
        at: { file: from },
        what: `event "${event.event}" does not adjust ${service}: no template of it has SERVICES = ${service}`,
        why: 'a service is adjusted when a file changed whose metadata names it',
        advice: `SERVICES = ${service} in /etc/docksmith/templates.metadata${template}; or a line "always" in ${from}`,
      };
    });
}

function findServicesWithoutEvent({ templates, events }: Tree): readonly LintFinding[] {
  const adjusted = new Set([DOCKER, ...events.flatMap((event) => event.services.map(({ service }) => service))]);
  const expandedBy = (template: string): string | undefined =>
    events.find((event) => event.templates.some((one) => one.template === template))?.event;
  return [...templates.values()].flatMap(({ template, metadata }): readonly LintFinding[] => {
    const event = expandedBy(template);
    if (event === undefined) return [];
    return metadata.services
      .filter((service) => !adjusted.has(service))
      .map((service) => ({
        rule: 'service-not-adjusted',
        level: 'fault',
        at: metadata.places.get('SERVICES') ?? { file: metadata.file ?? template },
        what: `no event adjusts ${service}, whose file ${template} makes`,
        why: 'its adjustment stays pending after a change of the file',
        advice: `echo restart > /etc/docksmith/events/${event}/services2adjust/${service}`,
      }));
  });
}
