import * as z from 'zod/mini';

/** Any failure over HTTP, `application/problem+json`. Source: RFC 9457; `hint` and `retryable` are ours. */
export const Problem = z.readonly(
  z.object({
    /** `urn:berth:failure:CODE` */
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    hint: z.string(),
    retryable: z.boolean(),
  }),
);
export type Problem = z.infer<typeof Problem>;
