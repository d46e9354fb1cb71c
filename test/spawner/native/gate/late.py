"""late.py SOCKET GATE_PID: so many callers as the gate takes wait for an answer; the last of them says its last byte in the same
moment in which one more comes."""
import array
import os
import signal
import socket
import struct
import sys
import time

PATH, GATE = sys.argv[1], int(sys.argv[2])
TEXT = b"".join(word + b"\0" for word in [b"squeue", b"/", b"STAND_IN=wait"])


def begin(size):
    visitor = socket.socket(socket.AF_UNIX)
    visitor.connect(PATH)
    visitor.recv(8, socket.MSG_WAITALL)
    fds = array.array("i", [os.open("/dev/null", os.O_RDWR)] * 3 + [os.open("/", os.O_PATH)])
    head = struct.pack("6I", 0x31475442, len(TEXT), 0, 1, 0o22, 7)
    visitor.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    for fd in set(fds):
        os.close(fd)
    visitor.sendall(TEXT[:size])
    return visitor


def stopped():
    return open(f"/proc/{GATE}/stat").read().split()[2] == "T"


visitors = [begin(len(TEXT)) for _ in range(127)]
visitors.append(begin(-1))
time.sleep(0.3)
os.kill(GATE, signal.SIGSTOP)
while not stopped():
    time.sleep(0.01)
visitors[-1].sendall(TEXT[-1:])
one_more = socket.socket(socket.AF_UNIX)
one_more.connect(PATH)
os.kill(GATE, signal.SIGCONT)
# the first to go makes room for it, if there is a gate
time.sleep(0.3)
visitors[0].close()
print("taken" if len(one_more.recv(8)) == 8 else "lost")
