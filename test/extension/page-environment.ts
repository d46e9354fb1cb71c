import type { EnvironmentContext, JestEnvironmentConfig } from '@jest/environment';
import { TestEnvironment } from 'jest-environment-jsdom';

/** What browsers and Node have and jsdom lacks: the views and the client meet real HTTP and streams in tests. */
const SHARED = [
  'AbortController',
  'AbortSignal',
  'Headers',
  'ReadableStream',
  'Request',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'clearImmediate',
  'fetch',
  'setImmediate',
  'structuredClone',
] as const satisfies readonly (keyof typeof globalThis)[];

export default class PageEnvironment extends TestEnvironment {
  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    super(config, context);
    for (const name of SHARED) Object.assign(this.global, { [name]: globalThis[name] });
  }
}
