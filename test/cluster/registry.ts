import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDaemon, type Daemon } from './daemon.ts';

export interface RegistryAuth {
  readonly user: string;
  readonly password: string;
}

export const registryRoot = (dir: string): string => join(dir, 'registry');

/** docker-registry 2 on loopback, with deletion, its storage in the cluster's directory. */
export async function startRegistry(
  dir: string,
  port: number,
  auth: RegistryAuth | null,
  started: (daemon: Daemon) => void,
): Promise<void> {
  await mkdir(registryRoot(dir), { mode: 0o755 });
  const config = join(dir, 'registry.json');
  const htpasswd = auth === null ? null : join(dir, 'htpasswd');
  if (auth !== null && htpasswd !== null) {
    await writeFile(htpasswd, `${auth.user}:${await bcrypt(auth.password)}\n`, { mode: 0o600 });
  }
  // JSON is YAML too.
  const content = JSON.stringify(registryConfig(dir, port, htpasswd));
  await writeFile(config, content, { mode: 0o600 });
  const daemon = await startDaemon({
    name: 'registry',
    argv: ['/usr/bin/docker-registry', 'serve', config],
    log: join(dir, 'log', 'registry.out'),
  });
  started(daemon);
  await daemon.waitReady(() => answers(port));
}

function registryConfig(dir: string, port: number, htpasswd: string | null): object {
  return {
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: registryRoot(dir) },
      cache: { blobdescriptor: 'inmemory' },
      delete: { enabled: true },
    },
    http: { addr: `127.0.0.1:${port}`, secret: randomBytes(16).toString('hex') },
    ...(htpasswd !== null && { auth: { htpasswd: { realm: 'berth-test', path: htpasswd } } }),
  };
}

/** Any status is an answer: with authentication it is 401. */
async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v2/`);
    await response.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/**
 * The registry knows bcrypt only. Perl's crypt is libcrypt's, and perl-base is on every Debian, unlike
 * htpasswd or a bcrypt package; Python's crypt goes away with 3.13. The password comes over stdin.
 */
async function bcrypt(password: string): Promise<string> {
  const salt = randomBytes(11).toString('hex');
  const script = 'local $/; print crypt(<STDIN>, $ARGV[0])';
  const child = spawn('/usr/bin/perl', ['-e', script, `$2y$05$${salt}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(password);
  const out: Buffer[] = [];
  for await (const chunk of child.stdout) out.push(chunk as Buffer);
  const hash = Buffer.concat(out).toString();
  if (!hash.startsWith('$2y$05$')) throw new Error('crypt(3) of this machine has no bcrypt');
  return hash;
}
