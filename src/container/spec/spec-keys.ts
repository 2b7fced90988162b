import { DEPLOY_KEYS } from './keys/deploy.ts';
import { FIELD_KEYS } from './keys/fields.ts';
import { HEALTH_KEYS } from './keys/health.ts';
import { HOOK_KEYS } from './keys/hooks.ts';
import { LIMIT_KEYS } from './keys/limits.ts';
import { NETWORK_KEYS } from './keys/network.ts';
import { OTHERS_KEYS } from './keys/others.ts';
import { PROCESS_KEYS } from './keys/process.ts';
import { SECURITY_KEYS } from './keys/security.ts';
import { STORAGE_KEYS } from './keys/storage.ts';
import type { SpecKey } from './spec-key.ts';

/**
 * The one table of the Compose keys that docksmith carries out; any other is an error.
 * `container_name` is not in it: it says which container, not what it is.
 */
export const SPEC_KEYS: readonly SpecKey[] = [
  ...PROCESS_KEYS,
  ...NETWORK_KEYS,
  ...OTHERS_KEYS,
  ...STORAGE_KEYS,
  ...LIMIT_KEYS,
  ...HEALTH_KEYS,
  ...SECURITY_KEYS,
  ...FIELD_KEYS,
  ...HOOK_KEYS,
  ...DEPLOY_KEYS,
];

/** Those whose change makes a new container. */
export const RECREATING_KEYS = SPEC_KEYS.filter(({ answer }) => answer === 'recreate');

/** Those that the engine changes on a living one. */
export const UPDATED_KEYS = SPEC_KEYS.filter(({ answer }) => answer === 'update');
