import { expect, it } from 'vitest';
import { maskerOf } from '../../../../src/base/mask.ts';
import { formatRecords, maskRecord } from '../../../../src/cli/format/format-records.ts';

it('says which values of commands are masked, of whatever record', () => {
  const records = [
    { db: 'docker_volumes', key: 'nas', type: 'volume', props: new Map([['DriverOpt.o', 'password=hunter2']]) },
    { db: 'secrets', key: 'wiki.key', type: 'secret', props: new Map([['Value', 'hunter3']]) },
    { db: 'docker_networks', key: 'front', type: 'network', props: new Map([['Subnet', '10.1.0.0/24']]) },
  ];
  const mask = maskerOf(['hunter2']);
  const shown = records.map((record) => maskRecord(record, mask));
  expect(formatRecords(shown, 80).join('\n')).toBe(`db docker_volumes set nas volume \\
  DriverOpt.o 'password=********'
db secrets set wiki.key secret \\
  Value '********'
db docker_networks set front network \\
  Subnet 10.1.0.0/24
# ******** stands for a secret: write it there in commands that you paste
# (docker_volumes nas DriverOpt.o, secrets wiki.key Value)`);
  expect(formatRecords(shown.slice(2), 80)).toHaveLength(1);
});
