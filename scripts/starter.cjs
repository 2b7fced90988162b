// Plain JavaScript, and CommonJS: what the parts of the program are loaded by. It becomes dist/docksmith.cjs.
const { openSync, readSync } = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

/** The file of all parts; it is called by what is in it. */
const file = path.join(__dirname, 'PROGRAM');
/** Bytes of the index in front of what is compiled: JSON, filled up with blanks. */
const INDEX = 16384;
/** name -> where the part stands in the file */
const PLACES = {};

let memory = Buffer.allocUnsafeSlow(160 * 1024);
const source = openSync(file);
const compiled = openCompiled();
const scripts = new Map();
const loaded = new Map();
const nodesOwn = new Map();

/**
 * What node's compiler made of the parts when the program was built, so that a command does not
 * compile what it uses. Another version of node refuses them, and compiles.
 */
function openCompiled() {
  try {
    const fd = openSync(`${file}.compiled`);
    return { fd, places: JSON.parse(readPart(fd, 0, INDEX).latin1Slice()) };
  } catch {
    return { places: {} };
  }
}

/** @returns bytes that are overwritten by the next call: memory that was never touched costs more than reading */
function readPart(fd, at, length) {
  if (length > memory.length) memory = Buffer.allocUnsafeSlow(length);
  readSync(fd, memory, 0, length, at);
  return memory.subarray(0, length);
}

/** A part is loaded when it is first asked for; what is none is a module of node. */
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const place = PLACES[name];
  if (place === undefined) return require(name);
  const [at, length] = place;
  const bytes = compiled.places[name];
  const script = new Script(readPart(source, at, length).latin1Slice(), {
    filename: `${file}/${name}`,
    cachedData: bytes && readPart(compiled.fd, ...bytes),
  });
  scripts.set(name, script);
  const module = { exports: {} };
  loaded.set(name, module);
  script.runInThisContext()(module.exports, load, module, file, __dirname);
  return module.exports;
}

/** A module of node with a `default`, for what is written as an ES module: one for all parts. */
load.withDefault = (name) => {
  const known = nodesOwn.get(name);
  if (known !== undefined) return known;
  const module = require(name);
  const withDefault = Object.assign(Object.create(module), { default: module });
  nodesOwn.set(name, withDefault);
  return withDefault;
};

module.exports.file = file;
module.exports.main = (...args) => load('./docksmith.cjs').main(...args);
/** Names of the parts that were loaded. */
module.exports.listLoaded = () => [...loaded.keys()];
/** What has been compiled until now, as `openCompiled` takes it. */
module.exports.formatCompiled = () => {
  const [places, parts] = [{}, []];
  let at = INDEX;
  for (const [name, script] of scripts) {
    const bytes = script.createCachedData();
    places[name] = [at, bytes.length];
    parts.push(bytes);
    at += bytes.length;
  }
  const index = JSON.stringify(places);
  if (index.length > INDEX) throw new Error(`an index of ${index.length} bytes: INDEX has to be larger`);
  return Buffer.concat([Buffer.from(index.padEnd(INDEX)), ...parts]);
};
