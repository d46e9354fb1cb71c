"""hogs.py SOCKET GATE_PID: 100 callers say nearly 8 MiB each and never the rest. Says how large the gate became."""
import array, os, select, socket, struct, sys, time
def begin():
    visitor = socket.socket(socket.AF_UNIX)
    visitor.connect(sys.argv[1])
    fds = array.array("i", [os.open("/dev/null", os.O_RDWR)] * 3 + [os.open("/", os.O_PATH)])
    visitor.sendmsg([struct.pack("6I", 0x31475442, 8 << 20, 0, 1, 0o22, 7)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    for fd in set(fds): os.close(fd)
    visitor.setblocking(False)
    return visitor
left, block = {begin(): (8 << 20) - 1 for _ in range(100)}, b"x" * 65536
until = time.monotonic() + 3
while left and time.monotonic() < until:
    for visitor in select.select([], left, [], 0.1)[1]:
        try: left[visitor] -= visitor.send(block[:left[visitor]])
        except BlockingIOError: pass
        except OSError: left[visitor] = 0
        if left[visitor] == 0: del left[visitor]
status = open(f"/proc/{sys.argv[2]}/status").read()
print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
