import {
  createCipheriv,
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

/**
 * What both sides derive; `context` (the launch id) and both public keys are bound in. The node's half is in C (seal.c).
 * @param theirs public key of the agent, raw
 */
export function deriveKeys(mine: KeyPair, theirs: Buffer, context: string): SharedKeys {
  if (theirs.length !== 32) throw new Error('a public key has 32 bytes');
  const peer = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, theirs]), format: 'der', type: 'spki' });
  const secret = diffieHellman({ privateKey: mine.privateKey, publicKey: peer });
  const salt = Buffer.concat([mine.publicKey, theirs]);
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', secret, salt, `berth ${use} ${context}`, 32));
  return { stream: derive('stream'), seal: derive('seal') };
}

/** ChaCha20-Poly1305 with a fixed nonce: the key is fresh for each launch and seals one message. Source: RFC 8439. */
const NONCE = Buffer.alloc(12);

export function seal(key: Buffer, plain: string): Buffer {
  const cipher = createCipheriv('chacha20-poly1305', key, NONCE, { authTagLength: 16 });
  return Buffer.concat([cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}
