// A web application of its own: says its name and what it was asked. Arguments: PORT NAME [ADDRESS].
import { createHash } from 'node:crypto';
import http from 'node:http';

const [port, name, address = '127.0.0.1'] = process.argv.slice(2);
const server = http.createServer((request, response) => {
  const query = new URLSearchParams(request.url.replace(/^[^?]*/, ''));
  const [location, cookie] = [query.get('location'), query.get('cookie')];
  // ?header=NAME:VALUE, as often as it comes
  const headers = query.getAll('header').map((header) => {
    const at = header.indexOf(':');
    return [header.slice(0, at), header.slice(at + 1)];
  });
  if (location !== null) headers.push(['Location', location]);
  if (cookie !== null) headers.push(['Set-Cookie', `id=1; Path=${cookie}`]);
  setTimeout(
    () => {
      response.writeHead(location === null ? 200 : 302, headers.flat());
      response.end(JSON.stringify({ name, method: request.method, url: request.url, headers: request.headers }));
    },
    Number(query.get('wait') ?? 0),
  );
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
server.listen(Number(port), address, () => console.log('listening'));
