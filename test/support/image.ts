import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Dockerd } from './dockerd.ts';
import { run } from './run.ts';

/** An engine to make images on: a folder for what is on the way to it, and the docker command against it. */
export type ImageMaker = Pick<Dockerd, 'dir' | 'docker'>;

export interface ImageOptions {
  readonly cmd: readonly string[];
  /** `80/tcp` */
  readonly expose?: readonly string[];
  /** absolute path in the image -> content; a content that starts with `#!` is made executable */
  readonly files?: Readonly<Record<string, string>>;
  /** programs of this machine that it has too, with their libraries: `/usr/bin/dig` */
  readonly programs?: readonly string[];
  /**
   * further lines in the words of a Dockerfile, `USER 1000`, `VOLUME /data`, `ENV A=b`; not STOPSIGNAL and
   * HEALTHCHECK, which import refuses
   */
  readonly changes?: readonly string[];
}

/** Makes an image out of busybox on the spot, nothing is pulled; @returns its id. Takes about 0.2 s. */
export async function makeImage(
  dockerd: ImageMaker,
  name: string,
  { cmd, expose = [], files = {}, programs = [], changes = [] }: ImageOptions,
): Promise<string> {
  const folder = mkdtempSync(path.join(dockerd.dir, 'image-'));
  try {
    layBusybox(path.join(folder, 'bin'));
    mkdirSync(path.join(folder, 'tmp'));
    for (const program of programs) layProgram(folder, program);
    for (const [file, content] of Object.entries(files)) {
      const target = path.join(folder, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
      if (content.startsWith('#!')) chmodSync(target, 0o755);
    }
    const allChanges = [`CMD ${JSON.stringify(cmd)}`, ...expose.map((port) => `EXPOSE ${port}`), ...changes];
    const tar = path.join(dockerd.dir, `${path.basename(folder)}.tar`);
    const { exitCode, stderr } = await run('tar', ['-C', folder, '-cf', tar, '--owner=0', '--group=0', '.']);
    if (exitCode !== 0) throw new Error(`tar: ${stderr}`);
    const id = await dockerd.docker('import', ...allChanges.flatMap((change) => ['--change', change]), tar, name);
    rmSync(tar);
    return id;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The program at its own path, and its libraries at theirs. */
function layProgram(folder: string, program: string): void {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(?:=> )?(\/\S+) \(0x/g);
  for (const file of [program, ...[...libraries].map(([, library = '']) => library)]) {
    const target = path.join(folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

/**
 * A program for `files` and `cmd` that does nothing, and ends at once on SIGTERM: as process 1, plain `sleep`
 * would ignore it.
 */
export const SLEEP = '#!/bin/sh\ntrap "exit 0" TERM\nwhile :; do sleep 3600 & wait $!; done\n';

/** An image that just runs, for tests that look at containers from outside. */
export function makeSleepImage(
  dockerd: ImageMaker,
  name: string,
  options: Omit<ImageOptions, 'cmd'> = {},
): Promise<string> {
  return makeImage(dockerd, name, { ...options, cmd: ['/run'], files: { ...options.files, '/run': SLEEP } });
}

/**
 * An image with a web server on port 80. It answers with the line `I am TEXT` and, below it, the
 * request with all its headers as it came in; `/redirect?URL` with a redirect to that URL; a WebSocket
 * handshake with 101 and the right key, and then with whatever it is sent.
 */
export function makeWebImage(dockerd: ImageMaker, name: string, text: string, port = 80): Promise<string> {
  return makeImage(dockerd, name, {
    cmd: ['/serve'],
    expose: [`${port}/tcp`],
    files: {
      '/text': text,
      '/answer': ANSWER,
      '/serve': `#!/bin/sh\ntrap "exit 0" TERM\nnc -ll -p ${port} -e /answer &\nwait $!\n`,
    },
  });
}

const ANSWER = `#!/bin/sh
cr=$(printf '\\r')
IFS= read -r request
request=\${request%$cr}
all=$request
key=
while IFS= read -r line && line=\${line%$cr} && [ -n "$line" ]; do
  all="$all
$line"
  case $line in [Ss]ec-[Ww]eb[Ss]ocket-[Kk]ey:*) key=\${line#*: } ;; esac
done
path=\${request#* }
path=\${path% *}
if [ -n "$key" ]; then
  # RFC 6455, 4.2.2
  accept=$(printf '%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11' "$key" | sha1sum | cut -d' ' -f1 | xxd -r -p | base64)
  printf 'HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: %s\\r\\n\\r\\n' "$accept"
  exec cat
fi
case $path in
  */redirect\\?*)
    printf 'HTTP/1.1 302 Found\\r\\nLocation: %s\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n' "\${path#*redirect?}"
    exit ;;
esac
body="I am $(cat /text)
$all
"
printf 'HTTP/1.1 200 OK\\r\\nContent-Type: text/plain\\r\\nContent-Length: %s\\r\\nConnection: close\\r\\n\\r\\n%s' "\${#body}" "$body"
`;

/** bin/busybox and a link for each of its applets. */
function layBusybox(bin: string): void {
  mkdirSync(bin);
  const busybox = execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim();
  copyFileSync(busybox, path.join(bin, 'busybox'));
  const applets = execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) if (applet !== 'busybox') symlinkSync('busybox', path.join(bin, applet));
}

/** Removes all images, those that others are built on after these. */
export async function removeImages(engine: Dockerd): Promise<void> {
  for (let before = ''; ; ) {
    const left = await engine.docker('images', '--all', '--quiet');
    if (left === '') return;
    if (left === before) throw new Error(`images cannot be removed: ${left}`);
    before = left;
    await engine.tryDocker('rmi', '--force', ...new Set(left.split('\n')));
  }
}
