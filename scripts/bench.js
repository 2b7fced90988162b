// Plain JavaScript: it makes what the rest runs from.
import { build } from 'esbuild';
import './build.js';
import { ROOT } from './packages.js';

await build({
  entryPoints: ['bench/main.ts'],
  outfile: 'bench/dist/main.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  absWorkingDir: ROOT,
});
const { runBench } = await import('../bench/dist/main.js');
process.exitCode = await runBench();
