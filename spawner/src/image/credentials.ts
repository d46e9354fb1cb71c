import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';

/** A name with its password, or an identity token that is exchanged at the token service. */
export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  | { readonly kind: 'identity-token'; readonly token: string };

/** What to do where nobody is let in. By itself skopeo keeps a login in XDG_RUNTIME_DIR, which is on one machine only. */
export const REGISTRY_LOGIN =
  'Log in with "docker login", or "skopeo login --authfile ~/.config/containers/auth.json": compute nodes read these too';

/** Answers for `host[:port]` of a registry; undefined is "nobody logged in". */
export type CredentialLookup = (host: string) => Promise<Credentials | undefined>;

const Auth = z.object({ auth: z.optional(z.string()), identitytoken: z.optional(z.string()) });
/** Source: docker/cli, config.json; containers-auth.json(5). The first is a superset of the second. */
const AuthFile = z.object({
  auths: z.optional(z.record(z.string(), Auth)),
  credHelpers: z.optional(z.record(z.string(), z.string())),
  credsStore: z.optional(z.string()),
});
type AuthFile = z.infer<typeof AuthFile>;
const HelperAnswer = z.object({ Username: z.string(), Secret: z.string() });

export interface CredentialPlaces {
  /** auth files, best first; absent ones are passed over */
  readonly files: readonly string[];
  /** environment for `docker-credential-*`, with the PATH on which they are found */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Where the ecosystem keeps credentials. Sources: docker login, containers-auth.json(5). */
export function credentialFiles(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): readonly string[] {
  return [
    ...(env.REGISTRY_AUTH_FILE ? [env.REGISTRY_AUTH_FILE] : []),
    ...(env.XDG_RUNTIME_DIR ? [`${env.XDG_RUNTIME_DIR}/containers/auth.json`] : []),
    `${env.XDG_CONFIG_HOME || `${home}/.config`}/containers/auth.json`,
    `${env.DOCKER_CONFIG || `${home}/.docker`}/config.json`,
  ];
}

/**
 * Credentials as `docker login` and `skopeo login` left them. An unreadable or broken file or helper counts as "nobody
 * logged in": the registry's own answer then says what is missing.
 */
export function credentialLookup(places: CredentialPlaces): CredentialLookup {
  return async (host) => {
    for (const path of places.files) {
      const file = await readAuthFile(path);
      const found = file === undefined ? undefined : await fromFile(file, host, places.env);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return AuthFile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function fromFile(
  file: AuthFile,
  host: string,
  env: CredentialPlaces['env'],
): Promise<Credentials | undefined> {
  const keys = keysOf(host);
  for (const key of keys) {
    const helper = file.credHelpers?.[key];
    if (helper !== undefined) return askHelper(helper, key, env);
  }
  for (const key of keys) {
    const auth = file.auths?.[key];
    const found = auth === undefined ? undefined : decodeAuth(auth);
    if (found !== undefined) return found;
  }
  if (file.credsStore === undefined) return undefined;
  for (const key of keys) {
    const found = await askHelper(file.credsStore, key, env);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The names under which a host's entry may stand; Docker Hub is kept under its historical one. */
function keysOf(host: string): readonly string[] {
  const hub = /^(?:registry-1\.|index\.)?docker\.io$/.test(host);
  const hosts = hub ? ['https://index.docker.io/v1/', 'docker.io', host] : [host];
  return [...hosts, `https://${host}`, `http://${host}`, `https://${host}/v1/`, `https://${host}/v2/`];
}

function decodeAuth(entry: z.infer<typeof Auth>): Credentials | undefined {
  if (entry.identitytoken) return { kind: 'identity-token', token: entry.identitytoken };
  const text = Buffer.from(entry.auth ?? '', 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  return {
    kind: 'password',
    username: text.slice(0, colon),
    password: text.slice(colon + 1).replace(/\0+$/, ''),
  };
}

/** A name and a token; more is no answer of a helper. */
const HELPER_BYTES = 64 * 1024;

/** The credential helper protocol: server on stdin, JSON on stdout. Source: docker/docker-credential-helpers. */
async function askHelper(
  helper: string,
  server: string,
  env: CredentialPlaces['env'],
): Promise<Credentials | undefined> {
  // the name becomes part of a program's name: no slash, no leading dash
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(helper)) return undefined;
  const child = spawn(`docker-credential-${helper}`, ['get'], {
    env: env,
    stdio: ['pipe', 'pipe', 'ignore'],
    // not `timeout`: its timer outlives a program that is not there
    signal: AbortSignal.timeout(30_000),
  });
  const out: Buffer[] = [];
  let bytes = 0;
  const status = new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(server);
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > HELPER_BYTES) child.kill('SIGKILL');
    else out.push(chunk);
  });
  if ((await status) !== 0) return undefined;
  return decodeHelperAnswer(Buffer.concat(out).toString('utf8'));
}

function decodeHelperAnswer(text: string): Credentials | undefined {
  try {
    const { Username, Secret } = HelperAnswer.parse(JSON.parse(text));
    return Username === '<token>'
      ? { kind: 'identity-token', token: Secret }
      : { kind: 'password', username: Username, password: Secret };
  } catch {
    return undefined;
  }
}
