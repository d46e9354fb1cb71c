/** The user server: a page of a catalogue of 1,000 kernels for 500 clients, its start, its memory. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { KernelPage } from '@berth/schema/rest';
import { build } from 'esbuild';
import { bundle, ENTRIES } from '../../scripts/bundle.ts';
import { ownRegistry } from '../images/own-registry.ts';
import { jupyterStarts } from './jupyter-start.ts';
import { manyKernels } from './many-kernels.ts';
import { paired, result, type Report } from './paired.ts';

const ROUNDS = 7;
const KERNELS = 1_000;
const CLIENTS = 500;
const SECONDS = 3;
const PAGE = '/v1/kernels?limit=100';

const NOTE =
  'baseline: Express and helmet with the same page from memory; of jupyter-start the same Lab with the extension disabled';

interface Load {
  readonly perSecond: number;
  readonly p99: number;
  readonly errors: number;
  readonly bodyBytes: number;
}

interface Once extends Load {
  /** from the start of the process to its line, seconds */
  readonly listen: number;
  /** MiB, when the catalogue is there and nobody asks */
  readonly idle: number;
}

export async function bench(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-serve-'));
  const registry = await ownRegistry();
  try {
    await prepare(directory);
    await manyKernels(registry.host, KERNELS);
    await writeFile(
      join(directory, 'config.yaml'),
      `sources: { lab: { type: registry, url: "http://${registry.host}" } }\n` +
        `catalog: { cache: ${directory}/cache }\nkernels: { directory: ${directory}/kernels }\n`,
    );
    const scanned = await keepPage(directory);
    const ours = () => measure(directory, ['berth.mjs', 'serve', '--directory', join(directory, 'run')]);
    const bare = () =>
      measure(directory, ['baseline.mjs', join(directory, 'run/http.sock'), join(directory, 'page.json')]);
    const rounds = await paired(ROUNDS, ours, bare);
    const labs = await jupyterStarts(ROUNDS);
    const jupyter = result('jupyter-start', 's', labs.ours, labs.baseline);
    return { n: ROUNDS, results: [...results(rounds), jupyter], notes: [scanned, NOTE] };
  } finally {
    await registry.close();
    await rm(directory, { recursive: true, force: true });
  }
}

function results(rounds: {
  readonly ours: readonly Once[];
  readonly baseline: readonly Once[];
}): Report['results'] {
  const pick = (key: keyof Once) =>
    [rounds.ours.map((one) => one[key]), rounds.baseline.map((one) => one[key])] as const;
  return [
    result('page-500-clients', 'requests/s', ...pick('perSecond'), false),
    result('page-500-clients-p99', 'ms', ...pick('p99')),
    result('page-500-clients-errors', 'errors', ...pick('errors')),
    result('page-bytes', 'bytes', ...pick('bodyBytes')),
    result('listen', 's', ...pick('listen')),
    result('rss-idle', 'MiB', ...pick('idle')),
  ];
}

/** Both sides bundled, as the product is. */
async function prepare(directory: string): Promise<void> {
  await mkdir(join(directory, 'run'), { mode: 0o700 });
  const { berth = '', 'layer-worker': worker = '' } = ENTRIES;
  await bundle({ berth, 'layer-worker': worker }, directory);
  await build({
    entryPoints: {
      baseline: join(import.meta.dirname, 'serve-baseline.ts'),
      load: join(import.meta.dirname, 'serve-load.ts'),
    },
    outdir: directory,
    bundle: true,
    platform: 'node',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: {
      js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
    },
    logLevel: 'error',
  });
}

/** Scan once; what a client then gets is what the baseline gives from memory. */
async function keepPage(directory: string): Promise<string> {
  const begin = performance.now();
  const server = await start(directory, ['berth.mjs', 'serve', '--directory', join(directory, 'run')]);
  try {
    for (;;) {
      const text = await get(directory, PAGE);
      const state = JSON.parse(await get(directory, '/v1/scan')) as { state: string };
      if (state.state === 'idle' && KernelPage.parse(JSON.parse(text)).total === KERNELS) {
        await writeFile(join(directory, 'page.json'), text);
        const seconds = ((performance.now() - begin) / 1000).toFixed(1);
        return `the first scan of ${KERNELS} small images took ${seconds} s; RSS right after it ${(await rss(server.child)).toFixed(0)} MiB`;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await server.stop();
  }
}

async function measure(directory: string, args: readonly string[]): Promise<Once> {
  const server = await start(directory, args);
  try {
    // waits for the catalogue
    await get(directory, PAGE);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const idle = await rss(server.child);
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(directory, 'load.mjs'),
      join(directory, 'run/http.sock'),
      PAGE,
      String(CLIENTS),
      String(SECONDS),
    ]);
    return { ...(JSON.parse(stdout) as Load), idle, listen: server.listen };
  } finally {
    await server.stop();
  }
}

async function start(directory: string, [script = '', ...args]: readonly string[]) {
  const begin = performance.now();
  const child = spawn(process.execPath, [join(directory, script), ...args], {
    env: {
      PATH: '/usr/bin:/bin',
      HOME: directory,
      BERTH_BIN: '/opt/berth/bin/berth',
      BERTH_CONFIG: join(directory, 'config.yaml'),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  const listen = (performance.now() - begin) / 1000;
  const stop = async (): Promise<void> => {
    const closed = once(child, 'close');
    child.stdin.end();
    await closed;
    await rm(join(directory, 'run/http.sock'), { force: true });
  };
  return { child, listen, stop };
}

function get(directory: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath: join(directory, 'run/http.sock'), path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

async function rss({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+([0-9]+) kB/m.exec(status)?.[1]) / 1024;
}
