import type { Writable } from 'node:stream';

/**
 * Logs, exec and reports of an engine, beside the interface through which containers are
 * planned and made: logs, a command in a container, its streams, what the engine says of itself.
 */
export interface AdminEngine {
  readonly socket: string;
  describe(): Promise<EngineDescription>;
  /** May take long on a host with many images: the engine walks through all of them. */
  measureDisk(): Promise<readonly DiskShare[]>;
  /**
   * The lines of a container's log, oldest first. None where it is gone. With `follow` it ends when the
   * container does, or when `signal` is given.
   */
  readLogs(id: string, request: LogRequest): AsyncIterable<LogLine>;
  /**
   * The lines of all tasks of a service of a swarm, on whichever nodes, as the nodes send them; of managers only.
   * With `follow` it has no end but `signal`.
   */
  readServiceLogs(id: string, request: LogRequest): AsyncIterable<TaskLine>;
  /** Begins a command in a running container. */
  exec(id: string, request: ExecRequest): Promise<ExecSession>;
  /** Takes the streams of a container before it is started, so that nothing of what it prints is missed. */
  attach(id: string, request: Pick<ExecRequest, 'tty' | 'stdin'>): Promise<ExecSession>;
}

export interface EngineDescription {
  /** `20.10.24` */
  readonly version: string;
  /** `1.41`: the API that docksmith speaks with it */
  readonly api: string;
  /** as the engine uses it, links followed */
  readonly dataRoot: string;
  readonly storageDriver: string;
  /** what the driver says of itself: `Backing Filesystem` -> `extfs` */
  readonly storage: Readonly<Record<string, string>>;
  readonly liveRestore: boolean;
  readonly runningContainers: number;
  /** what the engine itself warns about, a sentence each */
  readonly warnings: readonly string[];
}

/** Bytes that one kind of thing takes on the engine's disk. */
export interface DiskShare {
  readonly what: 'images' | 'containers' | 'volumes' | 'build cache';
  readonly count: number;
  readonly bytes: number;
  /** of these, what nothing uses */
  readonly unused: number;
}

export interface LogRequest {
  /** from this time on, RFC 3339; the engine counts in nanoseconds */
  readonly since?: string | undefined;
  /** only that many lines, the last ones */
  readonly tail?: number | undefined;
  readonly follow?: boolean;
  /** ends it early; that is no error */
  readonly signal?: AbortSignal | undefined;
}

export interface LogLine {
  /** RFC 3339 in UTC with nine digits, so that texts sort as times do */
  readonly time: string;
  readonly stream: OutputStream;
  /** as the container wrote it, without the end of line */
  readonly bytes: Buffer;
}

export interface TaskLine extends LogLine {
  /** ids */
  readonly node: string;
  readonly task: string;
}

export type OutputStream = 'stdout' | 'stderr';

export interface Output {
  readonly stream: OutputStream;
  readonly bytes: Buffer;
}

export interface ExecRequest {
  readonly command: readonly string[];
  /** with a terminal of its own, whose output is all standard output */
  readonly tty: boolean;
  /** whether it is given something to read; else its standard input is empty */
  readonly stdin: boolean;
  /** `USER` or `USER:GROUP`; absent: that of the container */
  readonly user?: string | undefined;
  readonly workdir?: string | undefined;
  /** `NAME=VALUE` each, besides those of the container */
  readonly env?: readonly string[];
}

export interface ExecSession {
  readonly output: AsyncIterable<Output>;
  /** its standard input; ended, the command reads the end of it */
  readonly input: Writable;
  resize(size: { readonly rows: number; readonly columns: number }): Promise<void>;
  /** Waits for the end of the command or container; to be called when its output has ended. */
  getExitCode(): Promise<number>;
}
