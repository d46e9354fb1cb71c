import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readProc } from '../../cluster/process-identity.ts';
import { placeProgram } from '../native/place-program.ts';
import { until } from './until.ts';

/** Namespaces are made as an ordinary user: nobody when the tests run as root. */
const UID = process.getuid?.() === 0 ? 65534 : (process.getuid?.() ?? 0);
const asOrdinary =
  process.getuid?.() === 0
    ? ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--inh-caps=-all']
    : [];
const holderSource = new URL('../../../spawner/src/launch/holder.ts', import.meta.url).pathname;
const program = await placeProgram();

let directory = '';
const children = new Set<ReturnType<typeof spawn>>();
beforeEach(async () => {
  directory = await mkdtemp('/tmp/holder-');
  mkdirSync(`${directory}/rootfs/opt/env`, { recursive: true });
  mkdirSync(`${directory}/rootfs/usr/bin`, { recursive: true });
  symlinkSync('usr/bin', `${directory}/rootfs/bin`);
  writeFileSync(`${directory}/rootfs/opt/env/marker`, 'from the image');
  mkdirSync(`${directory}/home`);
  execFileSync('tar', ['-C', `${directory}/rootfs`, '-cf', `${directory}/image.tar`, '.']);
  spawnSync('tar2sqfs', ['-q', '-f', `${directory}/image.sqfs`], {
    input: readFileSync(`${directory}/image.tar`),
  });
  // where the ordinary user can run it
  copyFileSync(program, `${directory}/berth-place`);
  for (const path of [directory, `${directory}/home`]) chownSync(path, UID, UID);
  chmodSync(directory, 0o755);
  chmodSync(`${directory}/berth-place`, 0o755);
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  rmSync(directory, { recursive: true, force: true });
});

interface Up {
  pid: number;
  mountPoint: string;
}
type Said = { up: Up } | { code: string; message: string };

/** starts a holder in a process of the ordinary user, which goes when its stdin ends */
async function start(
  format: 'squashfs' | 'directory',
  more: object = {},
): Promise<{ said: Said; child: ReturnType<typeof spawn> }> {
  const options = {
    rootfs: {
      format,
      digest: `sha256:${'a'.repeat(64)}`,
      path: format === 'squashfs' ? `${directory}/image.sqfs` : `${directory}/rootfs`,
    },
    mountPoint: `${directory}/home/mnt`,
    squashfuse: 'squashfuse_ll',
    points: ['/run/berth', '/tmp', '/srv/home of/alice', '/tmp/below'],
    store: directory,
    program: `${directory}/berth-place`,
    home: `${directory}/home`,
    path: process.env['PATH'],
    ...more,
  };
  const script = `
    import { startHolder } from ${JSON.stringify(holderSource)};
    const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
    startHolder(${JSON.stringify(options)}).then(
      (holder) => { say({ up: holder }); process.stdin.on('data', () => holder.release()).on('end', () => process.exit(0)); },
      (error) => { say({ code: error.code, message: error.message }); process.exit(1); });
  `;
  const argv = [
    ...asOrdinary,
    process.execPath,
    '--conditions=berth-source',
    '--input-type=module',
    '-e',
    script,
  ];
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  children.add(child);
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return { said: JSON.parse(text.split('\n')[0] ?? '') as Said, child };
}
const upOf = (said: Said): Up => {
  if (!('up' in said)) throw new Error(said.message);
  return said.up;
};
const inside = (pid: number, ...argv: string[]): string =>
  execFileSync(
    'setpriv',
    [
      ...asOrdinary.slice(1),
      'nsenter',
      `--target=${pid}`,
      '--user',
      '--mount',
      '--preserve-credentials',
      ...argv,
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  );
const gone = (pid: number): boolean => /^State:\s+Z/m.test(readProc(pid, 'status') ?? 'State: Z');
const fuseOf = (holder: number): number[] =>
  readFileSync(`/proc/${holder}/task/${holder}/children`, 'utf8')
    .trim()
    .split(/\s+/)
    .filter((child) => child !== '' && readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('squashfuse'))
    .map(Number);

describe.each(['squashfs', 'directory'] as const)('a holder of a %s', (format) => {
  test('the image with mount points over it, a private runtime directory and /tmp; nothing in the host`s mount table', async () => {
    const before = readFileSync('/proc/self/mountinfo', 'utf8');
    const { said } = await start(format);
    const { pid, mountPoint } = upOf(said);
    const runtime = `/proc/${pid}/cwd`;
    expect(inside(pid, 'cat', `${mountPoint}/root/opt/env/marker`)).toBe('from the image');
    expect(
      inside(pid, 'ls', '-d', `${mountPoint}/root/srv/home of/alice`, `${mountPoint}/tmp/below`),
    ).toContain('alice');
    expect(inside(pid, 'readlink', `${mountPoint}/root/bin`)).toBe('usr/bin\n');
    expect(() => inside(pid, 'touch', `${mountPoint}/root/opt/x`)).toThrow(/Read-only/);
    expect(statSync(runtime).mode & 0o777).toBe(0o700);
    expect(runtime.length).toBeLessThan(40);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).toBe(before);
    expect(existsSync(`${mountPoint}/root`)).toBe(false);
  });

  test('released, it is gone with its file system process and leaves only the empty directory', async () => {
    const { said, child } = await start(format);
    const { pid, mountPoint } = upOf(said);
    const fuse = fuseOf(pid);
    expect(fuse.length).toBe(format === 'squashfs' ? 1 : 0);
    child.stdin?.write('release');
    await until(() => gone(pid) && fuse.every(gone));
    expect(statSync(mountPoint).mode & 0o777).toBe(0o700);
    expect(execFileSync('ls', ['-A', mountPoint], { encoding: 'utf8' })).toBe('');
  });

  test.each(['the holder', 'its owner'])('%s killed: all is gone', async (who) => {
    const { said, child } = await start(format);
    const { pid } = upOf(said);
    const fuse = fuseOf(pid);
    if (who === 'the holder') process.kill(pid, 'SIGKILL');
    else child.kill('SIGKILL');
    await until(() => gone(pid) && fuse.every(gone));
  });
});

describe('failures have the last words of the tool', () => {
  test('a file that is no squashfs', async () => {
    writeFileSync(`${directory}/image.sqfs`, 'not an image');
    const { said } = await start('squashfs');
    expect(said).toMatchObject({ code: 'namespace-failed' });
    expect('message' in said && said.message).toMatch(/squashfs|image/i);
  });
  test('squashfuse is missing, or fails', async () => {
    expect((await start('squashfs', { squashfuse: '/nowhere/squashfuse_ll' })).said).toMatchObject({
      code: 'namespace-failed',
      message: expect.stringContaining('/nowhere/squashfuse_ll'),
    });
    expect((await start('squashfs', { squashfuse: 'false' })).said).toMatchObject({
      code: 'namespace-failed',
    });
  });
  test('a mount point that is a link or another user`s is refused (T5)', async () => {
    symlinkSync('/etc', `${directory}/home/link`);
    expect((await start('directory', { mountPoint: `${directory}/home/link` })).said).toMatchObject({
      code: 'mount-point-refused',
    });
    mkdirSync(`${directory}/home/other`);
    if (UID === 65534) {
      expect((await start('directory', { mountPoint: `${directory}/home/other` })).said).toMatchObject({
        code: 'mount-point-refused',
      });
    }
  });
  test('one that was open to others is closed', async () => {
    mkdirSync(`${directory}/home/mnt`, { mode: 0o777 });
    chownSync(`${directory}/home/mnt`, UID, UID);
    chmodSync(`${directory}/home/mnt`, 0o777);
    upOf((await start('directory')).said);
    expect(statSync(`${directory}/home/mnt`).mode & 0o777).toBe(0o700);
  });
});
