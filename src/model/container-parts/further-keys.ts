/** How the value of a prop becomes that of a key: as it is, as a flag, or item by item. */
type Form = 'text' | 'flag' | 'list' | 'map' | 'json';

/** A key of a run spec that one prop says, and nothing else. */
export interface FurtherKey {
  readonly key: string;
  readonly prop: string;
  readonly form: Form;
}

/**
 * Keys without a meaning of their own for docksmith: the fragment 95further writes what the props say, and adopting
 * writes the props. A list and a map have the second form PROP.NAME, one item each, which may hold commas; a text of
 * JSON says what has several parts.
 */
export const FURTHER_KEYS: readonly FurtherKey[] = [
  { key: 'annotations', prop: 'Annotations', form: 'map' },
  { key: 'blkio_config', prop: 'BlkioConfig', form: 'json' },
  { key: 'cgroup', prop: 'Cgroup', form: 'text' },
  { key: 'cgroup_parent', prop: 'CgroupParent', form: 'text' },
  { key: 'cpu_period', prop: 'CPUPeriod', form: 'text' },
  { key: 'cpu_quota', prop: 'CPUQuota', form: 'text' },
  { key: 'cpu_rt_period', prop: 'CPURealtimePeriod', form: 'text' },
  { key: 'cpu_rt_runtime', prop: 'CPURealtimeRuntime', form: 'text' },
  { key: 'device_cgroup_rules', prop: 'DeviceRules', form: 'list' },
  { key: 'dns_opt', prop: 'DnsOptions', form: 'list' },
  { key: 'domainname', prop: 'Domainname', form: 'text' },
  { key: 'external_links', prop: 'ExternalLinks', form: 'list' },
  { key: 'gpus', prop: 'DeviceRequests', form: 'json' },
  { key: 'group_add', prop: 'GroupAdd', form: 'list' },
  { key: 'ipc', prop: 'Ipc', form: 'text' },
  { key: 'mac_address', prop: 'MacAddress', form: 'text' },
  { key: 'mem_swappiness', prop: 'MemorySwappiness', form: 'text' },
  { key: 'memswap_limit', prop: 'MemorySwap', form: 'text' },
  { key: 'oom_kill_disable', prop: 'OomKillDisable', form: 'flag' },
  { key: 'oom_score_adj', prop: 'OomScoreAdj', form: 'text' },
  { key: 'pid', prop: 'Pid', form: 'text' },
  { key: 'post_start', prop: 'PostStart', form: 'json' },
  { key: 'pre_stop', prop: 'PreStop', form: 'json' },
  { key: 'runtime', prop: 'Runtime', form: 'text' },
  { key: 'stdin_open', prop: 'StdinOpen', form: 'flag' },
  { key: 'storage_opt', prop: 'StorageOptions', form: 'map' },
  { key: 'tty', prop: 'Tty', form: 'flag' },
  { key: 'userns_mode', prop: 'UsernsMode', form: 'text' },
  { key: 'uts', prop: 'Uts', form: 'text' },
];
