#!/usr/bin/env node
const [command, ...args] = process.argv.slice(2);
if (command === 'db' || command === 'config') require('../dist/db.cjs').mainDb(command, args);
else require('../dist/docksmith.cjs').main('docksmith');
