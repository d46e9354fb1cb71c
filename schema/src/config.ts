import * as z from 'zod/mini';
import { about } from './about.ts';
import { BucketSource } from './bucket-source.ts';
import { DEFAULTS } from './config-defaults.ts';
import { A_DAY, count, RepositoryPattern, seconds } from './config-fields.ts';
import { Audience, HubConfig, SharedCatalog } from './hub-config.ts';
import { SourceAlias, Tag } from './image-ref.ts';
import { Profile, ProfileName } from './resources.ts';
import { RootfsFormat } from './rootfs.ts';

/**
 * A path that can stand in every list of paths (PATH, JUPYTER_PATH, the layers of an overlay, ch-run's source:target), so
 * without ":"; `..` would say less than it does; no system call takes a NUL.
 */
const plainPath = (pattern: RegExp, what: string) =>
  z.string().check(
    z.regex(pattern, what),
    z.refine(
      (path) => !/(?:^|\/)\.\.(?:\/|$)|[:\0\n\r]/.test(path),
      'a path without "..", ":" and line ends',
    ),
  );
const HOME_PATH = [/^(?:\/|~\/)/, 'an absolute path, or one that starts with ~/'] as const;
const path = (description: string, fallback: string) =>
  about(z._default(plainPath(...HOME_PATH), fallback), description, 'path');
/** A relative path would be another program in every directory. */
const program = (description: string, fallback: string) =>
  about(
    z._default(
      z
        .string()
        .check(
          z.regex(
            /^(?:\/[^\s\p{Cc}]+|[^\s\p{Cc}/-][^\s\p{Cc}/]*)$/u,
            'a program on PATH, or an absolute path',
          ),
        ),
      fallback,
    ),
    description,
    'program on PATH, or absolute path',
  );
const EnvName = z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name of letters, digits and "_"'));
/** It goes to the node as a line of a file. */
const EnvValue = z
  .string()
  .check(z.refine((value) => !/[\0\n\r]/.test(value), 'a text without line ends and NUL'));
/** A secret in the address would end up in logs and kernelspecs: credentials come from the usual login files. */
const RegistryUrl = z
  .url({ protocol: /^https?$/, error: 'must be an address that starts with https:// or http://' })
  .check(
    z.regex(
      /^[^@?#]+$/,
      'an address without user, password, "?" and "#"; log in with "skopeo login" or "docker login"',
    ),
  );

export const RegistrySource = z.readonly(
  z.strictObject({
    type: about(z.literal('registry'), 'An OCI distribution registry.'),
    url: about(
      RegistryUrl,
      'Base address of the registry, e.g. https://registry.example.org. Plain http only where the site trusts the way.',
    ),
    repositories: about(
      z.optional(z.readonly(z.array(RepositoryPattern))),
      'Repositories to offer; "*" stands for any characters. Without it all that the registry lists.',
    ),
    catalog: about(
      z._default(z.enum(['auto', 'list']), DEFAULTS.registry.catalog),
      '"auto" asks the registry (_catalog); "list" takes just the repositories named above.',
    ),
    tags: about(z.optional(z.readonly(z.array(Tag))), 'Offer only these tags; without it all.'),
    maxTags: count('At most so many tags of one repository.', DEFAULTS.registry.maxTags, 1_000_000),
    timeout: seconds(
      'Seconds without a byte after which the registry counts as unreachable.',
      DEFAULTS.registry.timeout,
    ),
    allowHosts: about(
      z._default(
        z.readonly(
          z.array(z.string().check(z.regex(/^[a-z0-9.-]+(?::[0-9]{1,5})?$/, 'a host, or host:port'))),
        ),
        [],
      ),
      'Further host[:port] that token service and redirects of this registry may name.',
    ),
    audience: about(
      z.optional(Audience),
      'The Unix group whose members are offered it; without it everybody.',
    ),
  }),
);
export type RegistrySource = z.infer<typeof RegistrySource>;

/** Where images come from. */
export const Source = z.discriminatedUnion('type', [RegistrySource, BucketSource]);
export type Source = z.infer<typeof Source>;

const D = DEFAULTS;
/** `{}` is a valid section: every key has a default. */
const section = <T extends z.ZodMiniType>(schema: T, description: string) =>
  about(z.prefault(schema, {} as never), description);

export const Limits = z.readonly(
  z.strictObject({
    manifestBytes: count('Bytes of one manifest, index or config.', D.limits.manifestBytes, 1024 ** 3),
    jsonDepth: count('Nesting of any JSON from a source.', D.limits.jsonDepth, 1000),
    indexEntries: count('Manifests in one index.', D.limits.indexEntries, 1_000_000),
    layerBytes: count('Bytes of one layer, decompressed.', D.limits.layerBytes, 1024 ** 5),
    layerRatio: count(
      'Decompressed bytes for one compressed byte (after the first 16 MiB).',
      D.limits.layerRatio,
      1_000_000,
    ),
    layerEntries: count('Entries of one layer.', D.limits.layerEntries, 100_000_000),
    keptFileBytes: count(
      'Bytes of one file that is read (kernel.json, logo).',
      D.limits.keptFileBytes,
      1024 ** 3,
    ),
    keptTotalBytes: count(
      'Bytes of all files that are read of one layer.',
      D.limits.keptTotalBytes,
      1024 ** 3,
    ),
    pathBytes: count('Bytes of one path.', D.limits.pathBytes, 4096),
    pathDepth: count('Components of one path.', D.limits.pathDepth, 4096),
    listPages: count('Pages of one listing.', D.limits.listPages, 1_000_000),
    listNames: count('Names of one listing.', D.limits.listNames, 10_000_000),
    blobSeconds: count('Seconds that fetching one blob may take.', D.limits.blobSeconds, 7 * A_DAY),
  }),
);
export type Limits = z.infer<typeof Limits>;

export const CatalogConfig = z.readonly(
  z.strictObject({
    platform: about(
      z._default(
        z
          .string()
          .check(z.regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, 'os/architecture, e.g. linux/amd64')),
        D.catalog.platform,
      ),
      "The nodes' platform, os/architecture[/variant].",
    ),
    cache: path('What is known about layers, by digest. Can be deleted at any time.', D.catalog.cache),
    workers: count('Worker threads that look into layers at once.', D.catalog.workers, 256),
    shared: about(z.optional(SharedCatalog), 'The catalogue that the site service publishes.'),
  }),
);
export type CatalogConfig = z.infer<typeof CatalogConfig>;

export const StoreConfig = z.readonly(
  z.strictObject({
    path: path('Where images are kept ready to run; must be the same path on the nodes.', D.store.path),
    format: about(
      z._default(RootfsFormat, D.store.format),
      '"squashfs", or "directory" where /dev/fuse is missing.',
    ),
    compression: about(
      z._default(z.enum(['zstd', 'lz4', 'gzip']), D.store.compression),
      'Compression of squashfs files.',
    ),
  }),
);
export type StoreConfig = z.infer<typeof StoreConfig>;

export const SlurmConfig = z.readonly(
  z.strictObject({
    binDirectory: path('Where srun, squeue, scontrol and scancel are.', D.slurm.binDirectory),
    portRange: about(
      z.optional(
        z.readonly(
          z
            .tuple([z.int().check(z.gte(1024), z.lte(65535)), z.int().check(z.gte(1024), z.lte(65535))])
            .check(z.refine(([low, high]) => low <= high, 'the lower port comes first')),
        ),
      ),
      "Ports on which the launcher listens for the node; default: Slurm's SrunPortRange, else any.",
    ),
    addresses: about(
      z._default(
        z.readonly(z.array(z.union([z.ipv4(), z.ipv6()], 'an IPv4 or IPv6 address, not a name'))),
        D.slurm.addresses,
      ),
      'Addresses of this host that nodes can reach, best first; default: all but loopback.',
    ),
    queryInterval: seconds(
      'Least seconds between two questions to Slurm while a job waits.',
      D.slurm.queryInterval,
      1,
    ),
  }),
);
export type SlurmConfig = z.infer<typeof SlurmConfig>;

export const NodeConfig = z.readonly(
  z.strictObject({
    chRun: program("Charliecloud's ch-run on the nodes.", D.node.chRun),
    squashfuse: program('squashfuse_ll on the nodes.', D.node.squashfuse),
    tar2sqfs: program('tar2sqfs (squashfs-tools-ng) on the nodes.', D.node.tar2sqfs),
    mountPoint: path(
      'An empty directory of the user on which the mounts of a kernel are made, visible to that kernel only.',
      D.node.mountPoint,
    ),
  }),
);
export type NodeConfig = z.infer<typeof NodeConfig>;

const SiteMount = z.readonly(
  z.strictObject({
    source: about(plainPath(...HOME_PATH), 'Directory outside.', 'path'),
    target: about(
      plainPath(/^\/./, 'an absolute path'),
      'Where it appears inside; made if the image has no such place.',
      'path',
    ),
  }),
);

export const ContainerConfig = z.readonly(
  z.strictObject({
    home: about(
      z._default(z.boolean(), D.container.home),
      "Whether the user's home is there inside, at the same path.",
    ),
    mounts: about(
      z._default(z.readonly(z.array(SiteMount)), []),
      'Site directories to bind, {source, target}; absent ones are an error.',
    ),
    env: about(
      z._default(z.readonly(z.record(EnvName, EnvValue)), {}),
      'Environment set in every container.',
    ),
    passEnv: about(
      z._default(z.readonly(z.array(EnvName)), D.container.passEnv),
      "Names taken over from the client's environment.",
    ),
  }),
);
export type ContainerConfig = z.infer<typeof ContainerConfig>;

/** Berth's configuration file (YAML), strict: an unknown key is refused. */
export const Config = z.readonly(
  z.strictObject({
    sources: about(
      z._default(z.readonly(z.record(SourceAlias, Source)), {}),
      'Where images come from, by alias; the alias is the first part of every image reference.',
    ),
    catalog: section(CatalogConfig, 'Looking into images.'),
    store: section(StoreConfig, 'Images made ready to run.'),
    kernels: section(
      z.readonly(
        z.strictObject({
          directory: path('Where kernelspecs are written; one that Jupyter searches.', D.kernels.directory),
          show: count(
            'Up to so many kernels all are written; beyond that, only those named in "berth kernels sync" and those written before.',
            D.kernels.show,
            100_000,
          ),
        }),
      ),
      'Kernelspecs offered to Jupyter.',
    ),
    slurm: section(SlurmConfig, 'How Slurm is reached.'),
    node: section(NodeConfig, 'Programs and places on the nodes.'),
    container: section(ContainerConfig, 'What a kernel sees.'),
    profiles: about(
      z._default(z.readonly(z.record(ProfileName, Profile)), {}),
      'Named resources that people choose from.',
    ),
    defaultProfile: about(z.optional(z.string()), 'The profile of a kernel for which nothing was chosen.'),
    restartGuard: seconds(
      'Seconds after the end of a job within which a restart counts as automatic and submits nothing.',
      D.restartGuard,
    ),
    limits: section(Limits, 'Caps on everything that comes from a source.'),
    hub: section(HubConfig, 'For "berth serve --site", beside JupyterHub.'),
  }),
);
export type Config = z.infer<typeof Config>;
