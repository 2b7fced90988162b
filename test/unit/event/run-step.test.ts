import { describe, expect, it } from 'vitest';
import { runStep, type StepResult } from '../../../src/event/run-step.ts';
import { makeTempHost, type TempHost } from '../../support/temp-host.ts';

interface Ran {
  readonly result: StepResult;
  readonly lines: readonly string[];
}

async function run(host: TempHost, script: string, args: readonly string[] = []): Promise<Ran> {
  const file = host.write('/step', script, 0o755);
  const lines: string[] = [];
  const result = await runStep(
    { kind: 'executable', name: 'S50step', file },
    {
      paths: host.paths,
      event: 'update',
      args,
      changedFile: '/tmp/changed',
      token: '1/2',
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    },
  );
  return { result, lines };
}

describe('a step', () => {
  it('gets event and arguments, and what it needs in its environment', async () => {
    const host = makeTempHost();
    const { result, lines } = await run(
      host,
      '#!/bin/sh\necho "$0 $#: $1, $2, $3"; echo "$EVENT $DOCKSMITH_ROOT $DOCKSMITH_CHANGED $DOCKSMITH_RUN"\n',
      ['a b', '$HOME'],
    );
    expect(lines).toEqual([
      `stdout ${host.file('/step')} 3: update, a b, $HOME`,
      `stdout update ${host.paths.root} /tmp/changed 1/2`,
    ]);
    expect(result).toMatchObject({ name: 'S50step', exitCode: 0, failure: undefined });
  });

  it("finds this package's own commands first, run by this node", async () => {
    const host = makeTempHost();
    host.write('package:bin/path/db', '#!/bin/sh\necho "own db $1 $DOCKSMITH_NODE"\n', 0o755);
    expect((await run(host, '#!/bin/sh\ndb get\n')).lines).toEqual([`stdout own db get ${process.execPath}`]);
  });

  it('has its output handed on line by line, both streams, also a last line without an end', async () => {
    const { lines } = await run(makeTempHost(), '#!/bin/sh\nprintf "one\\ntwo"; printf "\\nthree" >&2\n');
    expect(lines.filter((line) => line.startsWith('stdout'))).toEqual(['stdout one', 'stdout two']);
    expect(lines.filter((line) => line.startsWith('stderr'))).toEqual(['stderr ', 'stderr three']);
  });

  it('has an empty standard input', async () => {
    expect((await run(makeTempHost(), '#!/bin/sh\ncat; echo done\n')).lines).toEqual(['stdout done']);
  });

  it('is over when it ends, though a daemon that it started holds its output', async () => {
    const host = makeTempHost();
    const { result, lines } = await run(host, '#!/bin/sh\nsleep 60 &\necho $!\n');
    expect(result.exitCode).toBe(0);
    process.kill(Number(lines[0]?.split(' ')[1]), 'SIGKILL');
  });
});

describe('a step that fails', () => {
  it('is told with its exit code', async () => {
    const { result } = await run(makeTempHost(), '#!/bin/sh\nexit 3\n');
    expect(result.exitCode).toBe(3);
    expect(result.failure?.message).toBe('cannot complete step "S50step" of event "update": exit code 3');
  });

  it('is told with the signal that ended it', async () => {
    const { result } = await run(makeTempHost(), '#!/bin/sh\nkill -TERM $$\n');
    expect(result).toMatchObject({ exitCode: undefined, signal: 'SIGTERM' });
    expect(result.failure?.why).toBe('ended by SIGTERM');
  });

  it('is told of the carriage return that an editor of Windows left', async () => {
    const { result } = await run(makeTempHost(), '#!/bin/sh\r\necho hi\r\n');
    expect(result.failure?.why).toBe(
      'its interpreter "/bin/sh" is not there by that name: the first line ends in a carriage return, as editors of Windows write it',
    );
  });

  it('is told which interpreter is missing', async () => {
    const { result } = await run(makeTempHost(), '#!/no/such/interpreter -x\n');
    expect(result.exitCode).toBeUndefined();
    expect(result.failure?.why).toBe('its interpreter "/no/such/interpreter" is not there');
  });

  it('is told when its file is gone', async () => {
    const host = makeTempHost();
    const result = await runStep(
      { kind: 'executable', name: 'S50step', file: host.file('/gone') },
      { paths: host.paths, event: 'update', args: [], changedFile: '', token: '', onLine: () => undefined },
    );
    expect(result.failure?.why).toBe('no such file or folder');
  });
});

describe('a step that only calls docksmith', () => {
  const SCRIPT = '#!/bin/sh\nshift\nexec docksmith greet "$@"\n';
  const step = (host: TempHost, script: string): Parameters<typeof runStep>[0] => ({
    kind: 'executable',
    name: 'S50step',
    file: host.write('/step', script, 0o755),
  });

  it('is called as that command, in the environment of a step, which is gone afterwards', async () => {
    const host = makeTempHost();
    const lines: string[] = [];
    const result = await runStep(step(host, SCRIPT), {
      paths: host.paths,
      event: 'update',
      args: ['a b'],
      changedFile: '/changed',
      token: '1/2',
      onLine: (line) => lines.push(line),
      runCommand: ({ name, args }, paths, onLine) => {
        onLine(
          `${name} ${args.join()} ${paths.root === host.paths.root} ${process.env['EVENT'] ?? ''} ${process.env['DOCKSMITH_CHANGED'] ?? ''} ${process.env['DOCKSMITH_RUN'] ?? ''}`,
          'stdout',
        );
        return Promise.resolve(3);
      },
    });
    expect(lines).toEqual(['greet a b true update /changed 1/2']);
    expect(result).toMatchObject({ name: 'S50step', exitCode: 3, signal: undefined });
    expect(result.failure?.message).toBe('cannot complete step "S50step" of event "update": exit code 3');
    expect([process.env['EVENT'], process.env['DOCKSMITH_CHANGED'], process.env['DOCKSMITH_RUN']]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is a process where there is no such command', async () => {
    const host = makeTempHost();
    host.write('package:bin/path/docksmith', '#!/bin/sh\necho "called: $*"\n', 0o755);
    const lines: string[] = [];
    await runStep(step(host, SCRIPT), {
      paths: host.paths,
      event: 'update',
      args: ['x'],
      changedFile: '/changed',
      token: '1/2',
      onLine: (line) => lines.push(line),
      runCommand: () => Promise.resolve(undefined),
    });
    expect(lines).toEqual(['called: greet x']);
  });
});
