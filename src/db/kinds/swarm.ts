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
  rollback: matches(/^(none|failure(:(0(\.\d{1,4})?|1(\.0{1,4})?))?)$/, 'failure, failure:RATIO from 0 to 1, or none'),
};
