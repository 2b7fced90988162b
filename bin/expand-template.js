#!/usr/bin/env node
require('../dist/docksmith.cjs').main('expand-template');
