import { createConnection } from 'node:net';

/**
 * Whether something takes a connection there within that time.
 * @param address `10.0.0.1:2377`, `[fd00::1]:2377`
 */
export function isListening(address: string, milliseconds: number): Promise<boolean> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = createConnection({ host, port: Number(address.slice(colon + 1)), timeout: milliseconds });
    const end = (is: boolean): void => {
      socket.destroy();
      resolve(is);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}
