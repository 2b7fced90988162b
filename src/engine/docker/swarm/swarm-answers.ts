import { Field } from '../../../files/state-file.ts';
import type { Labels, PublishedPort, Service, ServiceBody, Task, TaskTemplate } from '../../swarm-api.ts';
import type { JoinTokens, KeptData, Membership, NodeRole, SwarmNode, Availability } from '../../swarm-engine.ts';
import { readAnswer } from '../engine-answers.ts';

/** The part `Swarm` of `/info`. */
export function readMembership(answer: unknown): Membership {
  return readAnswer(answer, (info) => {
    const swarm = info.get('Swarm');
    const cluster = orNone(swarm.get('Cluster'));
    const id = cluster === undefined ? '' : textOf(cluster.get('ID'));
    const port = cluster?.get('DataPathPort').optional((field) => field.number()) ?? 0;
    return {
      state: swarm.get('LocalNodeState').text() as Membership['state'],
      node: textOf(swarm.get('NodeID')),
      address: textOf(swarm.get('NodeAddr')),
      isManager: swarm.get('ControlAvailable').value === true,
      error: textOf(swarm.get('Error')),
      managers:
        orNone(swarm.get('RemoteManagers'))?.list((manager) => ({
          id: textOf(manager.get('NodeID')),
          address: textOf(manager.get('Addr')),
        })) ?? [],
      // without a quorum it is there and empty
      ...(id === '' ? {} : { swarm: { id, dataPathPort: port === 0 ? DATA_PATH_PORT : port } }),
    };
  });
}

/** Of VXLAN, where nothing else was said when the swarm was made. */
const DATA_PATH_PORT = 4789;

export function readJoinTokens(answer: unknown): JoinTokens {
  return readAnswer(answer, (swarm) => {
    const tokens = swarm.get('JoinTokens');
    return { worker: tokens.get('Worker').text(), manager: tokens.get('Manager').text() };
  });
}

export function readNodes(answer: unknown): readonly SwarmNode[] {
  return readAnswer(answer, (all) =>
    all.list((node) => {
      const spec = node.get('Spec');
      const description = orNone(node.get('Description'));
      const status = node.get('Status');
      const manager = orNone(node.get('ManagerStatus'));
      return {
        id: node.get('ID').text(),
        version: versionOf(node),
        // one that never came up tells nothing of itself
        hostName: description === undefined ? '' : textOf(description.get('Hostname')),
        role: spec.get('Role').text() as NodeRole,
        availability: spec.get('Availability').text() as Availability,
        labels: labelsOf(spec),
        state: status.get('State').text(),
        message: textOf(status.get('Message')),
        address: textOf(status.get('Addr')),
        engineVersion: textOf(orNone(description?.get('Engine'))?.get('EngineVersion')),
        ...(manager === undefined
          ? {}
          : {
              manager: {
                isLeader: manager.get('Leader').value === true,
                reachability: textOf(manager.get('Reachability')),
                address: textOf(manager.get('Addr')),
              },
            }),
      };
    }),
  );
}

export function readServices(answer: unknown): readonly Service[] {
  return readAnswer(answer, (all) =>
    all.list((service) => {
      const body = bodyOf(service.get('Spec'));
      const previous = orNone(service.get('PreviousSpec'));
      const update = orNone(service.get('UpdateStatus'));
      const started = textOf(update?.get('StartedAt'));
      const completed = textOf(update?.get('CompletedAt'));
      return {
        id: service.get('ID').text(),
        name: body.Name,
        version: versionOf(service),
        body,
        created: service.get('CreatedAt').text(),
        updated: service.get('UpdatedAt').text(),
        ports: portsOf(orNone(service.get('Endpoint'))?.get('Ports')),
        ...(previous === undefined ? {} : { previous: bodyOf(previous) }),
        // newer engines send it empty where there is none
        ...(update === undefined || textOf(update.get('State')) === ''
          ? {}
          : {
              update: {
                state: update.get('State').text(),
                message: textOf(update.get('Message')),
                ...(started === '' ? {} : { started }),
                ...(completed === '' ? {} : { completed }),
              },
            }),
      };
    }),
  );
}

function bodyOf(spec: Field): ServiceBody {
  spec.get('Name').text();
  spec.get('TaskTemplate').get('ContainerSpec').get('Image').text();
  spec.get('Mode').map(() => undefined);
  return { ...(spec.value as ServiceBody), Labels: labelsOf(spec) };
}

export function readTasks(answer: unknown): readonly Task[] {
  return readAnswer(answer, (all) =>
    all.list((task) => {
      const status = task.get('Status');
      const container = orNone(status.get('ContainerStatus'));
      const exitCode = container?.get('ExitCode').optional((code) => code.number());
      const id = textOf(container?.get('ContainerID'));
      const node = textOf(task.get('NodeID'));
      const slot = task.get('Slot').optional((number) => number.number());
      return {
        id: task.get('ID').text(),
        service: textOf(task.get('ServiceID')),
        state: status.get('State').text(),
        desired: task.get('DesiredState').text(),
        message: textOf(status.get('Message')),
        error: textOf(status.get('Err')),
        image: task.get('Spec').get('ContainerSpec').get('Image').text(),
        since: status.get('Timestamp').text(),
        created: task.get('CreatedAt').text(),
        ports: portsOf(orNone(status.get('PortStatus'))?.get('Ports')),
        template: task.get('Spec').value as TaskTemplate,
        addresses: addressesOf(orNone(task.get('NetworksAttachments'))),
        ...(node === '' ? {} : { node }),
        ...(slot === undefined ? {} : { slot }),
        ...(exitCode === undefined ? {} : { exitCode }),
        ...(id === '' ? {} : { container: id }),
      };
    }),
  ).toSorted((a, b) => (a.created < b.created ? 1 : -1));
}

function addressesOf(attachments: Field | undefined): Labels {
  return Object.fromEntries(
    attachments?.list((attachment) => [
      textOf(attachment.get('Network').get('Spec').get('Name')),
      (orNone(attachment.get('Addresses'))?.list((address) => address.text())[0] ?? '').replace(/\/.*/, ''),
    ]) ?? [],
  );
}

/** Secrets and configs; what they hold is left out. */
export function readKept(answer: unknown): readonly KeptData[] {
  return readAnswer(answer, (all) =>
    all.list((one) => ({
      id: one.get('ID').text(),
      name: one.get('Spec').get('Name').text(),
      labels: labelsOf(one.get('Spec')),
      created: one.get('CreatedAt').text(),
    })),
  );
}

function portsOf(field: Field | undefined): readonly PublishedPort[] {
  return (field && orNone(field))?.list((port) => port.value as PublishedPort) ?? [];
}

function versionOf(one: Field): number {
  return one.get('Version').get('Index').number();
}

function labelsOf(spec: Field): Labels {
  return Object.fromEntries(orNone(spec.get('Labels'))?.map((label) => label.text()) ?? []);
}

function textOf(field: Field | undefined): string {
  return (field && orNone(field))?.text() ?? '';
}

/** The engine says null where it has none. */
function orNone(field: Field | undefined): Field | undefined {
  return field?.value === undefined || field.value === null ? undefined : field;
}
