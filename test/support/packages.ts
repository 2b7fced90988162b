import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runOrFail } from './run.ts';

/** A repository of rpms in a folder, made on the spot. */
export class RpmRepository {
  readonly folder: string;
  readonly #work: string;

  constructor(folder: string) {
    this.folder = path.join(folder, 'repository');
    this.#work = path.join(folder, 'work');
    mkdirSync(this.folder, { recursive: true });
    mkdirSync(this.#work);
  }

  get url(): string {
    return `file://${this.folder}/`;
  }

  /**
   * Adds a version of the package `hello`: busybox with its shell, `/etc/redhat-release`, a translation, a page of
   * documentation, and `/etc/hello` with the text.
   */
  async add(version: string, text: string): Promise<void> {
    const spec = path.join(this.#work, 'hello.spec');
    copyFileSync(execFileSync('which', ['busybox'], { encoding: 'utf8' }).trim(), path.join(this.#work, 'busybox'));
    writeFileSync(path.join(this.#work, 'text'), text);
    writeFileSync(spec, SPEC.replaceAll('WORK', this.#work).replace('VERSION', version));
    const defines = [
      `_topdir ${this.#work}/top`,
      `_rpmdir ${this.folder}`,
      'debug_package %{nil}',
      '__os_install_post %{nil}',
      '_build_id_links none',
    ].flatMap((define) => ['--define', define]);
    await runOrFail('rpmbuild', ['-bb', ...defines, spec]);
    await runOrFail('createrepo_c', ['--quiet', '--update', this.folder]);
  }

  remove(): void {
    rmSync(path.dirname(this.folder), { recursive: true, force: true });
  }
}

const SPEC = `Name: hello
Version: VERSION
Release: 1
Summary: A shell
License: MIT
AutoReqProv: no
%description
A shell.
%install
mkdir -p %{buildroot}/bin %{buildroot}/etc %{buildroot}/usr/share/locale/de %{buildroot}/usr/share/doc/hello
cp WORK/busybox %{buildroot}/bin/busybox
for name in sh echo sleep cat ls; do ln -s busybox %{buildroot}/bin/$name; done
echo 'CentOS Linux release 7.9.2009 (Core)' > %{buildroot}/etc/redhat-release
cp WORK/text %{buildroot}/etc/hello
echo hallo > %{buildroot}/usr/share/locale/de/hello
echo how > %{buildroot}/usr/share/doc/hello/how
%files
/bin/*
/etc/*
/usr/share/locale/de/hello
/usr/share/doc/hello/how
`;
