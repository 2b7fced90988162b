// The yardstick for writing files: plain code that writes, syncs and renames them, in the way in
// which src/output/commit/transaction.ts does, and nothing else. What is there already gets a second name,
// so that it could be put back. Many files are synced together, as a commit does it.
// Arguments: a file of JSON, [[path, text], …]. Prints the milliseconds that it took, start-up not counted.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const files = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const from = process.hrtime.bigint();
const folders = new Set(files.map(([file]) => path.dirname(file)));
const isMany = files.length >= 100;
for (const folder of folders) fs.mkdirSync(folder, { recursive: true });
for (const [file, text] of files) {
  const fd = fs.openSync(`${file}.new`, 'wx', 0o644);
  fs.writeFileSync(fd, text);
  if (!isMany) fs.fsyncSync(fd);
  fs.closeSync(fd);
  if (fs.existsSync(file)) fs.linkSync(file, `${file}.old`);
}
if (isMany) execFileSync('sync', ['-f', ...folders]);
syncFolders();
for (const [file] of files) fs.renameSync(`${file}.new`, file);
syncFolders();
for (const [file] of files) fs.rmSync(`${file}.old`, { force: true });
console.log(Number(process.hrtime.bigint() - from) / 1e6);

function syncFolders() {
  for (const folder of folders) {
    const fd = fs.openSync(folder, 'r');
    fs.fsyncSync(fd);
    fs.closeSync(fd);
  }
}
