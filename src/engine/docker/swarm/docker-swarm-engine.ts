import type { RegistryLogin } from '../../../model/image-source.ts';
import type { EngineLimits } from '../../engine-limits.ts';
import type { Service, ServiceBody, Task } from '../../swarm-api.ts';
import type {
  JoinTokens,
  Kept,
  KeptData,
  Membership,
  NewKeptData,
  NodeChange,
  SwarmAddresses,
  SwarmEngine,
  SwarmNode,
} from '../../swarm-engine.ts';
import { type DockerClient, isObject, openDocker, orUndefined, toPath } from '../docker-client.ts';
import type { Call } from '../engine-connection.ts';
import { readJoinTokens, readKept, readMembership, readNodes, readServices, readTasks } from './swarm-answers.ts';
import { callSwarm } from './swarm-failures.ts';

const ANY_ADDRESS = '0.0.0.0:2377';

/** Opens the interface for the swarm of a Docker engine; `socket` and errors as for `connectEngine`. */
export async function connectSwarmEngine(socket: string, limits?: EngineLimits): Promise<SwarmEngine> {
  return new DockerSwarmEngine(await openDocker(socket, limits));
}

class DockerSwarmEngine implements SwarmEngine {
  readonly socket: string;
  readonly #client: DockerClient;
  #known: readonly string[] = [];

  constructor(client: DockerClient) {
    this.#client = client;
    this.socket = client.socket;
  }

  async readMembership(): Promise<Membership> {
    const membership = await this.#get("cannot read the engine's part in a swarm", '/info', readMembership);
    this.#known = membership.managers.map(({ address }) => address);
    return membership;
  }

  readJoinTokens(): Promise<JoinTokens> {
    return this.#get('cannot read the join tokens of the swarm', '/swarm', readJoinTokens);
  }

  async init({ advertise, listen, dataPath }: SwarmAddresses): Promise<void> {
    await this.#send('cannot make a swarm', '/swarm/init', {
      ListenAddr: listen ?? ANY_ADDRESS,
      AdvertiseAddr: advertise ?? '',
      DataPathAddr: dataPath ?? '',
    });
  }

  async join({ advertise, listen, dataPath, remotes, token }: Parameters<SwarmEngine['join']>[0]): Promise<void> {
    await this.#send(`cannot join the swarm of "${remotes.join(', ')}"`, '/swarm/join', {
      ListenAddr: listen ?? ANY_ADDRESS,
      AdvertiseAddr: advertise ?? '',
      DataPathAddr: dataPath ?? '',
      RemoteAddrs: remotes,
      JoinToken: token,
    });
  }

  async leave({ force }: { readonly force: boolean }): Promise<void> {
    await this.#send('cannot leave the swarm', `/swarm/leave${force ? '?force=1' : ''}`);
  }

  listNodes(): Promise<readonly SwarmNode[]> {
    return this.#get('cannot list the nodes of the swarm', '/nodes', readNodes);
  }

  async updateNode(node: SwarmNode, { role, availability, labels }: NodeChange): Promise<void> {
    await this.#send(
      `cannot update node "${node.hostName}"`,
      `/nodes/${toPath(node.id)}/update?version=${node.version}`,
      {
        Role: role ?? node.role,
        Availability: availability ?? node.availability,
        Labels: labels ?? node.labels,
      },
    );
  }

  async removeNode(id: string, { force } = { force: false }): Promise<void> {
    await this.#remove(`cannot remove node "${id}"`, `/nodes/${toPath(id)}${force ? '?force=1' : ''}`);
  }

  listServices(): Promise<readonly Service[]> {
    return this.#get('cannot list the services of the swarm', '/services', readServices);
  }

  createService(body: ServiceBody, login?: RegistryLogin): Promise<string> {
    return this.#make(`cannot create service "${body.Name}"`, '/services/create', body, login);
  }

  async updateService(
    { id, name, version }: Pick<Service, 'id' | 'name' | 'version'>,
    body: ServiceBody,
    login?: RegistryLogin,
  ): Promise<void> {
    const path = `/services/${toPath(id)}/update?version=${version}&registryAuthFrom=spec`;
    await this.#call(`cannot update service "${name}"`, path, { method: 'POST', body, headers: headersOf(login) });
  }

  async removeService(id: string): Promise<void> {
    await this.#remove(`cannot remove service "${id}"`, `/services/${toPath(id)}`);
  }

  listTasks(service?: string): Promise<readonly Task[]> {
    const filter =
      service === undefined ? '' : `?filters=${encodeURIComponent(JSON.stringify({ service: [service] }))}`;
    return this.#get('cannot list the tasks of the swarm', `/tasks${filter}`, readTasks);
  }

  listKept(kind: Kept): Promise<readonly KeptData[]> {
    return this.#get(`cannot list the ${kind}s of the swarm`, `/${kind}s`, readKept);
  }

  /** dockerode would put the data into the URL, where a log shows it */
  createKept(kind: Kept, { name, labels, bytes }: NewKeptData): Promise<string> {
    const body = { Name: name, Labels: labels, Data: bytes.toString('base64') };
    return this.#make(`cannot create ${kind} "${name}"`, `/${kind}s/create`, body);
  }

  async removeKept(kind: Kept, id: string): Promise<void> {
    await this.#remove(`cannot remove ${kind} "${id}"`, `/${kind}s/${toPath(id)}`);
  }

  async #get<T>(what: string, path: string, read: (answer: unknown) => T): Promise<T> {
    return this.#bounded(what, async () => read(await this.#client.call(path, { method: 'GET', limit: 'read' })));
  }

  async #make(what: string, path: string, body: unknown, login?: RegistryLogin): Promise<string> {
    return this.#bounded(what, async () => {
      const made = await this.#client.call(path, { method: 'POST', body, headers: headersOf(login) });
      const id = isObject(made) ? (made['ID'] ?? made['Id']) : undefined;
      if (typeof id !== 'string') throw new Error('it does not say which one it made');
      return id;
    });
  }

  #send(what: string, path: string, body?: unknown): Promise<unknown> {
    return this.#call(what, path, { method: 'POST', body });
  }

  async #remove(what: string, path: string): Promise<void> {
    await this.#bounded(what, () => orUndefined(this.#client.call(path, { method: 'DELETE' })));
  }

  #call(what: string, path: string, call: Call): Promise<unknown> {
    return this.#bounded(what, () => this.#client.call(path, call));
  }

  #bounded<T>(what: string, run: () => Promise<T>): Promise<T> {
    return callSwarm(what, { client: this.#client, known: this.#known }, run);
  }
}

/** The nodes pull with it: the managers keep it with the service. */
function headersOf(login: RegistryLogin | undefined): Readonly<Record<string, string>> {
  if (login === undefined) return {};
  const known = { username: login.user, password: login.revealPassword(), serveraddress: login.registry };
  return { 'X-Registry-Auth': Buffer.from(JSON.stringify(known)).toString('base64url') };
}
