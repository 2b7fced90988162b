import path from 'node:path';
import type { ContainerInspect } from '../../../engine/engine-api.ts';
import type { Input } from '../input.ts';
import { readDuration, readFlag, readItems, readText, readTextMap, readTexts } from '../read-input.ts';
import { defineKey, type SpecKey } from '../spec-key.ts';
import { splitWords } from '../../../base/split-words.ts';
import { FLAG, LIST, MAP, NUMBER, SET, TEXT, toMap, toSet } from '../value.ts';
import { OWN_PREFIX } from '../names.ts';
import { formatImageReference } from '../../../engine/image-reference.ts';

/** What runs in the container, as whom, and with which environment. */
export const PROCESS_KEYS: readonly SpecKey[] = [
  defineKey(TEXT, {
    name: 'image',
    answer: 'recreate',
    parse: (input) => {
      const text = readText(input);
      return /^[\w][\w.:/@-]*$/.test(text)
        ? formatImageReference(text)
        : input.refuse(`"${text}" is no image reference`);
    },
    send: (value, body) => {
      body.Image = value;
    },
    // made by a program that leaves the tag out
    read: ({ Config: { Image } }) => (Image === undefined ? undefined : formatImageReference(Image)),
  }),
  defineKey(LIST, {
    name: 'command',
    answer: 'recreate',
    parse: readWords,
    send: (value, body) => {
      body.Cmd = [...value];
    },
    read: ({ Config }) => toWords(Config.Cmd),
    ofImage: ({ Config }) => toWords(Config.Cmd),
  }),
  defineKey(LIST, {
    name: 'entrypoint',
    answer: 'recreate',
    parse: (input) => (isEmpty(input) ? [''] : readWords(input)),
    send: (value, body) => {
      body.Entrypoint = [...value];
    },
    read: ({ Config }) => toWords(Config.Entrypoint),
    ofImage: ({ Config }) => toWords(Config.Entrypoint),
  }),
  defineKey(MAP, {
    name: 'environment',
    answer: 'recreate',
    hidden: true,
    parse: (input) => readTextMap(input),
    send: (value, body) => {
      body.Env = Object.entries(value).map(([name, text]) => `${name}=${text}`);
    },
    read: ({ Config }) => toEnvironment(Config.Env),
    ofImage: ({ Config }) => toEnvironment(Config.Env),
  }),
  defineKey(MAP, {
    name: 'labels',
    answer: 'recreate',
    parse: (input) => readTextMap(input, '=', ''),
    send: (value, body) => {
      body.Labels = { ...body.Labels, ...value };
    },
    read: ({ Config }) => withoutOwn(Config.Labels),
    ofImage: ({ Config }) => withoutOwn(Config.Labels),
  }),
  defineKey(TEXT, {
    name: 'user',
    answer: 'recreate',
    parse: readText,
    send: (value, body) => {
      body.User = value;
    },
    read: ({ Config }) => Config.User || undefined,
    ofImage: ({ Config }) => Config.User || undefined,
  }),
  defineKey(SET, {
    name: 'group_add',
    answer: 'recreate',
    parse: (input) => toSet(readTexts(input)),
    send: (value, body) => {
      body.HostConfig.GroupAdd = [...value];
    },
    read: ({ HostConfig }) => toSet(HostConfig.GroupAdd ?? []),
  }),
  defineKey(TEXT, {
    name: 'working_dir',
    answer: 'recreate',
    parse: (input) => {
      const text = readText(input);
      return text.startsWith('/') ? path.posix.resolve(text) : input.refuse(`"${text}" is no absolute path`);
    },
    send: (value, body) => {
      body.WorkingDir = value;
    },
    read: ({ Config }) => Config.WorkingDir || undefined,
    ofImage: ({ Config }) => Config.WorkingDir || undefined,
  }),
  defineKey(TEXT, {
    name: 'hostname',
    answer: 'recreate',
    parse: readText,
    send: (value, body) => {
      body.Hostname = value;
    },
    read: readHostname,
  }),
  defineKey(TEXT, {
    name: 'domainname',
    answer: 'recreate',
    parse: readText,
    send: (value, body) => {
      body.Domainname = value;
    },
    read: ({ Config }) => Config.Domainname || undefined,
  }),
  defineKey(FLAG, {
    name: 'init',
    answer: 'recreate',
    parse: readFlag,
    send: (value, body) => {
      body.HostConfig.Init = value;
    },
    read: ({ HostConfig }) => HostConfig.Init ?? undefined,
  }),
  defineKey(TEXT, {
    name: 'stop_signal',
    answer: 'none',
    parse: (input) => {
      const text = readText(input).toUpperCase();
      return /^(SIG)?[A-Z]+\d*([+-]\d+)?$|^\d+$/.test(text)
        ? text.replace(/^(?=[A-Z])(?!SIG)/, 'SIG')
        : input.refuse(`"${text}" is no signal`);
    },
    send: (value, body) => {
      body.StopSignal = value;
    },
    read: ({ Config }) => Config.StopSignal || undefined,
    ofImage: ({ Config }) => Config.StopSignal || undefined,
  }),
  defineKey(NUMBER, {
    name: 'stop_grace_period',
    answer: 'none',
    // the engine counts whole seconds
    parse: (input) => Math.ceil(readDuration(input) / 1e9),
    send: (value, body) => {
      body.StopTimeout = value;
    },
    read: ({ Config }) => Config.StopTimeout ?? undefined,
    format: (seconds) => `${seconds}s`,
  }),
];

/** None at all: that of the image is not used. */
function isEmpty({ scalar, items }: Input): boolean {
  return scalar === '' || items?.length === 0;
}

function readWords(input: Input): readonly string[] {
  if (input.items === undefined) return splitWords(readText(input)) ?? input.refuse('a quote is left open');
  // a word may be empty: `printf "" x`
  const words = readItems(input, (item) => (item.scalar === '' ? '' : readText(item)));
  return words.length === 0 ? input.refuse('is empty') : words;
}

function toWords(words: string | string[] | null | undefined): readonly string[] | undefined {
  if (typeof words === 'string') return [words];
  return words && words.length > 0 ? words : undefined;
}

function toEnvironment(env: readonly string[] | null | undefined): Readonly<Record<string, string>> {
  return toMap(
    (env ?? []).map((line) => {
      const cut = line.indexOf('=');
      return cut < 0 ? ([line, ''] as const) : ([line.slice(0, cut), line.slice(cut + 1)] as const);
    }),
  );
}

/** Our own labels say whose a container is, and are no part of what it is. */
function withoutOwn(labels: Readonly<Record<string, string>> | null | undefined): Readonly<Record<string, string>> {
  return toMap(Object.entries(labels ?? {}).filter(([name]) => !name.startsWith(OWN_PREFIX)));
}

/** The engine makes one up from the id when none is given. */
function readHostname({ Id, Config }: ContainerInspect): string | undefined {
  return Config.Hostname && !Id.startsWith(Config.Hostname) ? Config.Hostname : undefined;
}
