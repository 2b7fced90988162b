#!/usr/bin/env node
require('../dist/db.cjs').mainDb('config', process.argv.slice(2));
