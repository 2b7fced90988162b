import { isIP } from 'node:net';
import { checkHostName, checkPort } from './addresses.ts';
import { type Check, each, matches } from './check.ts';

const LABEL = String.raw`(node\.labels|engine\.labels)\.[\w./-]+`;
const ITEM = new RegExp(
  String.raw`^((node\.(id|hostname|role|ip|platform\.(os|arch))|${LABEL})(==|!=)[\w.:/-]+|spread:${LABEL})$`,
);

/** Kinds of props that make a container a service of the swarm. */
export const SWARM_CHECKS: Readonly<Record<string, Check>> = {
  replicas: matches(/^(0|[1-9]\d{0,4}|global)$/, 'a whole number of tasks, or global'),
  placement: each(
    matches(ITEM, 'as node.labels.zone==a, node.hostname!=n3 or spread:node.labels.zone'),
    'constraints as node.labels.zone==a, and spread:node.labels.zone',
  ),
  'manager-addresses': each(checkManager, 'HOST[:PORT], as 10.0.0.1 or [fd00::1]:2377'),
  ratio: matches(/^(0(\.\d{1,4})?|1(\.0{1,4})?)$/, 'a number from 0 to 1, as 0.3'),
  rollback: matches(/^(none|failure(:(0(\.\d{1,4})?|1(\.0{1,4})?))?)$/, 'failure, failure:RATIO from 0 to 1, or none'),
};

/** `10.0.0.1`, `web1.example.test:2377`, `[fd00::1]:2377` */
function checkManager(value: string): string | undefined {
  const [, ipv6, name = '', port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d+))?$/.exec(value) ?? [];
  const isHost = ipv6 === undefined ? isIP(name) === 4 || checkHostName(name) === undefined : isIP(ipv6) === 6;
  return isHost && (port === undefined || checkPort(port) === undefined)
    ? undefined
    : 'is not HOST[:PORT], as 10.0.0.1 or [fd00::1]:2377';
}
