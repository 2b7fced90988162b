import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Namespace } from './namespace.ts';
import { type Result, run, runOrFail } from './run.ts';

/** The mirror that this machine's apt uses, and its suite. */
const [mirror = '', suite = ''] =
  spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(REPO_URI) $(CODENAME)', 'Created-By: Packages', 'Component: main'],
    { encoding: 'utf8' },
  )
    .stdout.split('\n')[0]
    ?.split(' ') ?? [];
export const DEBIAN = { mirror, suite };

const ASK =
  'fetch(process.argv[1], { signal: AbortSignal.timeout(5000) }).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))';

/** Whether the mirror answers: a server that is not the test's own. */
export function isMirrorReachable(): boolean {
  return mirror !== '' && spawnSync(process.execPath, ['-e', ASK, `${mirror}dists/${suite}/InRelease`]).status === 0;
}

/** A Debian of nothing but what it cannot do without, in a folder; it takes some 30 s. */
export async function makeBareDebian(root: string): Promise<void> {
  await runOrFail('debootstrap', ['--variant=minbase', suite, root, mirror]);
  // as that of any other host
  writeFileSync(path.join(root, 'etc/hostname'), 'box.example.test\n');
  writeFileSync(path.join(root, 'etc/resolv.conf'), '');
  for (const folder of ['root/packages', 'run/openrc']) mkdirSync(path.join(root, folder), { recursive: true });
}

/** A host whose root is a folder that has programs of its own: none of the machine's files is seen in there. */
export class RootedHost {
  readonly root: string;
  readonly #namespace: Namespace;
  readonly #socket: string;

  /** @param socket of the engine, which it sees where engines have theirs, once it has booted */
  constructor(root: string, namespace: Namespace, socket: string) {
    this.root = root;
    this.#namespace = namespace;
    this.#socket = socket;
  }

  file(name: string): string {
    return path.join(this.root, name);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  write(name: string, text: string): void {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), text);
  }

  /** Runs a shell's words in it as a builder of images does: in a chroot, on another machine. */
  build(words: string): Promise<Result> {
    return this.#run(['mount --rbind /proc "$root/proc"', 'exec chroot "$root" sh -c "$1"'], words);
  }

  /** The same when it has booted: with processes of its own, an init, and the engine. */
  live(words: string): Promise<Result> {
    return this.#run(
      [
        'touch "$root/run/docker.sock" "$root/run/openrc/softlevel"',
        `mount --bind '${this.#socket}' "$root/run/docker.sock"`,
        'exec chroot "$root" sh -c "mount -t proc proc /proc; $1"',
      ],
      words,
      ['--pid', '--fork'],
    );
  }

  /** The same, and anything but exit code 0 is an error that shows what was said. */
  async liveOrFail(words: string): Promise<string> {
    const { exitCode, stdout, stderr } = await this.live(words);
    if (exitCode !== 0) throw new Error(`${words}: exit code ${exitCode}\n${stderr}${stdout}`);
    return stdout;
  }

  /** A program of the machine, which finds the folder mounted with its devices. */
  outside(program: string, args: readonly string[]): Promise<Result> {
    return this.#run(['mount --rbind /proc "$root/proc"', 'shift', 'exec "$@"'], '', [], [program, ...args]);
  }

  #run(
    lines: readonly string[],
    words: string,
    options: readonly string[] = [],
    more: readonly string[] = [],
  ): Promise<Result> {
    const script = ['set -e', `root='${this.root}'`, 'mount --rbind /dev "$root/dev"', ...lines].join('\n');
    const command = ['--mount', '--propagation', 'private', ...options, 'sh', '-c', script, 'sh', words, ...more];
    return run(...this.#namespace.command('unshare', command), {
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        DEBIAN_FRONTEND: 'noninteractive',
        LC_ALL: 'C.UTF-8',
        ...Object.fromEntries(LEADING_ELSEWHERE.map((name) => [name, undefined])),
      },
    });
  }

  /** path -> mode, owner and content: equal if and only if the files are the same */
  list(isListed: (name: string) => boolean, below = ''): Readonly<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const entry of readdirSync(this.file(below), { withFileTypes: true })) {
      const name = `${below}/${entry.name}`;
      if (!isListed(name)) continue;
      found[name] = this.#describe(name);
      if (entry.isDirectory()) Object.assign(found, this.list(isListed, name));
    }
    return found;
  }

  #describe(name: string): string {
    const file = this.file(name);
    const stat = lstatSync(file);
    const content = stat.isFile()
      ? createHash('sha256').update(readFileSync(file)).digest('hex')
      : stat.isSymbolicLink()
        ? readlinkSync(file)
        : '';
    return `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${content}`;
  }
}

/** What of the tests' environment would lead a program elsewhere. */
const LEADING_ELSEWHERE = [
  'DOCKSMITH_ROOT',
  'DOCKSMITH_ENGINE',
  'DBPATH',
  'DOCKER_HOST',
  'NODE_OPTIONS',
  'NODE_EXTRA_CA_CERTS',
  'XDG_RUNTIME_DIR',
  'TMPDIR',
];
