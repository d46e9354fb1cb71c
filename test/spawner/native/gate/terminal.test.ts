import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { changedPlace, gatePrograms } from '../place-program.ts';
import { workspace } from '../placed.ts';
import { ownGate, type OwnGate } from './own-gate.ts';

let gate: OwnGate;
beforeEach(async () => {
  gate = await ownGate(await gatePrograms(true));
});
afterEach(() => gate.end());

/** Runs a command by the shim in a terminal of its own, types when it is ready, and tells what was there to be seen. */
const PROGRAM = `
import fcntl, os, pty, re, signal, sys, termios, time
def act():
    if typed.startswith("kill "): return os.kill(int(typed[5:]), signal.SIGKILL)
    if typed != "paste": return os.write(master, typed.encode().decode("unicode_escape").encode())
    fcntl.fcntl(master, fcntl.F_SETFL, os.O_NONBLOCK)
    for _ in range(100):
        try: os.write(master, (b"x" * 63 + b"\\n") * 64)
        except BlockingIOError: time.sleep(0.01)
    fcntl.fcntl(master, fcntl.F_SETFL, 0)
    os.kill(pid, signal.SIGTERM)
shim, typed, *words = sys.argv[1:]
pid, master = pty.fork()
if pid == 0: os.execv(shim, words)
before, seen = termios.tcgetattr(master), b""
while True:
    try: some = os.read(master, 4096)
    except OSError: break
    if not some: break
    # a whole line: what is typed in the middle of it is echoed there
    if re.search(rb"ready[^\\n]*\\n", seen + some) and not re.search(rb"ready[^\\n]*\\n", seen): act()
    seen += some
print(seen.decode(), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), termios.tcgetattr(master) == before)
`;
const inTerminal = async (wish: string, typed: string, ...words: readonly string[]): Promise<string> => {
  const call = { program: '/usr/bin/python3', words: ['-c', PROGRAM, gate.shim, typed, ...words] };
  const { stdout, stderr } = await gate.call('python3', { ...call, env: [['STAND_IN', wish]] });
  expect(stderr).toBe('');
  return stdout.toString().replaceAll('\r', '');
};

test('salloc has a terminal of its own, with all that belongs to one', async () => {
  const words = ['salloc', '--berth-image=none', 'x'];
  expect(await inTerminal('terminal', 'hello\\n', ...words)).toBe(
    'controlling ready\nhello\ngot hello\n 4 True\n',
  );
  expect(await inTerminal('wait', '\\x03', ...words)).toMatch(/^ready \d+\n\^C -2 True\n$/);
});

test('a paste that salloc`s command does not read: its signals come through all the same', async () => {
  const said = await inTerminal('wait', 'paste', 'salloc', '--berth-image=none', 'x');
  expect(said.trimEnd().slice(-9)).toBe(' -15 True');
});

test('a gate that is killed leaves the terminal as it was', async () => {
  const said = await inTerminal('wait', `kill ${gate.process.pid}`, 'salloc', '--berth-image=none', 'x');
  expect(said).toContain('the gate to Slurm has ended');
  expect(said.trimEnd().endsWith(' 69 True')).toBe(true);
});

test('any other command has that of its caller, without being its owner', async () => {
  const words = ['srun', '--berth-image=none', 'x'];
  expect(await inTerminal('terminal', 'hello\\n', ...words)).toBe(
    'foreign ready\nhello\ngot hello\n 4 True\n',
  );
  expect(await inTerminal('wait', '\\x03', ...words)).toMatch(/^ready \d+\n\^C -2 True\n$/);
});

/** Reads the terminal as long as somebody has it, and tells how its first process ended. */
const TO_ITS_END = `while True:
    try: os.read(master, 4096)
    except OSError: break
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Runs a step in the background as a shell does, and takes it to the front when it has been stopped for so long. */
const BACKGROUND = `
import os, pty, signal, sys, time
pid, master = pty.fork()
if pid == 0:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    step = os.fork()
    if step == 0:
        os.setpgid(0, 0)
        os.execv(sys.argv[1], ["srun", "--berth-image=none", "x"])
    if not os.WIFSTOPPED(os.waitpid(step, os.WUNTRACED)[1]): os._exit(100)
    time.sleep(float(sys.argv[2]))
    os.tcsetpgrp(0, step)
    os.killpg(step, signal.SIGCONT)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(step, 0)[1]))
${TO_ITS_END}`;

test('a step that was begun in the background and comes to the front late: the gate has not waited for it', async () => {
  const { path, remove } = await workspace();
  const patience = { from: '#define PARTIAL_MS 10000', to: '#define PARTIAL_MS 1000' };
  await changedPlace([{ file: 'gate/main.c', ...patience }], path);
  const hasty = await ownGate({ gate: join(path, 'berth-gate') });
  try {
    const call = { program: '/usr/bin/python3', words: ['-c', BACKGROUND, hasty.shim, '3'] };
    const { stdout } = await hasty.call('python3', { ...call, env: [['STAND_IN', 'exit 7']] });
    expect(stdout.toString()).toBe('7\n');
  } finally {
    await hasty.end();
    await remove();
  }
});

/** Begins a step in front, stops it while it waits for the gate, and goes on with it in the background, or late and in front. */
const STOPPED = `
import os, pty, signal, sys, time
shim, how, late = sys.argv[1], sys.argv[2], float(sys.argv[3])
pid, master = pty.fork()
if pid == 0:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    step = os.fork()
    if step == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpid())
        os.execv(shim, ["srun", "--berth-image=none", "x"])
    # its pipe has two, the gate is the third
    while not os.path.lexists(f"/proc/{step}/fd/12"): time.sleep(0.01)
    os.killpg(step, signal.SIGTSTP)
    if not os.WIFSTOPPED(os.waitpid(step, os.WUNTRACED)[1]): os._exit(100)
    os.tcsetpgrp(0, os.getpgrp())
    time.sleep(late)
    if how == "bg":
        os.killpg(step, signal.SIGCONT)
        if not os.WIFSTOPPED(os.waitpid(step, os.WUNTRACED)[1]): os._exit(101)
    os.tcsetpgrp(0, step)
    os.killpg(step, signal.SIGCONT)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(step, 0)[1]))
${TO_ITS_END}`;

test.each([
  ['and goes on in the background: it does not take the keys', 'bg', '0'],
  ['and goes on when the gate has not waited for it: it asks again', 'fg', '5'],
])(
  'a step that is stopped before the gate has taken it, %s',
  async (_name, how, late) => {
    const { path, remove } = await workspace();
    const slowly = 'shim_tell(&link, CALL_TAKEN, 0);';
    const changes = [
      { from: slowly, to: `usleep(1500000);\n  ${slowly}` },
      { from: '#define PARTIAL_MS 10000', to: '#define PARTIAL_MS 3000' },
    ];
    await changedPlace(
      changes.map((change) => ({ file: 'gate/main.c', ...change })),
      path,
    );
    const slow = await ownGate({ gate: join(path, 'berth-gate') });
    try {
      const call = { program: '/usr/bin/python3', words: ['-c', STOPPED, slow.shim, how, late] };
      const { stdout } = await slow.call('python3', { ...call, env: [['STAND_IN', 'exit 7']] });
      expect(stdout.toString()).toBe('7\n');
    } finally {
      await slow.end();
      await remove();
    }
  },
  60_000,
);

test('control: salloc with input that is no terminal gets none', async () => {
  const { stdout } = await gate.call('salloc', {
    words: ['--berth-image=none', 'x'],
    env: [['STAND_IN', 'terminal']],
    input: Buffer.from('a\n'),
  });
  expect(stdout.toString()).toBe('foreign ready\ngot a\n');
});
