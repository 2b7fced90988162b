import fc from 'fast-check';

// the same cases on every machine, so that a change is what makes a test fail; SEED=$RANDOM npm run unit
// looks for new ones
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 1) });
