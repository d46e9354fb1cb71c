import { writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { CHANNELS, ConnectionFile } from '@berth/schema';
import {
  clientAddress,
  innerConnection,
  innerSocketName,
  readConnectionFile,
} from '../../../spawner/src/launch/connection-file.ts';
import { connectionFile, inDirectory } from './launch-fixture.ts';

test('inside: sockets of its own in one directory, keys verbatim, CurveZMQ`s too, and what we do not know', () => {
  const outer = connectionFile({
    curve_publickey: 'P'.repeat(40),
    curve_secretkey: '[Z85]{}',
    jupyter_session: '/x.ipynb',
  });
  const inner = innerConnection(outer);
  expect(inner).toEqual({
    ...outer,
    transport: 'ipc',
    ip: '/run/berth/k',
    shell_port: 1,
    iopub_port: 2,
    stdin_port: 3,
    control_port: 4,
    hb_port: 5,
  });
  expect(ConnectionFile.parse(JSON.parse(JSON.stringify(inner)))).toEqual(inner);
  for (const channel of CHANNELS)
    expect(`${inner.ip}-${inner[`${channel}_port`]}`).toBe(`/run/berth/${innerSocketName(channel)}`);
});

test('where the client expects a channel; a relative ipc prefix counts from the current directory', () => {
  expect(clientAddress(connectionFile(), 'hb', '/w')).toEqual({
    transport: 'tcp',
    host: '127.0.0.1',
    port: 50005,
  });
  const ipc = { transport: 'ipc', shell_port: 1 };
  expect(clientAddress(connectionFile({ ...ipc, ip: 'kernel-ipc' }), 'shell', '/w')).toEqual({
    transport: 'ipc',
    path: '/w/kernel-ipc-1',
  });
  expect(clientAddress(connectionFile({ ...ipc, ip: '/r/k' }), 'shell', '/w')).toEqual({
    transport: 'ipc',
    path: '/r/k-1',
  });
});

test('a file that is missing, cut or of another kind is a named failure', () =>
  inDirectory(async (directory) => {
    const path = `${directory}/kernel-1.json`;
    await expect(readConnectionFile(path)).rejects.toMatchObject({ code: 'connection-file-invalid' });
    for (const text of [
      '',
      '{',
      '[]',
      '{"transport":"tcp"}',
      JSON.stringify({ ...connectionFile(), transport: 'udp' }),
    ]) {
      await writeFile(path, text);
      await expect(readConnectionFile(path)).rejects.toMatchObject({ code: 'connection-file-invalid' });
    }
    await writeFile(path, JSON.stringify(connectionFile()));
    expect(await readConnectionFile(path)).toEqual(connectionFile());
  }));
