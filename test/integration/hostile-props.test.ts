import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseRunSpec } from '../../src/container/spec/run-spec.ts';
import { Failure, Failures } from '../../src/base/errors.ts';
import { checkRecords } from '../../src/model/check-records.ts';
import { factsWith } from '../support/containers.ts';
import { loadModules } from '../support/apache.ts';
import { DBS, type Dbs, keysOf, PROPS, sampleWith } from '../support/every-prop.ts';
import { value as hostileText } from '../support/hostile-values.ts';
import { makeTemporaryFolder, removeFolder } from '../support/leftovers.ts';
import { SHIPPED_TEMPLATES } from '../support/line-trials.ts';
import { makeNamespace, type Namespace } from '../support/namespace.ts';
import { needs } from '../support/needs.ts';
import { shippedRenderer } from '../support/render.ts';
import { run } from '../support/run.ts';
import { snapshotOf } from '../support/sample.ts';
import '../support/unit-setup.ts';

const COUNT = Number(process.env['DOCKSMITH_TEST_VALUES'] ?? 400);
/** No format knows it: where it comes to stand for itself, its reader says so, or a file of that name is made. */
const CANARY = 'DocksmithCanary';

/** What ends a value and begins something else, in one of the formats. */
const ENDINGS = [
  (file: string) => `$(touch ${file})`,
  (file: string) => `\`touch ${file}\``,
  (file: string) => `'; touch ${file}; '`,
  (file: string) => `"; touch ${file}; "`,
  () => `\n${CANARY} on`,
  () => `\n${CANARY}=on\n`,
  () => `"\n${CANARY} on\n"`,
  () => `\\\n${CANARY} on`,
  () => `>\n${CANARY} on\n<VirtualHost *:80`,
  () => `"\n-A ${CANARY} -j ${CANARY}\n`,
  () => ` -j ${CANARY}`,
  () => `\n${CANARY}: on`,
  () => `": {"${CANARY}": "on"}, "x`,
  () => `\r${CANARY} on`,
  () => `\u2028${CANARY} on`,
  () => `\u0000${CANARY} on`,
];

/** For a prop: what it may hold, with an ending behind it; an ending alone; or any text but none. */
function valuesOf(allowed: readonly string[], file: string): fc.Arbitrary<string> {
  const ending = fc.constantFrom(...ENDINGS).map((make) => make(file));
  return fc.oneof(
    { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...allowed), ending).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: ending },
    { weight: 1, arbitrary: fc.tuple(hostileText, ending).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: hostileText.filter((text) => text !== '') },
  );
}

type Texts = ReadonlyMap<string, string>;

/** The files of all shipped templates over these dbs, or why they are refused; undefined: by the checks of records. */
function renderAll(dbs: Dbs): Texts | Failure | Failures | undefined {
  const facts = factsWith();
  const snapshot = snapshotOf(dbs, facts);
  if (checkRecords(snapshot, facts).mistakes.length > 0) return undefined;
  const renderer = shippedRenderer(snapshot, facts);
  try {
    const texts = new Map(
      SHIPPED_TEMPLATES.flatMap((template) =>
        renderer.render({ template }).outputs.map(({ path: file, content }) => [file, content.toString()] as const),
      ),
    );
    // as an event does
    for (const [file, text] of texts) if (file.endsWith('.yaml')) parseRunSpec(file, text);
    return texts;
  } catch (error) {
    if (error instanceof Failure || error instanceof Failures) return error;
    throw error;
  }
}

/** What reads the files of a server: each says what it finds wrong in one, or nothing. */
class Judges {
  readonly #namespace: Namespace;
  readonly #folder: string;
  readonly #plain: Texts;
  #files = 0;

  constructor(namespace: Namespace, folder: string, plain: Texts) {
    [this.#namespace, this.#folder, this.#plain] = [namespace, folder, plain];
  }

  async judge(file: string, text: string): Promise<string | undefined> {
    if (file.startsWith('/etc/httpd/')) return this.#askApache(text);
    if (file.startsWith('/etc/docksmith/filter/')) return this.#askFilter(text, file.endsWith('v6'));
    if (/^\/etc\/(sysconfig|default)\//.test(file)) return this.#askShell(text);
    if (file.endsWith('.json')) return this.#sameKeys(file, Object.keys(JSON.parse(text) as object));
    if (file.endsWith('.yaml')) return this.#sameKeys(file, listKeys(parse(text)));
    // what a unit of systemd holds: no program here reads one
    return text.split('\n').some((line) => line.trimStart().startsWith(CANARY))
      ? `a line begins with ${CANARY}`
      : undefined;
  }

  #sameKeys(file: string, keys: readonly string[]): string | undefined {
    const canary = keys.find((key) => key.includes(CANARY) && !/^\S*(environment|labels)/.test(key));
    return canary === undefined || this.#plain.get(file)?.includes(canary) === true ? undefined : `a key ${canary}`;
  }

  async #askApache(text: string): Promise<string | undefined> {
    const config = this.#write(
      [
        `ServerRoot "${this.#folder}"`,
        `DefaultRuntimeDir "${this.#folder}"`,
        `Mutex "file:${this.#folder}" default`,
        `ErrorLog "${this.#folder}/log"`,
        'ServerName localhost',
        ...loadModules(),
        'Listen 127.0.0.1:1',
        text,
      ].join('\n'),
    );
    const { exitCode, stdout, stderr } = await run('apache2', ['-f', config, '-t', '-D', 'DUMP_CONFIG']);
    if (exitCode !== 0) return stderr;
    return stdout.split('\n').find((line) => line.trimStart().startsWith(CANARY));
  }

  async #askFilter(text: string, isV6: boolean): Promise<string | undefined> {
    const program = isV6 ? 'ip6tables-restore' : 'iptables-restore';
    const { exitCode, stderr } = await this.#namespace.run(program, ['--test', '--noflush'], { stdin: text });
    return exitCode === 0 ? undefined : stderr;
  }

  async #askShell(text: string): Promise<string | undefined> {
    const { exitCode, stdout, stderr } = await run('sh', ['-eu', this.#write(text)], { cwd: this.#folder });
    if (existsSync(path.join(this.#folder, CANARY))) return 'sh has run a command of it';
    return exitCode === 0 && stdout + stderr === '' ? undefined : `exit code ${exitCode}: ${stdout}${stderr}`;
  }

  #write(text: string): string {
    const file = path.join(this.#folder, `${this.#files++}`);
    writeFileSync(file, text);
    return file;
  }
}

/** `services.wiki.image` of every member. */
function listKeys(value: unknown, at = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(Array.isArray(value) ? [] : [`${at}${key}`]),
    ...listKeys(member, `${at}${key}.`),
  ]);
}

needs('dockerd', 'apache')('hostile values of every prop', () => {
  it('are refused, or are values and nothing else to those who read the files', async () => {
    const folder = makeTemporaryFolder('hostile');
    const namespace = await makeNamespace();
    try {
      const plain = renderAll(DBS);
      if (!(plain instanceof Map)) throw new Error('the sample itself is refused', { cause: plain });
      const judges = new Judges(namespace, folder, plain);
      const judged = new Set<string>();
      const wrong: string[] = [];
      const late: string[] = [];
      let accepted = 0;
      const tell = async (of: string, texts: Texts): Promise<void> => {
        for (const [file, text] of texts) {
          const digest = createHash('sha256').update(file).update(text).digest('hex');
          if (judged.has(digest)) continue;
          judged.add(digest);
          const found = await judges.judge(file, text);
          if (found !== undefined) wrong.push(`${of}: ${file}: ${found}\n${text}`);
        }
      };
      await tell('the sample', plain);
      expect(wrong).toEqual([]);
      for (let n = 0; n < COUNT; n++) {
        const { db, kind, prop } = PROPS[n % PROPS.length] as (typeof PROPS)[number];
        const keys = keysOf(db, kind);
        const own = keys.flatMap((key) => DBS.get(db)?.get(key)?.props.get(prop) ?? []);
        const [text = ''] = fc.sample(valuesOf(['1', 'a', ...own], path.join(folder, CANARY)), {
          numRuns: 1,
          seed: n,
        });
        const texts = renderAll(sampleWith(db, keys, prop, text));
        if (texts === undefined) continue;
        if (texts instanceof Failure || texts instanceof Failures) {
          late.push(`${db} ${kind} ${prop} ${JSON.stringify(text)}: ${texts.message}`);
          continue;
        }
        accepted++;
        await tell(`${db} ${kind} ${prop} ${JSON.stringify(text)}`, texts);
      }
      expect(wrong).toEqual([]);
      // what the event refuses when it has rendered it, `db` did not warn of
      expect(late).toEqual([]);
      // and many came so far that they could have done harm
      expect(accepted).toBeGreaterThan(COUNT / 20);
      console.log(`${COUNT} values, ${accepted} accepted, ${judged.size} files read`);
    } finally {
      namespace.remove();
      removeFolder(folder);
    }
  }, 3_600_000);
});
