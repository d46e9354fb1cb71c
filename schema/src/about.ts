import * as z from 'zod/mini';

/** Attach the sentence that the generated reference (docs/reference/config.md) prints for a key. */
export const about = <T extends z.ZodMiniType>(schema: T, description: string): T => {
  z.globalRegistry.add(schema, { description });
  return schema;
};
