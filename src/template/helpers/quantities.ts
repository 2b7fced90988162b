import { type HelperTable } from '../language/helper.ts';
import { splitList } from '../../model/network/parse-ports.ts';
import { parseMilliseconds } from '../../base/quantity.ts';
import { textArgument } from './arguments.ts';
import { variables } from './text.ts';

/** Helpers that write values of props the way Compose wants them. */
export const QUANTITY_HELPERS: HelperTable = {
  duration: {
    doc: 'a duration with its unit: a plain number is seconds',
    example: { fragment: '{{duration "30"}} {{duration "1m30s"}}', gives: '30s 1m30s' },
    call: (call) => textArgument(call, 0).replace(/^\d+$/, '$&s'),
  },
  seconds: {
    doc: 'a duration in whole seconds, rounded up, without a unit',
    example: { fragment: '{{seconds "30"}} {{seconds "1m30s"}} {{seconds "1500ms"}}', gives: '30 90 2' },
    call: (call) => String(Math.ceil((parseMilliseconds(textArgument(call, 0)) ?? 0) / 1000)),
  },
  ulimits: {
    doc: 'NAME=SOFT[:HARD],… as a list, each with .name, .soft and .hard',
    example: {
      fragment: '{{#each (ulimits "nofile=1024:2048,nproc=200")}}{{name}} {{soft}}-{{hard}} {{/each}}',
      gives: 'nofile 1024-2048 nproc 200-200 ',
    },
    call: (call) =>
      splitList(textArgument(call, 0)).map((item) => {
        const [name = '', soft = '', hard = soft] = item.split(/[=:]/);
        return variables({ name, soft, hard });
      }),
  },
  tmpfs: {
    doc: 'PATH[:OPTIONS],… as a list: options have commas too, and only a path begins with a slash',
    example: { fragment: '{{join (tmpfs "/run:size=1m,mode=1777,/tmp") " "}}', gives: '/run:size=1m,mode=1777 /tmp' },
    call: (call) => textArgument(call, 0).split(/,(?=\/)/),
  },
};
