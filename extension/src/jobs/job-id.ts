/** A new id for a job: 16 random hex digits. Made here, so that a request that is sent twice submits one job. */
export const newJobId = (): string =>
  [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
