import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Whether the kernel can do what the routing mesh and virtual addresses of services need (IP_VS): it does it
 * already, or has a module for it, which the engine loads. Nothing is loaded for the question.
 */
export function hasRoutingMesh(root = '/', release = os.release()): boolean {
  if (existsSync(path.join(root, 'proc/net/ip_vs'))) return true;
  return ['modules.builtin', 'modules.dep'].some((file) => {
    try {
      return /(^|\/)ip_vs\.ko/m.test(readFileSync(path.join(root, 'lib/modules', release, file), 'utf8'));
    } catch {
      return false;
    }
  });
}
