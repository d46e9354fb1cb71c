import * as z from 'zod/mini';
import { CHANNELS } from './channels.ts';

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
