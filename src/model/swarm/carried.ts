import { ROLLOUT_PROPS } from '../container-parts/deployment.ts';

/** What becomes of one key of a run spec that a swarm runs. */
export interface Carried {
  /** `as it is`, `otherwise`, or `refused` */
  readonly how: 'as it is' | 'otherwise' | 'refused';
  /** how else, or why not; empty: nothing is to be said */
  readonly words: string;
  /** the props of `docker_containers` that say it; PROP.NAME is meant by PROP, too */
  readonly props: readonly string[];
}

const asItIs = (...props: readonly string[]): Carried => ({ how: 'as it is', words: '', props });
const otherwise = (words: string, ...props: readonly string[]): Carried => ({ how: 'otherwise', words, props });
const refused = (words: string, ...props: readonly string[]): Carried => ({ how: 'refused', words, props });

const NO_FIELD = 'the engine has no such setting for a service';
const ONE_HOST = 'it shares something of a container of the same host, and a task may run on any node';

/**
 * What a swarm can carry, for each key of a run spec (docs/swarm.md shows it). A key that is not in it is refused by
 * the run spec itself.
 */
export const CARRIED: Readonly<Record<string, Carried>> = {
  image: otherwise('with its digest, where this node knows it from a registry', 'Image'),
  command: asItIs('Command'),
  entrypoint: asItIs('Entrypoint'),
  environment: asItIs('Env', 'EnvSecrets'),
  env_file: otherwise('what the file says is sent', 'EnvFile'),
  labels: asItIs('Labels'),
  user: asItIs('User'),
  group_add: asItIs('GroupAdd'),
  working_dir: asItIs('WorkingDir'),
  hostname: asItIs('Hostname'),
  tty: asItIs('Tty'),
  stdin_open: asItIs('StdinOpen'),
  read_only: asItIs('ReadOnly'),
  init: asItIs('Init'),
  stop_signal: asItIs('StopSignal'),
  stop_grace_period: asItIs('StopTimeout'),
  healthcheck: asItIs('HealthCmd', 'HealthExec', 'HealthInterval', 'HealthTimeout', 'HealthRetries', 'HealthStart'),
  logging: asItIs('LogDriver', 'LogMaxSize', 'LogMaxFile', 'LogOpt'),
  dns: asItIs('Dns'),
  dns_search: asItIs('DnsSearch'),
  dns_opt: asItIs('DnsOptions'),
  extra_hosts: asItIs('ExtraHosts'),
  sysctls: asItIs('Sysctls'),
  ulimits: asItIs('Ulimits'),
  cap_add: asItIs('CapAdd'),
  cap_drop: asItIs('CapDrop'),
  deploy: asItIs(...ROLLOUT_PROPS, 'Deploy'),
  container_name: otherwise('the name of the service'),
  expose: otherwise('nothing is to be sent: tasks on one network reach all ports', 'Expose'),
  networks: otherwise('overlay networks, without fixed addresses', 'network', 'Networks', 'NetworkAlias'),
  network_mode: otherwise('bridge alone, which is the network that each node has for tasks', 'network'),
  ports: otherwise(
    'by the swarm (PublishMode ingress) or the nodes that run a task (host), on all addresses',
    ...['TCPPort', 'UDPPort', 'PortMapping', 'PortMappingPorts', 'PublishMode'],
  ),
  secrets: otherwise(
    'secrets of the swarm, named by their digests; those that it keeps already, as they are',
    ...['Secrets', 'SwarmSecrets'],
  ),
  configs: otherwise('those that the swarm keeps already', 'SwarmConfigs'),
  volumes: otherwise(
    'volumes by name, of each node by itself; single files that are mounted with ro as configs of the swarm, named by their digests; folders that every node has (NodeFolders of docker)',
    ...['MountPath', 'Volumes', 'DataMountPath'],
  ),
  tmpfs: otherwise('with size and mode, and no other option', 'Tmpfs'),
  shm_size: otherwise('a tmpfs on /dev/shm', 'ShmSize'),
  restart: otherwise('restart_policy: no is none, on-failure:N has N attempts, all else is any', 'Restart'),
  mem_limit: otherwise('a limit of resources', 'MaxMemory'),
  mem_reservation: otherwise('a reservation: a node with less to give runs no task', 'MemoryReservation'),
  cpus: otherwise('a limit of resources', 'CPUs'),
  pids_limit: otherwise('a limit of resources', 'PidsLimit'),
  depends_on: refused(
    'a swarm starts tasks in any order, also when a node fails: the program has to wait',
    'DependsOn',
  ),
  links: refused('services find each other by name on an overlay network', 'Interlinked'),
  external_links: refused('services find each other by name on an overlay network', 'ExternalLinks'),
  volumes_from: refused(ONE_HOST, 'VolumesFrom'),
  pid: refused(ONE_HOST, 'Pid'),
  ipc: refused(ONE_HOST, 'Ipc'),
  uts: refused(NO_FIELD, 'Uts'),
  userns_mode: refused(NO_FIELD, 'UsernsMode'),
  cgroup: refused(NO_FIELD, 'Cgroup'),
  cgroup_parent: refused(NO_FIELD, 'CgroupParent'),
  runtime: refused(NO_FIELD, 'Runtime'),
  privileged: refused(NO_FIELD, 'Privileged'),
  security_opt: refused(NO_FIELD, 'SecurityOpt'),
  devices: refused(NO_FIELD, 'Devices'),
  device_cgroup_rules: refused(NO_FIELD, 'DeviceRules'),
  gpus: refused(NO_FIELD, 'Gpus', 'DeviceRequests'),
  cpu_shares: refused(NO_FIELD, 'CPUShares'),
  cpuset: refused(NO_FIELD, 'CPUSet'),
  cpu_period: refused(NO_FIELD, 'CPUPeriod'),
  cpu_quota: refused(NO_FIELD, 'CPUQuota'),
  cpu_rt_period: refused(NO_FIELD, 'CPURealtimePeriod'),
  cpu_rt_runtime: refused(NO_FIELD, 'CPURealtimeRuntime'),
  memswap_limit: refused(NO_FIELD, 'MemorySwap'),
  mem_swappiness: refused(NO_FIELD, 'MemorySwappiness'),
  oom_kill_disable: refused(NO_FIELD, 'OomKillDisable'),
  oom_score_adj: refused(NO_FIELD, 'OomScoreAdj'),
  blkio_config: refused(NO_FIELD, 'BlkioConfig'),
  storage_opt: refused(NO_FIELD, 'StorageOptions'),
  annotations: refused(NO_FIELD, 'Annotations'),
  domainname: refused(NO_FIELD, 'Domainname'),
  mac_address: refused(NO_FIELD, 'MacAddress'),
  post_start: refused('docksmith runs nothing in tasks, which may be on other nodes', 'PostStart'),
  pre_stop: refused('docksmith runs nothing in tasks, which may be on other nodes', 'PreStop'),
};

/** Props without a key of their own that a service cannot have, and why. */
export const REFUSED_PROPS: Readonly<Record<string, string>> = {
  'Content.git': 'its content is a folder of this host',
  NetworkAddress: 'a swarm gives the addresses of tasks by itself',
  NetworkOptions: 'a swarm gives the addresses of tasks by itself',
  HealthPort: 'a task on another node cannot be asked from here: HealthCmd is asked where it runs',
  HealthPath: 'a task on another node cannot be asked from here: HealthCmd is asked where it runs',
};
