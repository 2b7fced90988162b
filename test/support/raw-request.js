// Sends the bytes of one request and prints what comes back, as a process of its own: so it can
// stand in any network namespace. Standard input: JSON, see http.ts; standard output: JSON.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';

const { host, port, localAddress, serverName, request, stopAfter } = JSON.parse(readFileSync(0, 'utf8'));
const address = { host, port, localAddress };
const socket =
  serverName === undefined
    ? net.connect(address)
    : tls.connect({ ...address, servername: serverName, rejectUnauthorized: false });
const chunks = [];
let certificate;

socket.on('secureConnect', () => (certificate = socket.getPeerCertificate().subject?.CN));
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
socket.on('data', (chunk) => {
  chunks.push(chunk);
  // a connection that was upgraded is not closed by the other end
  if (stopAfter !== undefined && Buffer.concat(chunks).includes(stopAfter)) finish();
});
socket.on('end', finish);
socket.write(Buffer.from(request, 'base64'));

function finish() {
  console.log(JSON.stringify({ answer: Buffer.concat(chunks).toString('base64'), certificate }));
  process.exit(0);
}
