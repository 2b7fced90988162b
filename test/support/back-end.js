// A web application of its own: says its name and what it was asked. Arguments: PORT NAME.
import { createHash } from 'node:crypto';
import http from 'node:http';

const [port, name] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://any.test');
  const [location, cookie] = [url.searchParams.get('location'), url.searchParams.get('cookie')];
  const headers = {
    ...(location === null ? {} : { Location: location }),
    ...(cookie === null ? {} : { 'Set-Cookie': `id=1; Path=${cookie}` }),
  };
  response.writeHead(location === null ? 200 : 302, headers);
  response.end(JSON.stringify({ name, url: request.url, headers: request.headers }));
});
server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      `X-Name: ${name}`,
      `X-Url: ${request.url}`,
      '',
      '',
    ].join('\r\n'),
  );
  socket.pipe(socket);
  socket.on('error', () => socket.destroy());
});
server.listen(Number(port), '127.0.0.1', () => console.log('listening'));
