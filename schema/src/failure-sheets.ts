/**
 * The closed list of what can go wrong, as told to people and programs (RFC 9457 over HTTP, two lines in the CLI).
 * `sentence` says what and why, `hint` what to do; `{slots}` are filled from the failure's details. `exit` is the
 * stable exit status of the `berth` command (sysexits.h where one fits).
 */
export interface FailureSheet {
  readonly status: number;
  readonly exit: number;
  readonly retryable: boolean;
  readonly sentence: string;
  readonly hint: string;
}

export const FAILURES = {
  // ---- what a person typed or wrote
  'usage-invalid': {
    status: 400,
    exit: 64,
    retryable: false,
    sentence: '{why}',
    hint: 'Run "{command} --help" to see how it is called.',
  },
  'config-invalid': {
    status: 500,
    exit: 78,
    retryable: false,
    sentence: 'The configuration {file} is not valid: {why}.',
    hint: 'Correct it, then run "berth config check".',
  },
  'config-missing': {
    status: 500,
    exit: 78,
    retryable: false,
    sentence: 'There is no configuration at {file}.',
    hint: 'Write one (see docs/reference/config.md), or name another with BERTH_CONFIG or --config.',
  },
  'image-ref-invalid': {
    status: 400,
    exit: 64,
    retryable: false,
    sentence: '"{text}" is not an image reference: {why}.',
    hint: 'Write SOURCE/REPOSITORY:TAG, e.g. lab/climate:2026.2; "berth images ls" lists what there is.',
  },
  'source-unknown': {
    status: 404,
    exit: 64,
    retryable: false,
    sentence: 'No source is called "{source}".',
    hint: 'Configured sources: {known}. Add one under "sources" in the configuration.',
  },
  // ---- sources and images
  'source-unreachable': {
    status: 502,
    exit: 69,
    retryable: true,
    sentence: 'The source at {url} does not answer: {why}.',
    hint: 'Check that it is up and reachable from here; known images stay usable meanwhile.',
  },
  'source-denied': {
    status: 502,
    exit: 77,
    retryable: false,
    sentence: 'The source at {url} refused access to {what} (HTTP {http}).',
    hint: 'Log in with your usual client ("skopeo login", "docker login"), or ask for read access.',
  },
  'source-protocol': {
    status: 502,
    exit: 76,
    retryable: false,
    sentence: 'The source at {url} gave an answer that is not in order: {why}.',
    hint: 'Nothing was kept. Report this to whoever runs the source.',
  },
  'address-forbidden': {
    status: 502,
    exit: 77,
    retryable: false,
    sentence: 'The source at {url} sent us on to {target}, which we do not follow: {why}.',
    hint: 'If that place is right, the administrator can allow it under "sources.{source}.allowHosts".',
  },
  'image-missing': {
    status: 404,
    exit: 66,
    retryable: false,
    sentence: 'There is no image {ref}.',
    hint: 'Check the name; "berth images ls" lists what there is.',
  },
  'platform-missing': {
    status: 404,
    exit: 66,
    retryable: false,
    sentence: 'The image {ref} has nothing for {platform}, only {has}.',
    hint: 'Build it for this platform too, or set "catalog.platform".',
  },
  'manifest-invalid': {
    status: 502,
    exit: 65,
    retryable: false,
    sentence: 'The manifest of {ref} is refused: {why}.',
    hint: 'Nothing was kept. Push the image again with a current tool.',
  },
  'blob-digest-mismatch': {
    status: 502,
    exit: 65,
    retryable: true,
    sentence: 'Wrong bytes for {digest}: they are {actual}.',
    hint: 'Nothing was kept. If it happens again, the stored image is damaged: push it again.',
  },
  'blob-truncated': {
    status: 502,
    exit: 65,
    retryable: true,
    sentence: 'The blob {digest} ended after {got} of {want} bytes.',
    hint: 'Nothing was kept. Try again; if it stays so, push the image again.',
  },
  'blob-too-long': {
    status: 502,
    exit: 65,
    retryable: false,
    sentence: 'The blob {digest} is longer than the {want} bytes its manifest promises.',
    hint: 'Nothing was kept. Push the image again.',
  },
  'layer-invalid': {
    status: 502,
    exit: 65,
    retryable: false,
    sentence: 'The layer {digest} is refused: {why}.',
    hint: 'Nothing was kept. Build the image again with a current tool.',
  },
  'limit-exceeded': {
    status: 502,
    exit: 65,
    retryable: false,
    sentence: '{what} exceeds the limit of {limit}.',
    hint: 'Nothing was kept. If the image is honest, the administrator can raise "limits.{key}".',
  },
  'kernelspec-invalid': {
    status: 500,
    exit: 65,
    retryable: false,
    sentence: 'The kernelspec {path} is not in order: {why}.',
    hint: 'Run "berth kernels sync" to write it anew.',
  },
  'no-kernel': {
    status: 404,
    exit: 66,
    retryable: false,
    sentence: 'No kernel was found in {ref}.',
    hint: '"berth images show {ref}" says what was looked at.',
  },
  // ---- making ready and launching
  'tool-missing': {
    status: 500,
    exit: 69,
    retryable: false,
    sentence: 'The program {tool} is needed on {where} and cannot be run: {why}.',
    hint: 'Install it there ({package}), or set its path in the configuration; "berth doctor" checks all.',
  },
  'store-full': {
    status: 507,
    exit: 73,
    retryable: true,
    sentence: 'The image store {path} has no room: {why}.',
    hint: 'Free space or quota there, or set "store.path" to a larger place. Nothing was half-made.',
  },
  'store-refused': {
    status: 500,
    exit: 77,
    retryable: false,
    sentence: 'The image store {path} is not used: {why}.',
    hint: 'It must be yours, where nobody else can replace it. Move that away, or set "store.path" to another place.',
  },
  'rootfs-failed': {
    status: 500,
    exit: 70,
    retryable: true,
    sentence: 'The image {digest} could not be made ready: {why}.',
    hint: 'Nothing was half-made; try again. "berth doctor" checks the tools on the node.',
  },
  'mount-point-refused': {
    status: 500,
    exit: 77,
    retryable: false,
    sentence: 'The mount point {path} is not used: {why}.',
    hint: 'It must be yours, where nobody else can replace it: set "node.mountPoint" to a place below your home.',
  },
  'namespace-failed': {
    status: 500,
    exit: 71,
    retryable: false,
    sentence: 'The container of the kernel could not be set up on {node}: {why}.',
    hint: 'Run "berth doctor" on that node: it checks user namespaces, FUSE and Charliecloud.',
  },
  'container-lost': {
    status: 500,
    exit: 71,
    retryable: true,
    sentence: 'The container of the kernel on {node} is gone: {why}.',
    hint: 'Start the kernel again. If it happens again, ask what ends processes on that node.',
  },
  'command-failed': {
    status: 500,
    exit: 126,
    retryable: false,
    sentence: 'The kernel command {command} could not be run in the image: {why}.',
    hint: '"berth images show" tells what was found in the image; "berth kernel --dry-run" prints the plan.',
  },
  'slurm-refused': {
    status: 502,
    exit: 75,
    retryable: false,
    sentence: 'Slurm refused the job: {why}.',
    hint: 'Check partition, account, limits and time of the chosen resources; "berth kernel --dry-run" prints what is asked.',
  },
  'slurm-unreachable': {
    status: 503,
    exit: 69,
    retryable: true,
    sentence: 'Slurm does not answer: {why}.',
    hint: 'Running kernels are not affected. Try again, or ask the centre.',
  },
  'channel-failed': {
    status: 500,
    exit: 74,
    retryable: true,
    sentence: 'Node and launcher could not connect: {why}.',
    hint: 'Check that nodes reach this host ({addresses}) on the ports {ports}; "berth doctor" checks it.',
  },
  'connection-file-invalid': {
    status: 400,
    exit: 66,
    retryable: false,
    sentence: 'The connection file {path} cannot be used: {why}.',
    hint: 'It is written by the Jupyter client; start the kernel from a client.',
  },
  'restart-refused': {
    status: 409,
    exit: 75,
    retryable: false,
    sentence: 'Not started again by itself: {why}',
    hint: 'Start the kernel again yourself when you want a new job.',
  },
  cancelled: {
    status: 499,
    exit: 130,
    retryable: true,
    sentence: 'Stopped on request.',
    hint: 'Nothing was half-made; run it again when you like.',
  },
} as const satisfies Record<string, FailureSheet>;
