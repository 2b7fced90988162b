// What the program calls of handlebars: its parser alone, under the name that the whole has.
import * as parser from '../node_modules/handlebars/dist/cjs/handlebars/compiler/base.js';

export default parser;
