import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHANNELS, ConnectionFile, LaunchRecord } from '@berth/schema';

const digest = `sha256:${'a'.repeat(64)}`;

/** A launch record as `berth kernels sync` writes it, with every default. */
export const launchRecord = (more: Partial<Record<keyof LaunchRecord, unknown>> = {}): LaunchRecord =>
  LaunchRecord.parse({
    version: 1,
    image: {
      ref: { source: 'lab', repository: 'climate', tag: '1' },
      digest,
      configDigest: digest,
      platform: { os: 'linux', architecture: 'amd64' },
      config: {
        env: { PATH: '/opt/env/bin:/usr/bin', LD_LIBRARY_PATH: '/opt/lib' },
        workingDir: '',
        user: '',
        labels: {},
      },
      layers: [],
    },
    kernel: {
      id: 'python3',
      origin: 'python-prefix',
      language: 'python',
      displayName: 'Python 3',
      argv: ['/opt/env/bin/python', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      env: {},
      interruptMode: 'signal',
      prefix: '/opt/env',
      metadata: {},
      logos: {},
      evidence: [],
    },
    resources: {},
    source: { type: 'registry', url: 'http://127.0.0.1:5000' },
    store: {},
    slurm: {},
    node: {},
    container: {},
    limits: {},
    restartGuard: 20,
    ...more,
  });

export const connectionFile = (more: object = {}): ConnectionFile =>
  ConnectionFile.parse({
    transport: 'tcp',
    ip: '127.0.0.1',
    key: 'a-secret-key',
    signature_scheme: 'hmac-sha256',
    shell_port: 50001,
    iopub_port: 50002,
    stdin_port: 50003,
    control_port: 50004,
    hb_port: 50005,
    kernel_name: 'berth-x',
    ...more,
  });

/** A loopback address of this worker: a port that was free a moment ago is not another worker's meanwhile. */
const OWN_HOST = `127.0.0.${10 + Number(process.env['JEST_WORKER_ID'] ?? 0)}`;

/** A connection file with ports that were free a moment ago, at an address of this worker. */
export async function freePorts(): Promise<ConnectionFile> {
  const servers = CHANNELS.map(() => createServer().listen(0, OWN_HOST));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return connectionFile({
    ip: OWN_HOST,
    ...Object.fromEntries(CHANNELS.map((channel, at) => [`${channel}_port`, ports[at]])),
  });
}

/** Gives `use` a new directory, 0700 and with a short name, and removes it afterwards, also when `use` fails. */
export async function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'launch-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
