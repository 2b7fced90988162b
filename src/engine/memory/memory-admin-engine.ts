import { Readable, Writable } from 'node:stream';
import { Failure } from '../../base/errors.ts';
import type { AdminEngine, DiskShare, EngineDescription, ExecSession, LogLine, TaskLine } from '../admin-engine.ts';
import type { MemoryEngine } from './memory-engine.ts';

/** Logs, exec and reports of the memory engine: its containers write no logs and can run nothing. */
export class MemoryAdminEngine implements AdminEngine {
  readonly socket: string;
  readonly #engine: MemoryEngine;

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
    this.socket = engine.socket;
  }

  async describe(): Promise<EngineDescription> {
    const [containers, { liveRestore, dataRoot, storageDriver }] = await Promise.all([
      this.#engine.listContainers(),
      this.#engine.getTraits(),
    ]);
    return {
      version: 'memory',
      api: '1.41',
      dataRoot,
      storageDriver,
      storage: {},
      liveRestore,
      warnings: [],
      runningContainers: containers.filter(({ status }) => status === 'running').length,
    };
  }

  measureDisk(): Promise<readonly DiskShare[]> {
    return Promise.resolve([]);
  }

  async *readLogs(): AsyncGenerator<LogLine> {
    // none of its containers writes anything
  }

  async *readServiceLogs(): AsyncGenerator<TaskLine> {
    // nor is there a swarm
  }

  /** It says nothing, and ends well. */
  attach(): Promise<ExecSession> {
    return Promise.resolve({
      output: Readable.from([]),
      input: new Writable({ write: (_chunk, _encoding, done) => done() }),
      resize: () => Promise.resolve(),
      getExitCode: () => Promise.resolve(0),
    });
  }

  exec(_id: string, { command }: { readonly command: readonly string[] }): Promise<ExecSession> {
    return Promise.reject(
      new Failure(`cannot run "${command[0] ?? ''}"`, {
        why: 'containers of the memory engine only say that they run',
      }),
    );
  }
}
