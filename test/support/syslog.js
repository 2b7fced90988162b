// Listens as syslogd does at /dev/log, runs db commands beside it, and prints what it was told.
// Arguments: the program db.js, then pairs of a db and the text for its `batch`; it ends when a line with LAST came.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import process from 'node:process';

const [program, ...rest] = process.argv.slice(2);
let heard = '';
const server = createServer((socket) =>
  socket.setEncoding('utf8').on('data', (text) => {
    heard += text;
    if (!heard.includes('LAST')) return;
    process.stdout.write(heard);
    process.exit(0);
  }),
);
server.listen('/dev/log');
await once(server, 'listening');
for (let n = 0; n < rest.length; n += 2) {
  const child = spawn(process.execPath, [program, rest[n], 'batch'], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.end(rest[n + 1]);
  await once(child, 'exit');
}
