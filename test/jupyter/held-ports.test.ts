/** Ports that are chosen for a kernel stay its own until it listens there. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { venvProgram } from './venv.ts';

/** Says which of the chosen ports the system gave to others beside them, and at how many of them one can listen as Node does. */
const SCRIPT = `
import sys
import socket
sys.path.insert(0, sys.argv[1])
from berth_papermill import hold_ports
from jupyter_client.connect import LocalPortCache
if sys.argv[2] == "held":
    hold_ports()
choose = LocalPortCache.instance().find_available_port
chosen = {choose("127.0.0.1") for _ in range(5)}
taken, listening, others = 0, 0, []
def bound(port):
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    one.bind(("127.0.0.1", port))
    one.listen()
    others.append(one)
    return one.getsockname()[1]
for _ in range(20):
    try:
        taken += bound(0) in chosen
    except OSError:
        break
for port in chosen:
    try:
        bound(port)
        listening += 1
    except OSError:
        pass
print(taken, listening)
`;

/** In a network of its own that has twenty ports to give. */
async function outcome(how: 'held' | 'left'): Promise<string> {
  const batch = join(import.meta.dirname, '../../server/src/batch');
  const few = 'ip link set lo up; echo "40000 40019" > /proc/sys/net/ipv4/ip_local_port_range; exec "$@"';
  const argv = ['--net', '--', 'sh', '-c', few, 'sh', venvProgram('python3'), '-c', SCRIPT, batch, how];
  const { stdout } = await promisify(execFile)('unshare', argv);
  return stdout.trim();
}

test('nobody else is given one, and who names it can listen there', async () => {
  expect(await outcome('held')).toBe('0 5');
});

test('control: as jupyter_client leaves them, others get them', async () => {
  expect(await outcome('left')).toBe('5 0');
});
