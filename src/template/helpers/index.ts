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
import { STORED_HELPERS } from './stored.ts';
import { SWARM_HELPERS } from './swarm/deployment.ts';
import { SWARM_WEB_HELPERS } from './swarm/web.ts';
import { PEER_HELPERS } from './swarm/peers.ts';
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

/** All helpers by what they are about; the reference of helpers has them in this order. */
export const HELPER_GROUPS: Readonly<Record<string, HelperTable>> = {
  Records: RECORD_HELPERS,
  'Variables and choices': CHOICE_HELPERS,
  'Comparing, parts and other formats': TEXT_HELPERS,
  Text: STRING_HELPERS,
  'Regular expressions': PATTERN_HELPERS,
  Numbers: NUMBER_HELPERS,
  Lists: LIST_HELPERS,
  'Items of lists': ITEM_HELPERS,
  'Named values': MAP_HELPERS,
  'Networks and addresses': NETWORK_HELPERS,
  'Files, packages and users of the host': HOST_HELPERS,
  'As on the SME Server': SME_HELPERS,
  'Converted fragments': STORED_HELPERS,
  Containers: CONTAINER_HELPERS,
  'Data of containers': DATA_HELPERS,
  'Links between containers': LINK_HELPERS,
  'Services of a swarm': { ...SWARM_HELPERS, ...SWARM_WEB_HELPERS },
  'Nodes of a swarm': PEER_HELPERS,
  'Quantities of Compose': QUANTITY_HELPERS,
  'The engine': DAEMON_HELPERS,
  Names: NAME_HELPERS,
  Repositories: REPOSITORY_HELPERS,
  'Users and the registry': USER_HELPERS,
  Watches: WATCH_HELPERS,
  'By the clock': CLOCK_HELPERS,
};

/** Every helper that fragments can call; `if`, `unless`, `each` and `with` belong to the language. */
export const HELPERS: HelperTable = Object.fromEntries(
  Object.values(HELPER_GROUPS).flatMap((helpers) => Object.entries(helpers)),
);
