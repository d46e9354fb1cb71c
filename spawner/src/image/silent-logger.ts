const quiet = (): void => undefined;

/** The SDK writes warnings on our stderr otherwise; what is worth telling is in failures. */
export const SILENT = { trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet } as const;
