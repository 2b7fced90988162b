// Plain JavaScript, and CommonJS: what the parts of the program are loaded by. It becomes dist/docksmith.cjs.
const { openSync, readFileSync, readSync } = require('node:fs');
const path = require('node:path');
const { Script } = require('node:vm');

/** The file of all parts; it is called by what is in it. */
const file = path.join(__dirname, 'PROGRAM');
/** name -> where the part stands in the file */
const PLACES = {};

const source = openSync(file);
const compiled = readCompiled();
const scripts = new Map();
const loaded = new Map();

/**
 * What node's compiler made of the parts when the program was built, so that a command does not
 * compile what it uses: an index in JSON, then the bytes. Another version of node refuses them, and compiles.
 */
function readCompiled() {
  try {
    const content = readFileSync(`${file}.compiled`);
    const end = content.indexOf(10);
    return { places: JSON.parse(content.toString('latin1', 0, end)), bytes: content.subarray(end + 1) };
  } catch {
    return { places: {}, bytes: Buffer.alloc(0) };
  }
}

/** A part is loaded when it is first asked for; what is none is a module of node. */
function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const place = PLACES[name];
  if (place === undefined) return require(name);
  const [at, length] = place;
  const text = Buffer.allocUnsafe(length);
  readSync(source, text, 0, length, at);
  const bytes = compiled.places[name];
  const script = new Script(text.latin1Slice(), {
    filename: `${file}/${name}`,
    cachedData: bytes && compiled.bytes.subarray(bytes[0], bytes[0] + bytes[1]),
  });
  scripts.set(name, script);
  const module = { exports: {} };
  loaded.set(name, module);
  script.runInThisContext()(module.exports, load, module, file, __dirname);
  return module.exports;
}

module.exports.main = (...args) => load('./docksmith.cjs').main(...args);
/** Names of the parts that were loaded. */
module.exports.listLoaded = () => [...loaded.keys()];
/** What has been compiled until now, as `readCompiled` takes it. */
module.exports.formatCompiled = () => {
  const [places, parts] = [{}, []];
  let at = 0;
  for (const [name, script] of scripts) {
    const bytes = script.createCachedData();
    places[name] = [at, bytes.length];
    parts.push(bytes);
    at += bytes.length;
  }
  return Buffer.concat([Buffer.from(`${JSON.stringify(places)}\n`), ...parts]);
};
