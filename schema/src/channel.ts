import * as z from 'zod/mini';

/** Jupyter's five sockets, in the order of the wire numbers that a stream's first byte carries. */
export const CHANNELS = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const;
export const Channel = z.enum(CHANNELS);
export type Channel = z.infer<typeof Channel>;

/**
 * Jupyter's connection file. Source: jupyter_client documentation, "Connection files"; the curve keys come with
 * `transport_encryption`. `ip` is a path prefix when transport is ipc.
 */
export const ConnectionFile = z.readonly(
  z.looseObject({
    transport: z.enum(['tcp', 'ipc']),
    ip: z.string(),
    key: z.string(),
    signature_scheme: z.string(),
    shell_port: z.number(),
    iopub_port: z.number(),
    stdin_port: z.number(),
    control_port: z.number(),
    hb_port: z.number(),
    kernel_name: z.optional(z.string()),
    curve_publickey: z.optional(z.string()),
    curve_secretkey: z.optional(z.string()),
  }),
);
export type ConnectionFile = z.infer<typeof ConnectionFile>;
