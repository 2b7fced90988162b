// Plain JavaScript: programs of Node versions, from the npm packages that carry them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from './packages.js';
import { call, npmPack } from './packaging/call.js';

/**
 * Each major version that docksmith runs on, and which of it is taken for the tests: a version with the checksums
 * that npm's registry gives it, by CPU. The newest is the one that the package brings.
 */
const VERSIONS = {
  20: {
    version: '20.19.6',
    integrity: {
      x64: 'sha512-nSaDjLjUZdsLMDckfinsQl+hvKifYUuzO7swyacVzrKAIi0ByaORSE1DpaRTjxfCq3mETV/3uTlKXStzd2nJWQ==',
      arm64: 'sha512-T28TZKZJ9yyf/ZZI1hVnzkvD3HhVrVe8O/5oSNO2WtlYVshqJrWuGnOOOk/7R3xF7psP2aVzHnbtQ1Q5UeWKmA==',
    },
  },
  22: {
    version: '22.23.5',
    integrity: {
      x64: 'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
      arm64: 'sha512-e1LOUGKVruPGuLVutn8+Cgm5pI1APm4Kvh+zbb/qe/ZpD9s+TQby5iUgZOWmPpbSKpj0Td8DP1N0NEnXasHizg==',
    },
  },
  24: JSON.parse(readFileSync(path.join(ROOT, 'packaging/docksmith-node/package.json'), 'utf8')).node,
};

/** VERSION-CPU/bin/node. Nobody else can write here; it is empty after `npm ci`, and npm has a cache of its own. */
const CACHE = path.join(ROOT, 'node_modules/.cache/docksmith-nodes');

/** As npm calls it. */
const MISMATCH = 'EINTEGRITY';

/**
 * The major versions beside the one that runs this, each with its program, which is fetched where it is not there.
 * @returns a reason instead of the program where it cannot be had
 */
export function fetchNodes() {
  const others = Object.entries(VERSIONS).filter(([major]) => major !== process.versions.node.split('.')[0]);
  return others.map(([major, node]) => {
    try {
      return { major, program: path.join(fetchNode(node, process.arch), 'bin/node') };
    } catch (error) {
      // another content is no missing registry
      if (error.code === MISMATCH) throw error;
      return { major, reason: firstWords(error.message) };
    }
  });
}

/**
 * As its makers built it for Linux. What has its checksum is kept.
 * @param {{ version: string, integrity: Record<string, string> }} node
 * @returns its folder, with `bin/node` and `LICENSE`
 */
export function fetchNode({ version, integrity }, cpu) {
  const folder = path.join(CACHE, `${version}-${cpu}`);
  if (existsSync(folder)) return folder;
  const [algorithm, digest] = /^(\w+)-(.+)$/.exec(integrity[cpu] ?? '')?.slice(1) ?? [];
  if (digest === undefined) throw new Error(`no node for "${cpu}": there are ${Object.keys(integrity).join(', ')}`);
  mkdirSync(CACHE, { recursive: true });
  const fresh = mkdtempSync(path.join(CACHE, 'fetch-'));
  try {
    const file = path.join(fresh, npmPack(fresh, `node-linux-${cpu}@${version}`));
    const found = createHash(algorithm).update(readFileSync(file)).digest('base64');
    if (found !== digest)
      throw Object.assign(new Error(`checksum mismatch: "${file}" is ${algorithm}-${found}, not ${integrity[cpu]}`), {
        code: MISMATCH,
      });
    call('tar', ['-xzf', file, '-C', fresh, 'package/bin/node', 'package/LICENSE']);
    try {
      renameSync(path.join(fresh, 'package'), folder);
    } catch (error) {
      // another run was faster
      if (!existsSync(folder)) throw error;
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
  return folder;
}

/** On one line, without npm's codes for it. */
function firstWords(message) {
  const lines = message.split('\n').filter((line) => /\S/.test(line) && !/^npm error (code|errno|syscall) /.test(line));
  return lines.slice(0, 2).join(' ');
}
