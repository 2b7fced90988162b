import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readSnapshot } from '../../../src/db/read-snapshot.ts';
import { Failure, Failures } from '../../../src/base/errors.ts';
import { listSteps } from '../../../src/event/steps.ts';
import type { Facts } from '../../../src/host/facts.ts';
import { findTemplate } from '../../../src/features/expand-template/expand-one.ts';
import { type Expanded, expandTemplates, rememberExpanded, requestsOf } from '../../../src/flow/expand.ts';
import { cacheOptions } from '../../../src/flow/cache-options.ts';
import type { HostState } from '../../../src/flow/host-state.ts';
import { withHostDefaults } from '../../../src/model/host-defaults.ts';
import { refuseObstacles } from '../../../src/output/plan/change-set.ts';
import { commitChanges } from '../../../src/output/commit/commit.ts';
import { readLedger } from '../../../src/output/plan/ledger.ts';
import { findPaths, type Paths } from '../../../src/base/paths.ts';
import { loadCache } from '../../../src/incremental/load-cache.ts';
import type { RenderRequest } from '../../../src/template/render-request.ts';
import type { Dbs } from '../random-changes.ts';
import { SAMPLE_FACTS } from '../sample.ts';
import { bytesOf } from '../host-state.ts';

/** What is asked for: an event with arguments, or one template as `expand-template` has it. */
export type Ask =
  | { readonly event: string; readonly args: readonly string[] }
  | { readonly template: string; readonly outputFilename?: string };

/** What became of it. */
export type Outcome = { readonly mistakes: readonly string[] } | { readonly warnings: readonly string[] };

const LAYERS = ['templates', 'templates.metadata', 'templates-default', 'db', 'events'];

/** A root, a package of its own, facts that are made up; and what puts back what was done to them. */
export class RandomHost {
  readonly #folder: string;
  #undo: (() => void)[] = [];
  #places = 0;
  root: string;
  packageDir: string;
  facts: Facts = SAMPLE_FACTS;
  /** called whenever a fact is asked for */
  onFact: () => void = () => undefined;

  constructor() {
    this.#folder = mkdtempSync(path.join(os.tmpdir(), 'docksmith-random-'));
    [this.root, this.packageDir] = [path.join(this.#folder, 'root'), path.join(this.#folder, 'package')];
    const { packageDir } = findPaths({});
    for (const layer of LAYERS)
      cpSync(path.join(packageDir, layer), path.join(this.packageDir, layer), { recursive: true });
    mkdirSync(this.root);
  }

  get paths(): Paths {
    return { ...findPaths({ DOCKSMITH_ROOT: this.root }), packageDir: this.packageDir };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** A new name for one of its two folders. */
  move(which: 'root' | 'packageDir'): void {
    const to = path.join(this.#folder, `${which}-${this.#places++}`);
    renameSync(this[which], to);
    this[which] = to;
  }

  /** What is done from now on is undone by `undo`. */
  begin(): void {
    this.#undo = [];
  }

  undo(): void {
    for (const undo of this.#undo.reverse()) undo();
    this.#undo = [];
  }

  onUndo(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** Before a file, link or folder is changed. @param name below the root or, as `package:…`, the package */
  touch(name: string): string {
    const file = this.at(name);
    const copy = path.join(this.#folder, `copy-${this.#places++}`);
    const exists = lstatSync(file, { throwIfNoEntry: false }) !== undefined;
    if (exists) cpSync(file, copy, { recursive: true, verbatimSymlinks: true });
    this.#undo.push(() => {
      const now = this.at(name);
      rmSync(now, { recursive: true, force: true });
      if (exists) mkdirSync(path.dirname(now), { recursive: true });
      if (exists) renameSync(copy, now);
    });
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  }

  at(name: string): string {
    return name.startsWith('package:')
      ? path.join(this.packageDir, name.slice('package:'.length))
      : path.join(this.root, name);
  }

  write(name: string, text: string): void {
    const file = this.touch(name);
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() === false) rmSync(file, { recursive: true });
    writeFileSync(file, text);
  }

  writeDb(name: string, dbs: Dbs): void {
    this.touch(`/var/lib/docksmith/db/${name}`);
    const { dbDir } = this.paths;
    mkdirSync(dbDir, { recursive: true });
    const staged = path.join(dbDir, `.${name}.new`);
    writeFileSync(staged, bytesOf(dbs.get(name) ?? new Map<string, never>()), { mode: 0o600 });
    renameSync(staged, path.join(dbDir, name));
  }

  hostState({ isForced }: { readonly isForced: boolean }): HostState {
    const { paths } = this;
    const facts = this.#observedFacts();
    const snapshot = withHostDefaults(readSnapshot(paths), this.facts);
    const loadedCache = isForced ? undefined : loadCache(paths, snapshot, cacheOptions(paths, snapshot));
    return { paths, snapshot, facts, ledger: readLedger(paths), loadedCache };
  }

  #observedFacts(): Facts {
    return new Proxy(this.facts, {
      get: (facts, name) => {
        this.onFact();
        return Reflect.get(facts, name) as unknown;
      },
    });
  }

  /** What it means now: an output may be gone when it has been expanded. */
  requestsOf(ask: Ask): readonly RenderRequest[] {
    const { paths } = this;
    if ('template' in ask)
      return [
        {
          ...findTemplate({ paths, ledger: readLedger(paths) }, ask.template),
          ...(ask.outputFilename === undefined ? {} : { outputFilename: ask.outputFilename }),
        },
      ];
    return requestsOf(
      listSteps(paths, ask.event).steps.flatMap((step) => (step.kind === 'templates' ? step.templates : [])),
      ask.args,
    );
  }

  #expand(
    requests: readonly RenderRequest[],
    isForced: boolean,
  ): { readonly hostState: HostState; readonly expanded: Expanded } {
    const hostState = this.hostState({ isForced });
    const expanded = expandTemplates(hostState, requests, { takeOver: false, isForced });
    refuseObstacles(expanded.changes);
    return { hostState, expanded };
  }

  /** As an event or `expand-template` does it, without actions. @param meanwhile before anything of it is remembered */
  async run(
    requests: readonly RenderRequest[],
    isForced = false,
    meanwhile: () => void | Promise<void> = () => undefined,
  ): Promise<Outcome> {
    try {
      const {
        hostState: { paths, ledger },
        expanded,
      } = this.#expand(requests, isForced);
      await commitChanges(paths, expanded.changes, { ledger, command: 'a random event' });
      await meanwhile();
      rememberExpanded(expanded);
      return { warnings: expanded.warnings };
    } catch (error) {
      return { mistakes: mistakesOf(error) };
    }
  }

  /** What the same with `--force` would still change, in words; or its mistakes. */
  wouldForce(requests: readonly RenderRequest[]): { readonly changes: readonly string[]; readonly outcome: Outcome } {
    try {
      const {
        changes: { install, remove, enter },
        warnings,
      } = this.#expand(requests, true).expanded;
      const words = [
        ...install.map(
          ({ output, reasons, old }) =>
            `${output.path} ${reasons.join()}: ${old?.content.toString() ?? '(absent)'} -> ${output.content.toString()}`,
        ),
        ...remove.map(({ owned }) => `${owned.path} is left, of ${owned.template} ${owned.record?.key ?? ''}`),
        ...enter.map((owned) => `${owned.path} is otherwise in the ledger`),
      ];
      return { changes: words, outcome: { warnings } };
    } catch (error) {
      return { changes: [], outcome: { mistakes: mistakesOf(error) } };
    }
  }

  /** What is owned of containers of these names, of what was asked for. */
  listOutputsOf(keys: readonly string[], requests: readonly RenderRequest[]): readonly string[] {
    const templates = requests.map(({ template }) => template);
    return [...readLedger(this.paths).outputs.values()]
      .filter(
        ({ template, record }) =>
          templates.includes(template) && record?.db === 'docker_containers' && keys.includes(record.key),
      )
      .map(({ path: file }) => file);
  }

  /** Text of a file of it, or nothing. */
  read(name: string): string | undefined {
    const file = this.at(name);
    return existsSync(file) && lstatSync(file).isFile() ? readFileSync(file, 'utf8') : undefined;
  }
}

function mistakesOf(error: unknown): readonly string[] {
  if (!(error instanceof Failure || error instanceof Failures)) throw error;
  return (error instanceof Failures ? error.failures : [error]).map(({ message }) => message).sort();
}
