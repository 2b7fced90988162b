import { listWatches, WATCHES, WatchServiceRecord } from '../../model/watch/watch-record.ts';
import type { HelperTable } from '../language/helper.ts';
import { readsOf } from '../language/shape.ts';
import { textOption } from './arguments.ts';
import { ofConfiguration } from './reads.ts';

/** Helpers for the service that watches. */
export const WATCH_HELPERS: HelperTable = {
  watches: {
    doc: 'the names of the enabled records of watches; kind="webhook" for those of one type alone',
    example: { fragment: '{{join (watches)}}none', gives: 'none' },
    reads: [{ db: WATCHES }, ...readsOf({ db: WATCHES }, 'status')],
    call: (call) => {
      const kind = textOption(call, 'kind', '');
      return listWatches(call.snapshot)
        .filter((watch) => kind === '' || watch.kind === kind)
        .map(({ key }) => key);
    },
  },
  webhookPort: {
    doc: 'the loopback port on which docksmith watch hears webhooks',
    example: { fragment: '{{webhookPort}}', gives: '22999' },
    reads: ofConfiguration('docksmith-watch', 'TCPPort'),
    call: (call) => new WatchServiceRecord(call.snapshot).port,
  },
};
