import { listCalendars } from '../../base/schedule.ts';
import { CLOCK_EVENTS, listClockEvents } from '../../model/container-parts/clock.ts';
import { listEnabled } from '../../model/container.ts';
import type { HelperTable } from '../language/helper.ts';
import { containerArgument, textOption } from './arguments.ts';
import { ENABLED, ofContainers } from './reads.ts';
import { variables } from './text.ts';

/** Helpers for what is done by the clock. */
export const CLOCK_HELPERS: HelperTable = {
  schedules: {
    doc: 'what is done by the clock to all containers or to one, prop="RunAt" by that prop alone, each with .container, .event, .cron, .calendars and .persistent',
    example: { fragment: '{{#each (schedules)}}{{cron}} {{event}} {{container}}{{/each}}none', gives: 'none' },
    reads: [...ENABLED, ...ofContainers('Persistent', ...Object.keys(CLOCK_EVENTS))],
    call: (call) => {
      const prop = textOption(call, 'prop', '') || undefined;
      const containers = call.args.length > 0 ? [containerArgument(call, 0)] : listEnabled(call.snapshot);
      return containers
        .flatMap((one) => listClockEvents(one, prop))
        .map(({ container, event, schedule, isPersistent }) =>
          variables({
            container,
            event,
            cron: schedule.cron,
            calendars: listCalendars(schedule),
            persistent: isPersistent,
          }),
        );
    },
  },
};
