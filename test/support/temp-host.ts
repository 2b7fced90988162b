import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { findPaths, type Paths } from '../../src/base/paths.ts';

/** A host laid out in a temporary folder, with an installed package of its own beside it. */
export class TempHost {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'docksmith-test-'));
  readonly paths: Paths;

  constructor() {
    const root = path.join(this.folder, 'root');
    this.paths = { ...findPaths({ DOCKSMITH_ROOT: root }), packageDir: path.join(this.folder, 'package') };
    mkdirSync(root);
  }

  /** Writes a file of the host; `package:` in front means one of the package. */
  write(name: string, content: string | Buffer = '', mode = 0o644): string {
    const file = this.file(name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
    return file;
  }

  link(name: string, target: string): void {
    const file = this.file(name);
    mkdirSync(path.dirname(file), { recursive: true });
    symlinkSync(target, file);
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8');
  }

  mode(name: string): number {
    return lstatSync(this.file(name)).mode & 0o7777;
  }

  exists(name: string): boolean {
    return existsSync(this.file(name));
  }

  /** path -> content of every file below a folder; folders without files too, with an ending `/` */
  tree(name: string): Readonly<Record<string, string>> {
    return readTree(this.paths, name);
  }

  file(name: string): string {
    return name.startsWith('package:')
      ? path.join(this.paths.packageDir, name.slice('package:'.length))
      : this.paths.file(name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** path -> content of every file below a folder; folders without files too, with an ending `/` */
export function readTree(paths: Paths, name: string): Readonly<Record<string, string>> {
  const folder = paths.file(name);
  if (!existsSync(folder)) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      const shown = path.join(name, path.relative(folder, file));
      if (!entry.isDirectory()) return [[shown, entry.isFile() ? readFileSync(file, 'utf8') : 'no file']];
      return readdirSync(file).length === 0 ? [[`${shown}/`, '']] : [];
    }),
  );
}

/** A host that is removed after the test. */
export function makeTempHost(): TempHost {
  const host = new TempHost();
  onTestFinished(() => host.remove());
  return host;
}
