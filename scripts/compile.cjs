// Plain JavaScript, and CommonJS: runs the built program where it harms nobody, and keeps beside it what node
// compiled for it. Done where the program is built, and by packages where it is installed, since another node
// refuses what one has compiled.
const { once } = require('node:events');
const { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const os = require('node:os');
const path = require('node:path');

/** The exit code where a command was not refused, but broke. */
const BROKEN = 3;

const DIST = path.join(__dirname, '../dist');
// a checkout whose packages npm has just installed has no program yet
if (!existsSync(path.join(DIST, 'docksmith.cjs'))) process.exit(0);

const root = mkdtempSync(path.join(os.tmpdir(), 'docksmith-compile-'));
process.env.DOCKSMITH_ROOT = root;
process.env.DOCKSMITH_ENGINE = `memory://${path.join(root, 'engine.json')}`;
delete process.env.DOCKSMITH_RUN;
delete process.env.DBPATH;

const DBS = {
  configuration: ['DomainName=example.org', 'LocalIP=127.0.0.1', 'SystemName=host', 'docker=service|status|enabled'],
  docker_containers: [
    'app=service|Env.NAME|x|Image|app:1|SubDomain|enabled|WebHostPort|10001|WebPort|80|access|private|status|enabled',
  ],
};

/** What an engine answers that has one container of ours, which is looked at and left alone. */
const ID = 'a'.repeat(64);
const ANSWERS = {
  '/_ping': 'OK',
  '/info': {},
  '/containers/json': [
    {
      Id: ID,
      Names: ['/app'],
      Labels: { 'docksmith.managed': 'true', 'docksmith.name': 'app' },
      State: 'running',
      Ports: [],
    },
  ],
  [`/containers/${ID}/json`]: {
    Id: ID,
    Name: '/app',
    Created: '',
    Image: ID,
    State: { Status: 'running', Running: true, StartedAt: '' },
    Config: {},
    HostConfig: {},
    Mounts: [],
  },
  '/networks': [],
};

/** Asks an engine behind a socket, as on a server. */
async function runWithEngine(reconcile) {
  const server = createServer((request, response) => {
    const answer = ANSWERS[request.url.replace(/^\/v[\d.]+|\?.*$/g, '')];
    response.setHeader('Api-Version', '1.41');
    if (answer === undefined) response.statusCode = 404;
    response.end(typeof answer === 'string' ? answer : JSON.stringify(answer ?? {}));
  });
  const socket = path.join(root, 'engine.sock');
  await once(server.listen(socket), 'listening');
  delete process.env.DOCKSMITH_ENGINE;
  process.env.DOCKER_HOST = `unix://${socket}`;
  await reconcile();
  server.close();
}

async function run() {
  const { file, main, formatCompiled } = require(path.join(DIST, 'docksmith.cjs'));
  const compiled = `${file}.compiled`;
  mkdirSync(path.join(root, 'var/lib/docksmith/db'), { recursive: true });
  for (const [db, lines] of Object.entries(DBS))
    writeFileSync(path.join(root, 'var/lib/docksmith/db', db), `${lines.join('\n')}\n`);
  // the second time little is to be done, in other ways than the first time
  for (let n = 0; n < 2; n++) {
    await main('signal-event', ['docker-container-update', 'app']);
    await main('docksmith', ['reconcile']);
    await main('docksmith', ['status']);
  }
  await runWithEngine(() => main('docksmith', ['reconcile', '--dry-run']));
  writeFileSync(`${compiled}~`, formatCompiled());
  renameSync(`${compiled}~`, compiled);
  for (const name of readdirSync(DIST))
    if (name.endsWith('.compiled') && name !== path.basename(compiled)) rmSync(path.join(DIST, name));
}

// what the commands print is nobody's concern, but for what only a broken program says
let said = '';
process.stdout.write = () => true;
const tell = process.stderr.write.bind(process.stderr);
process.stderr.write = (text) => {
  said += text;
  return true;
};
run()
  .finally(() => rmSync(root, { recursive: true, force: true }))
  .then(
    () => {
      const isBroken = said.includes('a mistake in docksmith itself');
      if (isBroken) tell(said);
      process.exit(isBroken ? BROKEN : 0);
    },
    () => process.exit(1),
  );
