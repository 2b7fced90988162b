import { ROLLOUT_PROPS } from '../../../model/container-parts/deployment.ts';
import type { HelperTable } from '../../language/helper.ts';
import { containerArgument, textArgument } from '../arguments.ts';
import { ofContainers } from '../reads.ts';
import { variables } from '../text.ts';
import { VariableMap, Verbatim } from '../../language/value.ts';

/** Helpers for what a swarm runs. */
export const SWARM_HELPERS: HelperTable = {
  deployment: {
    doc: 'how a swarm runs a container whose record has Replicas: .mode, .replicas, .constraints, .spread, .maxPerNode, .order, .parallelism, .delay, .onFailure, .ratio and .publishMode; nothing for a container of this host',
    example: {
      fragment: '{{#with (deployment (record "docker_containers" "git"))}}{{mode}}{{else}}none{{/with}}',
      gives: 'none',
    },
    reads: ofContainers(...ROLLOUT_PROPS, 'PublishMode'),
    call: (call) => {
      const container = containerArgument(call, 0);
      const { replicas, placement, rollback } = container;
      const deployment = variables({
        mode: replicas === 'global' ? 'global' : 'replicated',
        replicas: replicas === 'global' ? '' : replicas,
        constraints: placement.constraints,
        spread: placement.spread,
        maxPerNode: container.maxPerNode,
        order: container.updateOrder,
        parallelism: container.updateParallelism,
        delay: container.updateDelay,
        onFailure: rollback.action,
        ratio: rollback.ratio === 0 ? '' : String(rollback.ratio),
        publishMode: container.publishMode,
      });
      return container.isSwarmService ? deployment : '';
    },
  },
  publishMode: {
    doc: 'who answers at a published port of a service, ingress or host, by the number of the port and its protocol',
    example: { fragment: '{{publishMode (record "docker_containers" "git") "53" "udp"}}', gives: 'ingress' },
    reads: ofContainers('PublishMode', 'PublishMode.*'),
    call: (call) => {
      const [port, protocol] = [textArgument(call, 1), textArgument(call, 2)];
      return containerArgument(call, 0).publishModeOf(protocol === 'tcp' ? port : `${port}/${protocol}`);
    },
  },
  deployFields: {
    doc: "further fields of Compose's deploy, by Deploy.FIELD of a record, each with .key and .value, which is finished YAML",
    example: {
      fragment: '{{#each (deployFields (record "docker_containers" "git"))}}{{key}}{{/each}}none',
      gives: 'none',
    },
    reads: ofContainers('Deploy.*'),
    call: (call) =>
      nestFields(containerArgument(call, 0).deployFields).map(
        ([key, value]) =>
          new VariableMap([
            ['key', key],
            ['value', new Verbatim(JSON.stringify(value).replaceAll('$', '$$$$'))],
          ]),
      ),
  },
  keptFiles: {
    doc: 'secrets or configs that the swarm keeps already, by SwarmSecrets or SwarmConfigs of a record, each with .name, .target, .mode, .uid, .gid, and .first unless it came before',
    example: {
      fragment: '{{#each (keptFiles (record "docker_containers" "git") "secret")}}{{name}}{{/each}}none',
      gives: 'none',
    },
    reads: ofContainers('SwarmSecrets', 'SwarmConfigs'),
    call: (call) => {
      const kind = textArgument(call, 1) === 'config' ? 'config' : 'secret';
      return containerArgument(call, 0).keptFiles[kind].map((text, n, all) => {
        const [name = '', target = '', mode = '', uid = '', gid = ''] = text.split(':');
        const first = all.findIndex((other) => other.split(':')[0] === name) === n;
        return variables({ name, target, mode, uid, gid: uid === '' ? '' : gid || '0', first });
      });
    },
  },
};

/** `restart_policy.delay` -> `{restart_policy: {delay: …}}`; a label may have dots of its own. */
function nestFields(fields: Readonly<Record<string, string>>): readonly (readonly [string, unknown])[] {
  const nested = new Map<string, unknown>();
  for (const [path, value] of Object.entries(fields)) {
    const [top = '', ...below] = path.split('.');
    const names = top === 'labels' ? [below.join('.')] : below;
    const held = names.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
    nested.set(top, mergeMaps(nested.get(top), held));
  }
  return [...nested];
}

function mergeMaps(one: unknown, other: unknown): unknown {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null) return other;
  const merged: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) merged[name] = mergeMaps(merged[name], value);
  return merged;
}
