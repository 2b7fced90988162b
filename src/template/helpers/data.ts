import { type DataMount, findDataMount } from '../../model/data-mount.ts';
import { findContentMount } from '../../model/content.ts';
import { ContentRecord } from '../../model/content-record.ts';
import { splitVolumes } from '../../base/mount-options.ts';
import { listRecordedVolumes, VOLUME_READS, VOLUMES } from '../../model/container-parts/volumes.ts';
import { readsOf } from '../language/shape.ts';
import type { HelperCall, HelperTable } from '../language/helper.ts';
import { containerArgument, recordArgument, textArgument, textOption } from './arguments.ts';
import { DATA, ofContainers } from './reads.ts';
import { variables } from './text.ts';

const find = (call: HelperCall): DataMount | undefined => findDataMount(containerArgument(call, 0));

/** Helpers that know where the data of a container lives. */
export const DATA_HELPERS: HelperTable = {
  dataMount: {
    doc: 'the data of a container as Compose mounts it; empty for one without DataMountPath',
    example: {
      fragment: '{{dataMount (record "docker_containers" "git")}} [{{dataMount (record "docker_containers" "wiki")}}]',
      gives: 'git-data:/data []',
    },
    reads: DATA,
    call: (call) => {
      const data = find(call);
      return data === undefined ? '' : [data.source, data.target, ...(data.isWritable ? [] : ['ro'])].join(':');
    },
  },
  dataTarget: {
    doc: 'where a container finds its data',
    example: { fragment: '{{dataTarget (record "docker_containers" "git")}}', gives: '/data' },
    reads: DATA,
    call: (call) => find(call)?.target ?? '',
  },
  contentMount: {
    doc: 'the folder with the content of a container from git as Compose mounts it; empty for one without Content.git',
    example: { fragment: '[{{contentMount (record "docker_containers" "git")}}]', gives: '[]' },
    reads: ofContainers('Content.git', 'ContentPath'),
    call: (call) => findContentMount(new ContentRecord(call.snapshot, recordArgument(call, 0).key)) ?? '',
  },
  volumes: {
    doc: 'a Volumes as a list, each with .name (empty for an anonymous one) and .mount, as Compose writes it; named="yes" for those with a name alone',
    example: {
      fragment: '{{#each (volumes "cache:/var/cache,conf:/etc/app:ro")}}{{name}} {{mount}} {{/each}}',
      gives: 'cache cache:/var/cache conf conf:/etc/app:ro ',
    },
    call: (call) =>
      splitVolumes(textArgument(call, 0))
        .map((mount) => ({ name: mount.startsWith('/') ? '' : (mount.split(':')[0] ?? ''), mount }))
        .filter(({ name }) => name !== '' || textOption(call, 'named', '') === '')
        .map(variables),
  },
  recordedVolumes: {
    doc: 'the volumes of a container that docker_volumes has records of, each with .name, .external, .driver, .options and .labels',
    example: {
      fragment: '{{#each (recordedVolumes (record "docker_containers" "git"))}}{{name}}{{/each}}none',
      gives: 'none',
    },
    reads: [...DATA, ...ofContainers('Volumes'), { db: VOLUMES }, ...readsOf({ db: VOLUMES }, ...VOLUME_READS)],
    call: (call) =>
      listRecordedVolumes(containerArgument(call, 0)).map(({ options, labels, ...volume }) =>
        variables({ ...volume, options: variables(options), labels: variables(labels) }),
      ),
  },
  dataVolume: {
    doc: 'the volume with the data of a container; empty where it is a folder of the host',
    example: { fragment: '{{dataVolume (record "docker_containers" "git")}}', gives: 'git-data' },
    reads: DATA,
    call: (call) => {
      const data = find(call);
      return data?.isVolume === true ? data.source : '';
    },
  },
};
