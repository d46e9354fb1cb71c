"""listen.py SOCKET ORDER PROGRAM...: becomes that program as berth-place starts the gate, with the order as its input and a
listening socket as its descriptor 3."""
import os
import socket
import sys

listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen(1024)
order = os.open(sys.argv[2], os.O_RDONLY)
os.dup2(listening.fileno(), 3)
os.dup2(order, 0)
# the same number already: then dup2 leaves it to be closed by exec
os.set_inheritable(3, True)
print("listening", flush=True)
os.execv(sys.argv[3], sys.argv[3:])
