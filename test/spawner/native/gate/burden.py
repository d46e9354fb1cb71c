"""burden.py SOCKET: 17 questions with 2 MB of environment each wait for their answer. Says what one that asks little is told."""
import array, os, socket, struct, sys
def ask(verb, *env):
    visitor = socket.socket(socket.AF_UNIX)
    visitor.settimeout(20)
    visitor.connect(sys.argv[1])
    visitor.recv(8, socket.MSG_WAITALL)
    text = b"".join(word.encode() + bytes(1) for word in [verb, "/", *env])
    fds = array.array("i", [os.open("/dev/null", os.O_RDWR)] * 3 + [os.open("/", os.O_PATH)])
    head = struct.pack("6I", 0x31475442, len(text), 0, len(env), 0o22, 7)
    visitor.sendmsg([head], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    for fd in set(fds): os.close(fd)
    visitor.sendall(text)
    return visitor
waiting = [ask("squeue", "STAND_IN=wait", *(f"E{at}=" + "x" * 100000 for at in range(20))) for _ in range(17)]
print(struct.unpack("2I", ask("scancel").recv(8)))
