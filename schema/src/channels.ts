/** Jupyter's five sockets, in the order of the wire numbers that a stream's first byte carries. */
export const CHANNELS = ['shell', 'iopub', 'stdin', 'control', 'hb'] as const;
