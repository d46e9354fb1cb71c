// Node 24 runs the tests as ES modules from source; swc only strips types. No build is needed before unit tests.
// what was installed or built, with packages of the same names
const ELSEWHERE = ['<rootDir>/\\.venv/', '<rootDir>/\\.berth/', '/labextension/'];
const node = {
  testEnvironment: 'node',
  rootDir: import.meta.dirname,
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2024', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: {
    '^@berth/schema$': '<rootDir>/schema/src/index.ts',
    '^@berth/schema/rest$': '<rootDir>/schema/src/rest/index.ts',
    '^@berth/(spawner|server)/(.*)$': '<rootDir>/$1/src/$2/index.ts',
  },
  modulePathIgnorePatterns: ['/lib/', '/dist/', ...ELSEWHERE],
};
// What runs in the browser: JupyterLab's packages are ES modules in .js files that do not say so, hence CommonJS for all.
const SHIPPED_AS_MODULES = [
  '@berth',
  '@codemirror',
  '@jupyter',
  '@jupyterlab',
  '@lezer',
  '@lumino',
  '@marijn',
  '@microsoft',
  '@rjsf',
  'exenv-es6',
  'lib0',
  'marked',
  'nanoid',
  'y-protocols',
  'y-websocket',
  'yjs',
  'zod',
];
const page = {
  testEnvironment: '<rootDir>/test/extension/page-environment.ts',
  rootDir: import.meta.dirname,
  setupFiles: ['<rootDir>/test/extension/page-setup.ts'],
  transform: {
    '\\.[cm]?[jt]sx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:${SHIPPED_AS_MODULES.join('|')})/)`],
  moduleNameMapper: {
    '^@berth/schema$': '<rootDir>/schema/src/index.ts',
    '^@berth/schema/rest$': '<rootDir>/schema/src/rest/index.ts',
    '\\.css$': 'identity-obj-proxy',
    // @jupyter/web-components uses it without saying so; another package brings one
    '^tslib$': '<rootDir>/node_modules/@microsoft/fast-foundation/node_modules/tslib/tslib.js',
    '\\.svg$': '<rootDir>/test/extension/picture.ts',
  },
  modulePathIgnorePatterns: [
    '<rootDir>/(?:schema|spawner|server|extension|test)/lib/',
    '/dist/',
    ...ELSEWHERE,
  ],
};
const unit = ['schema', 'spawner', 'server', 'repository', 'demo'];
const live = ['browser', 'cluster', 'images', 'jupyter', 'live', 'security'];
// What holds people's promises in seconds against the clock: it has the machine for itself.
const timed = [
  ...['jupyter/server-extension', 'security/gate', 'security/web-server'],
  ...['asking', 'clients', 'doctor', 'failures', 'hub', 'life', 'placement', 'queue'].map((n) => `live/${n}`),
].map((name) => `<rootDir>/test/${name}.test.ts`);
export default {
  // of all projects: jest does not take it from one of them
  testTimeout: 180_000,
  projects: [
    {
      ...node,
      displayName: 'unit',
      testMatch: unit.map((d) => `<rootDir>/test/${d}/**/*.test.ts`),
    },
    // of the same name: `--selectProjects unit` means both
    { ...page, displayName: 'unit', testMatch: ['<rootDir>/test/extension/**/*.test.ts?(x)'] },
    // real Slurm, registry, users and Jupyter clients
    {
      ...node,
      displayName: 'live',
      testMatch: live.map((d) => `<rootDir>/test/${d}/**/*.test.ts`),
      testPathIgnorePatterns: ['/node_modules/', ...timed],
    },
    { ...node, displayName: 'timed', testMatch: timed },
  ],
};
