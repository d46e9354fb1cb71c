import type { FoundKernels } from './found-kernels.ts';

/** Why an image has no kernel, one sentence a line; for people. */
export function explainNoKernel({ seen, broken }: FoundKernels): readonly string[] {
  const pythons = seen.map(({ version, prefix, path, ipykernel }) =>
    ipykernel === undefined
      ? `Python ${version ?? path} in ${prefix} has no ipykernel`
      : `Python ${version ?? path} in ${prefix} has ipykernel ${ipykernel}`,
  );
  const specs = broken.map(({ path, why }) => `${path} cannot be offered: ${why}`);
  const all = [...specs, ...pythons];
  return all.length > 0 ? all : ['no kernelspec and no Python 3 was seen'];
}
