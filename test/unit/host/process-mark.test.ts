import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { isMarkAlive, markProcess } from '../../../src/host/process-mark.ts';

it('tells this process, and no other one of its number', () => {
  const mark = markProcess() ?? '';
  expect(mark).toMatch(new RegExp(`^${process.pid}:\\d+:[0-9a-f-]{36}:\\d+$`));
  expect(isMarkAlive(mark)).toBe(true);
  const [pid = '', started = '', boot = '', space = ''] = mark.split(':');
  expect(isMarkAlive([pid, `${started}1`, boot, space].join(':'))).toBe(false);
  expect(isMarkAlive([pid, started, 'another-boot', space].join(':'))).toBe(false);
});

it('leaves open what a process of another name space does', () => {
  const [, started = '', boot = ''] = (markProcess() ?? '').split(':');
  expect(isMarkAlive(['999999999', started, boot, '1'].join(':'))).toBe(true);
});

it('knows when a process has ended', async () => {
  const child = spawn('cat');
  await once(child, 'spawn');
  const mark = markProcess(child.pid) ?? '';
  expect(isMarkAlive(mark)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect([isMarkAlive(mark), markProcess(child.pid)]).toEqual([false, undefined]);
});
