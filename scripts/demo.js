// Plain JavaScript: it runs on a fresh clone, before anything is installed.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { installPackages, ROOT } from './packages.js';

const { socket } = readOptions();
installPackages();
console.log('building …');
for (const project of ['tsconfig.build.json', 'demo/tsconfig.json']) {
  const { status } = spawnSync(path.join(ROOT, 'node_modules/.bin/tsc'), ['-p', project], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
// in this process, not a child: so Ctrl-C reaches the one that has something to clear up
const { runDemo } = await import('../demo/dist/demo/main.js');
process.exitCode = await runDemo(socket?.replace(/^unix:\/\//, ''));

function readOptions() {
  try {
    return parseArgs({ options: { socket: { type: 'string' } } }).values;
  } catch (error) {
    console.error(`docksmith: cannot run the demonstration: ${error.message}\nhint: npm run demo, or npm run demo -- --socket PATH`);
    process.exit(2);
  }
}
