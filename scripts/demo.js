// Plain JavaScript: it runs on a fresh clone, before anything is installed.
import { parseArgs } from 'node:util';
import { installPackages, ROOT } from './packages.js';

const { socket } = readOptions();
installPackages();
console.log('building …');
await import('./build.js');
const { build } = await import('esbuild');
await build({
  entryPoints: ['demo/main.ts'],
  outfile: 'demo/dist/main.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  absWorkingDir: ROOT,
});
// in this process, not a child: so Ctrl-C reaches the one that has something to clear up
const { runDemo } = await import('../demo/dist/main.js');
process.exitCode = await runDemo(socket?.replace(/^unix:\/\//, ''));

function readOptions() {
  try {
    return parseArgs({ options: { socket: { type: 'string' } } }).values;
  } catch (error) {
    console.error(
      `docksmith: cannot run the demonstration: ${error.message}\nhint: npm run demo, or npm run demo -- --socket PATH`,
    );
    process.exit(2);
  }
}
