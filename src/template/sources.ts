import { Failure } from '../errors.ts';
import type { Paths } from '../paths.ts';
import { type Fragment, type FragmentList, listFragments, readFragment } from './fragment.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { parseFragment } from './parse-fragment.ts';
import { listLiterals } from './program.ts';

/** A folder of fragments, or the metadata of a template, that a rendering looked at. */
export interface Source {
  readonly kind: 'metadata' | 'fragments' | 'fragments with banner';
  readonly template: string;
}

/** The templates that one rendering uses, each listed, read and parsed once. */
export class Sources {
  readonly #paths: Paths;
  readonly #lists = new Map<string, FragmentList | undefined>();
  readonly #metadata = new Map<string, Metadata>();
  readonly #fragments = new Map<string, Fragment>();
  readonly #inline = new Map<string, Fragment>();

  #used = new Map<string, Source>();

  constructor(paths: Paths) {
    this.#paths = paths;
  }

  /** What is looked at while `work` is done. */
  listUsed<T>(work: () => T): readonly [T, readonly Source[]] {
    const before = this.#used;
    const used = this.#used = new Map<string, Source>();
    try {
      return [work(), [...used.values()]];
    } finally {
      this.#used = before;
    }
  }

  #note(kind: Source['kind'], template: string): void {
    this.#used.set(`${kind} ${template}`, { kind, template });
  }

  /** @param extra metadata that an event adds */
  metadata(template: string, extra?: { readonly file: string; readonly text: string }): Metadata {
    this.#note('metadata', template);
    if (extra !== undefined) return readMetadata(this.#paths, template, extra);
    return getOrMake(this.#metadata, template, () => readMetadata(this.#paths, template));
  }

  /** Undefined when there is no such template. @param banner whether it gets the default `template-begin` */
  list(template: string, banner: boolean): FragmentList | undefined {
    this.#note(banner ? 'fragments with banner' : 'fragments', template);
    return getOrMake(this.#lists, `${banner ? 'with' : 'without'} ${template}`, () => listFragments(this.#paths, template, banner));
  }

  /** @throws Failure for one that cannot be read or parsed */
  fragment(file: string): Fragment {
    return getOrMake(this.#fragments, file, () => readFragment(this.#paths, file));
  }

  /** Texts that the fragments read so far write down. */
  listLiterals(): readonly string[] {
    return [...new Set([...this.#fragments.values()].flatMap(({ program }) => listLiterals(program)))];
  }

  /** Handlebars that stands in metadata. @param file what messages call it */
  inline(file: string, text: string): Fragment {
    return getOrMake(this.#inline, `${file}\n${text}`, () => parseFragment(file, text));
  }
}

/** The fragments of a template that has to be there. */
export function getFragments(sources: Sources, request: string, metadata: Metadata): FragmentList {
  const list = sources.list(metadata.template, metadata.format !== 'json');
  if (list === undefined) throw new Failure(`cannot expand "${request}"`, { why: 'there is no template of that path', hint: `a template is a folder of fragments: /etc/docksmith/templates${metadata.template}/` });
  return list;
}

function getOrMake<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  const found = known.get(key);
  if (found !== undefined || known.has(key)) return found as V;
  const made = make();
  known.set(key, made);
  return made;
}
