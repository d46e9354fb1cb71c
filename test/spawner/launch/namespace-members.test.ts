import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from '@jest/globals';
import { NamespaceMembers } from '../../../spawner/src/launch/namespace-members.ts';
import { until } from './until.ts';

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A shell in a mount namespace of its own that leaves a child in a session of its own and tells its pid. */
async function container(): Promise<{ pid: number; left: number; end: () => Promise<void> }> {
  const script = 'setsid sleep 1000 >/dev/null 2>&1 & echo $!; read -r _';
  const child = spawn('unshare', ['--user', '--mount', '--map-root-user', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const end = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.stdin.end();
    await gone;
  };
  return { pid: child.pid ?? 0, left: Number(line.toString()), end };
}

/** The state letter of a process; undefined when it is gone. A zombie of our own container is gone as well. */
function lives(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}

test('a child that has left session and parent is ended, and nobody else', async () => {
  const [one, two] = await Promise.all([container(), container()]);
  const members = new NamespaceMembers(one.pid);
  members.look();
  await one.end();
  expect([lives(one.left), lives(two.left)]).toEqual([true, true]);
  members.end();
  await until(() => !lives(one.left), 2000);
  expect(lives(two.left)).toBe(true);
  const others = new NamespaceMembers(two.pid);
  others.look();
  others.end();
  await until(() => !lives(two.left), 2000);
});

test('one that never came into a container ends nobody', () => {
  const members = new NamespaceMembers(process.pid);
  members.look();
  members.end();
  new NamespaceMembers(2 ** 22).end();
  expect(lives(process.pid)).toBe(true);
});
