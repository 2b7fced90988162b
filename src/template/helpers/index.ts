import type { HelperTable } from '../language/helper.ts';
import { CLOCK_HELPERS } from './clock.ts';
import { CONTAINER_HELPERS } from './containers.ts';
import { DAEMON_HELPERS } from './daemon.ts';
import { DATA_HELPERS } from './data.ts';
import { HOST_HELPERS } from './host.ts';
import { LINK_HELPERS } from './links.ts';
import { NAME_HELPERS } from './names.ts';
import { NETWORK_HELPERS } from './networks.ts';
import { QUANTITY_HELPERS } from './quantities.ts';
import { RECORD_HELPERS } from './records.ts';
import { REPOSITORY_HELPERS } from './repositories.ts';
import { SME_HELPERS } from './sme.ts';
import { TEXT_HELPERS } from './text.ts';
import { USER_HELPERS } from './users.ts';
import { CHOICE_HELPERS } from './values/choices.ts';
import { ITEM_HELPERS } from './values/items.ts';
import { LIST_HELPERS } from './values/lists.ts';
import { MAP_HELPERS } from './values/maps.ts';
import { NUMBER_HELPERS } from './values/numbers.ts';
import { PATTERN_HELPERS } from './values/patterns.ts';
import { STRING_HELPERS } from './values/strings.ts';
import { WATCH_HELPERS } from './watches.ts';

/** Every helper that fragments can call; `if`, `unless`, `each` and `with` belong to the language. */
export const HELPERS: HelperTable = {
  ...RECORD_HELPERS,
  ...LINK_HELPERS,
  ...QUANTITY_HELPERS,
  ...CHOICE_HELPERS,
  ...TEXT_HELPERS,
  ...STRING_HELPERS,
  ...PATTERN_HELPERS,
  ...NUMBER_HELPERS,
  ...LIST_HELPERS,
  ...ITEM_HELPERS,
  ...MAP_HELPERS,
  ...CONTAINER_HELPERS,
  ...DATA_HELPERS,
  ...DAEMON_HELPERS,
  ...NETWORK_HELPERS,
  ...NAME_HELPERS,
  ...REPOSITORY_HELPERS,
  ...USER_HELPERS,
  ...WATCH_HELPERS,
  ...HOST_HELPERS,
  ...SME_HELPERS,
  ...CLOCK_HELPERS,
};
