import type { IBerth } from '../berth.ts';
import type { Session } from '../session.ts';

/** Offer it in Jupyter: its kernelspec is written, and Jupyter looks again. */
export async function offerKernel(
  { app }: IBerth,
  { client, catalogue }: Session,
  kernel: string,
): Promise<void> {
  await client.call('offer', { params: { name: kernel } });
  catalogue.mark(kernel, true);
  await app.serviceManager.kernelspecs.refreshSpecs();
}

/** Offer it no longer: the kernelspec is removed, the kernel stays in the catalogue. */
export async function withdrawKernel(
  { app }: IBerth,
  { client, catalogue }: Session,
  kernel: string,
): Promise<void> {
  await client.call('withdraw', { params: { name: kernel } });
  catalogue.mark(kernel, false);
  await app.serviceManager.kernelspecs.refreshSpecs();
}
