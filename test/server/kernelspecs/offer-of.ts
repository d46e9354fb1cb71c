import {
  Config,
  parseImageRef,
  type Digest,
  type Image,
  type Kernel,
  type RegistrySource,
} from '@berth/schema';
import type { Found } from '../../../server/src/kernelspecs/offer.ts';

export const SOURCE = {
  type: 'registry',
  url: 'http://127.0.0.1:1',
  catalog: 'auto',
  maxTags: 1,
  timeout: 1,
  allowHosts: [],
} satisfies RegistrySource;

export const configIn = (directory: string, more: object = {}): Config =>
  Config.parse({ sources: { lab: SOURCE }, kernels: { directory }, ...more });

export const digestOf = (text: string): Digest =>
  `sha256:${Buffer.from(text).toString('hex').padEnd(64, '0').slice(0, 64)}` as Digest;

export const imageOf = (ref: string, digest = digestOf(ref)): Image => ({
  ref: parseImageRef(ref),
  digest,
  configDigest: digest,
  platform: { os: 'linux', architecture: 'amd64' },
  config: { env: {}, workingDir: '', user: '', labels: {} },
  layers: [],
});

export const kernelOf = (id = 'python3', more: Partial<Kernel> = {}): Kernel => ({
  id,
  origin: 'kernelspec',
  language: 'python',
  displayName: 'Python 3 (ipykernel)',
  argv: ['/usr/bin/python3', '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
  env: { OWN: '1' },
  interruptMode: 'signal',
  prefix: '/usr',
  interpreter: { path: '/usr/bin/python3', version: '3.11' },
  metadata: { debugger: true, supported_encryption: ['curve'] },
  logos: { 'logo-svg.svg': Buffer.from('<svg/>').toString('base64') },
  evidence: [],
  ...more,
});

export const foundOf = (ref: string, digest?: Digest, kernel = kernelOf()): Found => ({
  image: imageOf(ref, digest),
  kernel,
  source: SOURCE,
});
