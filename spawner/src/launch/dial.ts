/** Where the launcher waits for the streams: its addresses, in the order to be tried, and the port. */
export interface Dial {
  readonly addresses: readonly string[];
  readonly port: number;
}

/** `PORT ADDRESS ADDRESS...`: no JSON, whose schema would take an agent longer to load than all else it does then. */
export const writeDial = ({ addresses, port }: Dial): string => [port, ...addresses].join(' ');

/** @throws when it is none */
export function readDial(text: string): Dial {
  const [port = '', ...addresses] = text.split(' ');
  if (!/^[0-9]{1,5}$/.test(port) || addresses.length > 64) throw new Error('not where to dial');
  return { addresses, port: Number(port) };
}
