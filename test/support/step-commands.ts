import { findCommand } from '../../src/cli/commands.ts';
import { stepCommands } from '../../src/cli/step-commands.ts';
import type { StepCommands } from '../../src/flow/step-part.ts';

/** Steps as processes that call the built program. */
export const STEPS_AS_PROCESSES: StepCommands = stepCommands(findCommand, false);

/** Nothing is done by a step; its name is printed. What it knows beforehand is asked as ever. */
export const STEPS_THAT_PRINT: StepCommands = {
  ...STEPS_AS_PROCESSES,
  run: ({ name }, _paths, onLine) => {
    onLine(`${name} was called`, 'stdout');
    return Promise.resolve(0);
  },
};
