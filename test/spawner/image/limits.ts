import { Limits } from '@berth/schema';

/** The configured caps as they are without a configuration. */
export const DEFAULT_LIMITS: Limits = Limits.parse({});
