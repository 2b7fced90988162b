// Asks a web server again and again, whatever it answers. Arguments: ADDRESS HOST MILLISECONDS-BETWEEN. Each answer is a
// line: STARTED MILLISECONDS STATUS TEXT, where 0 is the status of a request without an answer.
import http from 'node:http';

const [address, host, between] = process.argv.slice(2);
const LIMIT = 20_000;

function ask() {
  const started = Date.now();
  const tell = (status, text) =>
    process.stdout.write(`${started} ${Date.now() - started} ${status} ${text.split('\n')[0]}\n`);
  const request = http.get(
    { host: address, port: 80, path: '/', headers: { host }, agent: false, timeout: LIMIT },
    (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text) => (body += text));
      answer.on('end', () => tell(answer.statusCode, body));
      answer.on('error', (error) => tell(0, error.message));
    },
  );
  request.on('timeout', () => request.destroy(new Error('no answer')));
  request.on('error', (error) => tell(0, error.message));
}

setInterval(ask, Number(between));
