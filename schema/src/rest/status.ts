import * as z from 'zod/mini';

/** Who answers. `instance` changes with each start of the server. */
export const ServerStatus = z.readonly(
  z.object({ version: z.string(), instance: z.string(), sources: z.readonly(z.array(z.string())) }),
);
export type ServerStatus = z.infer<typeof ServerStatus>;
