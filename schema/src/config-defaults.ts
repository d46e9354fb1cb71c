/** Every default of the configuration, in one table. `~` is the user's home; sizes in bytes, times in seconds. */
export const DEFAULTS = {
  catalog: { platform: 'linux/amd64', cache: '~/.cache/berth/catalog', workers: 2 },
  store: { path: '~/.local/share/berth/store', format: 'squashfs', compression: 'lz4' },
  kernels: { directory: '~/.local/share/jupyter/kernels', show: 100 },
  slurm: { binDirectory: '/usr/bin', addresses: [], queryInterval: 5 },
  node: {
    chRun: 'ch-run',
    squashfuse: 'squashfuse_ll',
    tar2sqfs: 'tar2sqfs',
    /** where new mount points start; in the kernel's own namespace only */
    mountPoint: '~/.local/share/berth/mnt',
  },
  container: { home: true, passEnv: ['TERM', 'TZ', 'LANG', 'LC_ALL', 'LC_CTYPE'] },
  registry: { catalog: 'auto', timeout: 30, maxTags: 1000 },
  limits: {
    manifestBytes: 4 * 1024 ** 2,
    jsonDepth: 64,
    indexEntries: 1000,
    layerBytes: 32 * 1024 ** 3,
    layerRatio: 200,
    layerEntries: 500_000,
    keptFileBytes: 1024 ** 2,
    keptTotalBytes: 32 * 1024 ** 2,
    pathBytes: 4096,
    pathDepth: 256,
    listPages: 1000,
    listNames: 100_000,
    blobSeconds: 3600,
  },
  restartGuard: 20,
} as const;
