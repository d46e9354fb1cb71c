import { readFile } from 'node:fs/promises';
import { CHANNELS, ConnectionFile, Failure, type Channel } from '@berth/schema';

/** Where the client expects one channel. */
export type ClientAddress =
  | { readonly transport: 'tcp'; readonly host: string; readonly port: number }
  | { readonly transport: 'ipc'; readonly path: string };

/** @throws Failure `connection-file-invalid` */
export async function readConnectionFile(path: string): Promise<ConnectionFile> {
  try {
    return ConnectionFile.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new Failure('connection-file-invalid', { path, why }, { cause });
  }
}

/** The address of each channel on the client's side; a relative ipc prefix counts from `cwd`, as ZeroMQ has it. */
export function clientAddress(connection: ConnectionFile, channel: Channel, cwd: string): ClientAddress {
  const port = connection[`${channel}_port`];
  if (connection.transport === 'tcp') return { transport: 'tcp', host: connection.ip, port };
  const path = `${connection.ip}-${port}`;
  return { transport: 'ipc', path: path.startsWith('/') ? path : `${cwd}/${path}` };
}

/** Where the kernel binds, inside. One directory, the port is just the channel's number. */
export const INNER_DIRECTORY = '/run/berth';
export const INNER_CONNECTION_FILE = `${INNER_DIRECTORY}/connection.json`;
export const innerSocketName = (channel: Channel): string => `k-${CHANNELS.indexOf(channel) + 1}`;

/** The connection file that the kernel reads: the client's keys verbatim (CurveZMQ too), sockets of its own. */
export function innerConnection(connection: ConnectionFile): ConnectionFile {
  const ports = Object.fromEntries(CHANNELS.map((channel, index) => [`${channel}_port`, index + 1]));
  return { ...connection, ...ports, transport: 'ipc', ip: `${INNER_DIRECTORY}/k` };
}
