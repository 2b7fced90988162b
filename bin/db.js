#!/usr/bin/env node
require('../dist/db.cjs').mainDb('db', process.argv.slice(2));
