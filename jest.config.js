// Node 24 runs the tests as ES modules from source; swc only strips types. No build is needed before unit tests.
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
  modulePathIgnorePatterns: ['/lib/', '/dist/'],
};
const unit = ['schema', 'spawner', 'server', 'extension', 'repository', 'demo'];
const live = ['cluster', 'images', 'jupyter', 'live', 'security'];
export default {
  // of all projects: jest does not take it from one of them
  testTimeout: 180_000,
  projects: [
    {
      ...node,
      displayName: 'unit',
      testMatch: unit.map((d) => `<rootDir>/test/${d}/**/*.test.ts`),
    },
    // real Slurm, registry, users and Jupyter clients: one file after the other
    {
      ...node,
      displayName: 'live',
      testMatch: live.map((d) => `<rootDir>/test/${d}/**/*.test.ts`),
    },
  ],
};
