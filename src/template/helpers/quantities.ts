import { type HelperTable } from '../language/helper.ts';
import { splitList } from '../../model/network/parse-ports.ts';
import { textArgument } from './arguments.ts';
import { variables } from './text.ts';

/** Helpers that write values of props the way Compose wants them. */
export const QUANTITY_HELPERS: HelperTable = {
  duration: {
    doc: 'a duration with its unit: a plain number is seconds',
    example: { fragment: '{{duration "30"}} {{duration "1m30s"}}', gives: '30s 1m30s' },
    call: (call) => textArgument(call, 0).replace(/^\d+$/, '$&s'),
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
