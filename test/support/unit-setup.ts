import fc from 'fast-check';
// a module of its own is run once, and this one again for each test file
import './parse-once.ts';

// the same cases on every machine, so that a change is what makes a test fail; SEED=$RANDOM npm run unit
// looks for new ones
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 1) });
