// The yardstick for the engine: the same creates and starts, sent to its socket directly, four at a time.
// Arguments: the socket, and a file of JSON, [[name, body], …].
import fs from 'node:fs';
import http from 'node:http';

const [, , socketPath, file] = process.argv;
const left = JSON.parse(fs.readFileSync(file, 'utf8'));
const agent = new http.Agent({ keepAlive: true });

await Promise.all(Array.from({ length: 4 }, work));
agent.destroy();

async function work() {
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    const [name, body] = next;
    const { Id } = JSON.parse(await post(`/containers/create?name=${name}`, JSON.stringify(body)));
    await post(`/containers/${Id}/start`, '');
  }
}

function post(path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        socketPath,
        agent,
        method: 'POST',
        path,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part) => (text += part));
        response.on('end', () =>
          (response.statusCode ?? 500) < 300
            ? resolve(text)
            : reject(new Error(`${path}: ${response.statusCode} ${text}`)),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
