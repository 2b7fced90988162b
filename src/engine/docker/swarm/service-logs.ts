import type { LogRequest, TaskLine } from '../../admin-engine.ts';
import { type DockerClient, isObject } from '../docker-client.ts';
import { readFrames, readLogLines } from '../log-lines.ts';

/** As a stream in any case: dockerode would put a log that is not followed into memory whole. */
export async function openLog(
  client: DockerClient,
  path: string,
  { since, tail, follow = false, signal }: LogRequest,
  more: Readonly<Record<string, unknown>> = {},
): Promise<AsyncIterable<Buffer>> {
  const { modem } = await client.load();
  return new Promise((resolve, reject) => {
    modem.dial(
      {
        path: `${path}?`,
        method: 'GET',
        isStream: true,
        options: {
          stdout: true,
          stderr: true,
          timestamps: true,
          follow,
          ...(tail === undefined ? {} : { tail }),
          ...(since === undefined ? {} : { since: formatSince(since) }),
          ...more,
        },
        statusCodes: { 200: true },
        ...(signal === undefined ? {} : { abortSignal: signal }),
      },
      (error, stream) => {
        if (error !== null) reject(error);
        else if (isChunks(stream)) resolve(stream);
        else reject(new Error('the engine sent no log'));
      },
    );
  });
}

/** The engine wants seconds and nanoseconds: `1700000000.000000001`. */
function formatSince(time: string): string {
  const [, fraction = '0'] = /\.(\d+)/.exec(time) ?? [];
  const whole = Date.parse(time.replace(/\.\d+/, ''));
  return `${Math.floor(whole / 1000)}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}

/**
 * Each line begins with where it comes from, as `details` asks for:
 * `com.docker.swarm.node.id=…,com.docker.swarm.service.id=…,com.docker.swarm.task.id=… text`.
 */
export async function* readTaskLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<TaskLine> {
  for await (const line of readLogLines(readFrames(chunks))) {
    const cut = line.bytes.indexOf(0x20);
    const details = new Map(
      line.bytes
        .subarray(0, Math.max(cut, 0))
        .toString()
        .split(',')
        .map((detail) => [detail.replace(/=.*/s, ''), detail.replace(/^[^=]*=/, '')]),
    );
    const [node, task] = ['node', 'task'].map((what) => details.get(`com.docker.swarm.${what}.id`));
    yield node === undefined || task === undefined
      ? { ...line, node: '', task: '' }
      : { ...line, bytes: line.bytes.subarray(cut + 1), node, task };
  }
}

function isChunks(value: unknown): value is AsyncIterable<Buffer> {
  return isObject(value) && Symbol.asyncIterator in value;
}
