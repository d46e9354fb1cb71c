import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

/**
 * X25519 between launcher and agent over srun's stdin and stdout. Slurm authenticates that way, so the exchange only
 * has to keep what is said from being read: nothing secret is ever sent on it. Source: RFC 7748, RFC 5869.
 */
export interface KeyPair {
  readonly privateKey: KeyObject;
  /** raw 32 bytes */
  readonly publicKey: Buffer;
}

export interface SharedKeys {
  /** external pre-shared key of the TLS 1.3 streams, 32 bytes */
  readonly stream: Buffer;
  /** seals the connection file, 32 bytes */
  readonly seal: Buffer;
}

/** DER prefix of an X25519 SubjectPublicKeyInfo. Source: RFC 8410. */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

export function makeKeyPair(): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(SPKI_PREFIX.length),
  };
}

/** Both sides derive the same keys; `context` (the launch id) and both public keys are bound into them. */
export function deriveKeys(mine: KeyPair, launcher: Buffer, agent: Buffer, context: string): SharedKeys {
  const theirs = mine.publicKey.equals(launcher) ? agent : launcher;
  if (theirs.length !== 32) throw new Error('a public key has 32 bytes');
  const peer = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, theirs]), format: 'der', type: 'spki' });
  const secret = diffieHellman({ privateKey: mine.privateKey, publicKey: peer });
  const salt = Buffer.concat([launcher, agent]);
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, salt, `berth ${use} ${context}`, 32));
  return { stream: derive('stream'), seal: derive('seal') };
}

/** AES-256-GCM with a fixed nonce: the key is fresh for each launch and seals one message. */
const NONCE = Buffer.alloc(12);

export function seal(key: Buffer, plain: string): string {
  const cipher = createCipheriv('aes-256-gcm', key, NONCE);
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
    'base64',
  );
}

/** @throws when the text was not sealed with this key */
export function unseal(key: Buffer, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: 16 });
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
}
