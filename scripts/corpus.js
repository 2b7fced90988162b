// Plain JavaScript: it makes what it runs, as scripts/bench.js does.
import { build } from 'esbuild';
import './build.js';
import { ROOT } from './packages.js';

await build({
  entryPoints: ['test/support/corpus/main.ts'],
  outfile: 'test/support/corpus/dist/main.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  absWorkingDir: ROOT,
});
const { main } = await import('../test/support/corpus/dist/main.js');
process.exitCode = await main(process.argv.slice(2));
