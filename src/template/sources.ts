import path from 'node:path';
import { Failure } from '../base/errors.ts';
import { type Paths, withoutRoot } from '../base/paths.ts';
import type { Compiled } from '../incremental/compiled.ts';
import {
  findBanner,
  findFragments,
  type FragmentFile,
  type FragmentList,
  readFragment,
  withBanner,
} from './language/fragment.ts';
import { type Fragment, listLiterals, type Program } from './language/program.ts';
import type { Metadata } from './metadata.ts';
import { listMetadataFiles, readMetadata } from './read-metadata.ts';
import { parseFragment } from './language/parse-fragment.ts';
import { findStats, type Look, type Place, sign } from '../files/signature.ts';

/** A folder of fragments, or the metadata of a template, that a rendering looked at. */
export interface Source {
  readonly kind: 'metadata' | 'fragments' | 'fragments with banner';
  readonly template: string;
}

/** The templates that one rendering uses, each listed, read and parsed once. */
export class Sources {
  /** milliseconds: nothing was looked at before */
  readonly begun = Date.now();
  readonly #paths: Paths;
  readonly #compiled: Compiled | undefined;
  readonly #lists = new Map<string, ReturnType<typeof findFragments>>();
  readonly #metadataFiles = new Map<string, readonly Place[]>();
  readonly #metadata = new Map<string, Metadata>();
  readonly #fragments = new Map<string, Fragment>();
  readonly #inline = new Map<string, Fragment>();
  readonly #stats = new Map<string, ReturnType<Look>>();
  #banner: ReturnType<typeof findBanner> | undefined;
  #used = new Map<string, Source>();

  /** @param compiled what was parsed before; undefined: everything is parsed */
  constructor(paths: Paths, compiled?: Compiled) {
    this.#paths = paths;
    this.#compiled = compiled;
  }

  /** How a file or folder stood when it was first asked for. */
  readonly look: Look = (file) => getOrMake(this.#stats, file, () => findStats(file));

  /** What is looked at while `work` is done. */
  listUsed<T>(work: () => T): readonly [T, readonly Source[]] {
    const before = this.#used;
    const used = (this.#used = new Map<string, Source>());
    try {
      return [work(), [...used.values()]];
    } finally {
      this.#used = before;
    }
  }

  #note(kind: Source['kind'], template: string): void {
    this.#used.set(`${kind} ${template}`, { kind, template });
  }

  /** The files and folders that a source is, as they stood before they were read. */
  listPlaces({ kind, template }: Source): readonly Place[] {
    if (kind === 'metadata') return this.#listMetadataFiles(template);
    return [...this.#find(template).places, ...(kind === 'fragments with banner' ? this.#findBanner().places : [])];
  }

  /** @param extra metadata that an event adds */
  metadata(template: string, extra?: { readonly file: string; readonly text: string }): Metadata {
    this.#note('metadata', template);
    if (extra !== undefined) return readMetadata(this.#paths, template, extra, this.#listMetadataFiles(template));
    return getOrMake(this.#metadata, template, () =>
      readMetadata(this.#paths, template, undefined, this.#listMetadataFiles(template)),
    );
  }

  #listMetadataFiles(template: string): readonly Place[] {
    return getOrMake(this.#metadataFiles, template, () => listMetadataFiles(this.#paths, template, this.look));
  }

  /** Undefined when there is no such template. @param banner whether it gets the default `template-begin` */
  list(template: string, banner: boolean): FragmentList | undefined {
    this.#note(banner ? 'fragments with banner' : 'fragments', template);
    return this.#list(template, banner);
  }

  #list(template: string, banner: boolean): FragmentList | undefined {
    const { list } = this.#find(template);
    return banner ? withBanner(list, () => this.#findBanner().files) : list;
  }

  #find(template: string): ReturnType<typeof findFragments> {
    return getOrMake(this.#lists, template, () => findFragments(this.#paths, template, this.look));
  }

  /** The default `template-begin`, for a template that prints it itself. */
  banner(template: string): readonly Fragment[] {
    this.#note('fragments with banner', template);
    return this.#findBanner().files.map((file) => this.fragment(file));
  }

  #findBanner(): ReturnType<typeof findBanner> {
    return (this.#banner ??= findBanner(this.#paths));
  }

  /** @param isPerl also without a name that ends in `.pl`. @throws Failure for one that cannot be read or parsed */
  fragment({ file, state, isBanner }: FragmentFile, isPerl = false): Fragment {
    if (isBanner !== true && (isPerl || file.endsWith('.pl')))
      return getOrMake(this.#fragments, `perl ${file}`, () => readFragment(this.#paths, file, 'perl'));
    return getOrMake(this.#fragments, file, () => {
      const [shown, name] = [withoutRoot(this.#paths, file), path.basename(file)];
      // one that was changed just now is not to be known by its signature
      const mark = state === undefined ? '' : sign(state, this.begun);
      const make = (): Program => readFragment(this.#paths, file).program;
      return {
        name,
        file: shown,
        program: mark === '' ? make() : this.#compile(path.dirname(shown), name, mark, make),
      };
    });
  }

  #compile(folder: string, name: string, mark: string, make: () => Program): Program {
    const known = this.#compiled?.find(folder, name, mark);
    if (known !== undefined) return known;
    const program = make();
    this.#compiled?.add(folder, name, mark, program);
    return program;
  }

  /** Texts that the fragments read so far write down. */
  listLiterals(): readonly string[] {
    return [...new Set([...this.#fragments.values()].flatMap(({ program }) => listLiterals(program)))];
  }

  /** Handlebars that stands in metadata. @param file what messages call it */
  inline(file: string, text: string): Fragment {
    return getOrMake(this.#inline, `${file}\n${text}`, () => ({
      name: path.basename(file),
      file,
      program: this.#compile(file, text, '', () => parseFragment(file, text).program),
    }));
  }

  /** What had to be parsed need not be parsed the next time. */
  keepCompiled(): void {
    this.#compiled?.write();
  }
}

/** The fragments of a template that has to be there. */
export function getFragments(sources: Sources, request: string, metadata: Metadata): FragmentList {
  const list = sources.list(metadata.template, metadata.format !== 'json');
  const at = metadata.places.get('TEMPLATE_PATH');
  if (list === undefined)
    throw new Failure(`cannot expand "${request}"`, {
      why:
        metadata.template === request
          ? 'there is no template of that path'
          : `there is no template "${metadata.template}"`,
      ...(at !== undefined && { at }),
      hint: `a template is a folder of fragments: /etc/docksmith/templates${metadata.template}/`,
    });
  return list;
}

function getOrMake<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined || known.has(key)) return found as V;
  const made = make();
  known.set(key, made);
  return made;
}
