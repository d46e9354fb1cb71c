import * as z from 'zod/mini';

/**
 * Attach the sentence that the generated reference (docs/reference/config.md) prints for a key.
 * @param title what a value is, where "text" says too little, e.g. "path"
 */
export const about = <T extends z.ZodMiniType>(schema: T, description: string, title?: string): T => {
  z.globalRegistry.add(schema, { description, ...(title !== undefined && { title }) });
  return schema;
};
