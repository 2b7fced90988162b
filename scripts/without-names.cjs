// Plain JavaScript, and CommonJS: after `npm install -g` on an SME Server takes those of our commands out of the path
// that have the names of its own. npm has made the links when this runs.
const { existsSync, realpathSync, rmSync } = require('node:fs');
const path = require('node:path');

const { bin } = require('../package.json');
const { npm_config_global: isGlobal, npm_config_prefix: prefix } = process.env;
if (isGlobal === 'true' && prefix)
  for (const name of Object.keys(bin).filter((each) => existsSync(`/sbin/e-smith/${each}`))) {
    const link = path.join(prefix, 'bin', name);
    if (existsSync(link) && realpathSync(link) === realpathSync(path.join(__dirname, '..', bin[name]))) rmSync(link);
  }
