import type { ConnectionOptions, TlsOptions } from 'node:tls';

/**
 * TLS 1.3 with an external pre-shared key and ephemeral exchange: no certificates, forward secrecy, and nobody without
 * the launch's key gets past the handshake. Only SHA-256 suites can be picked by Node's callback.
 */
const SUITE = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const;

export function tlsServerOptions(key: Buffer, identity: string): TlsOptions {
  return {
    ...SUITE,
    noDelay: true,
    handshakeTimeout: 10_000,
    pskCallback: (_socket, offered) => (offered === identity ? key : null),
  };
}

export function tlsClientOptions(key: Buffer, identity: string): ConnectionOptions {
  return { ...SUITE, pskCallback: () => ({ psk: key, identity }), checkServerIdentity: () => undefined };
}
