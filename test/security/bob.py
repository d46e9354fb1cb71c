"""What bob tries, run as bob: one request, JSON on standard input; one answer, JSON on standard output."""

import concurrent.futures
import errno
import json
import os
import socket
import stat
import sys
import time

ZMTP_GREETING = b"\xff\0\0\0\0\0\0\0\1\x7f\3\1NULL" + b"\0" * 16 + b"\0" * 32


def listening(uid):
    """All ports that a user listens on, as /proc/net/tcp{,6} shows everybody."""
    found = []
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in open(f"/proc/net/{table}").readlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[7]) == uid:
                address, port = fields[1].split(":")
                raw = bytes.fromhex(address)
                swapped = b"".join(raw[i : i + 4][::-1] for i in range(0, len(raw), 4))
                host = socket.inet_ntop(family, swapped)
                host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
                found.append([host, int(port, 16)])
    return found


def raw(targets, seconds):
    """What comes when bob only connects, and when he greets as a ZeroMQ client does. Hexadecimal."""

    def one(target, payload):
        received = b""
        try:
            with socket.create_connection(tuple(target), timeout=seconds) as peer:
                if payload:
                    peer.sendall(payload)
                end = time.monotonic() + seconds
                while (left := end - time.monotonic()) > 0:
                    peer.settimeout(left)
                    data = peer.recv(65536)
                    if not data:
                        break
                    received += data
        except OSError:
            pass
        return received.hex()

    jobs = [(target, payload) for target in targets for payload in (b"", ZMTP_GREETING)]
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        answers = list(pool.map(lambda job: one(*job), jobs))
    return [[*target, answers[2 * i], answers[2 * i + 1]] for i, target in enumerate(targets)]


def subscribe(targets, seconds):
    """Multipart messages received from each port by a SUB and by a DEALER that asks for the kernel's info."""
    import zmq

    context = zmq.Context()
    sockets = {}
    for host, port in targets:
        for kind in (zmq.SUB, zmq.DEALER):
            peer = context.socket(kind)
            peer.linger = 0
            peer.ipv6 = ":" in host
            peer.connect(f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}")
            if kind == zmq.SUB:
                peer.subscribe(b"")
            else:
                header = {"msg_id": "bob", "msg_type": "kernel_info_request", "session": "bob", "username": "bob", "version": "5.3"}
                peer.send_multipart([b"<IDS|MSG>", b"", json.dumps(header).encode(), b"{}", b"{}", b"{}"])
            sockets[peer] = (port, "SUB" if kind == zmq.SUB else "DEALER")
    poller = zmq.Poller()
    for peer in sockets:
        poller.register(peer, zmq.POLLIN)
    frames = []
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for peer, _ in poller.poll(left * 1000):
            parts = peer.recv_multipart()
            frames.append([*sockets[peer], b"|".join(parts).decode("utf8", "replace")])
    context.destroy()
    return frames


def execute(port, key, code, seconds, times=1):
    """Sends one execute_request `times` times over, byte for byte the same. @returns the replies"""
    import zmq
    from jupyter_client.session import Session

    session = Session(key=key.encode() if key else b"", username="bob")
    message = session.msg("execute_request", {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False, "stop_on_error": False})
    parts = session.serialize(message)
    replies = []
    for time in range(times):
        context = zmq.Context()
        peer = context.socket(zmq.DEALER)
        peer.linger = 0
        peer.connect(f"tcp://127.0.0.1:{port}")
        peer.send_multipart(parts)
        # the same bytes again are given no answer, which is not waited for as long
        if peer.poll(min(seconds, 1.5 if time > 0 else seconds) * 1000):
            replies.append(b"|".join(peer.recv_multipart()).decode("utf8", "replace"))
        context.destroy()
    return replies


def touch(paths):
    """Tries to read each: as a file, a directory, a socket. "ok" when one way works, else the first error's name."""

    def read(path):
        with open(path, "rb") as file:
            file.read(1)

    def connect(path):
        # a socket's address is short; bob may come nearer first
        with socket.socket(socket.AF_UNIX) as peer:
            if len(path) > 100:
                os.chdir(os.path.dirname(path))
                path = os.path.basename(path)
            peer.connect(path)

    def one(path):
        words = []
        for way in (read, os.listdir, connect):
            try:
                way(path)
                return "ok"
            except OSError as error:
                words.append(errno.errorcode.get(error.errno, str(error)))
        return next((word for word in words if word not in ("EISDIR", "ENXIO")), words[0])

    return {path: one(path) for path in paths}


def search(canaries, roots, files, since):
    """
    Where bob finds any of the words: command lines and environments of all processes, and files below the roots. Of files
    those that have changed since the words were made (seconds since 1970): ctime cannot be set back, so that no other can
    hold one, however much else lies below.
    """
    words = {name: word.encode() for name, word in canaries.items()}
    hits = []
    seen = {"cmdline": 0, "environ": 0, "files": 0}

    def look(place, data):
        hits.extend([name, place] for name, word in words.items() if word in data)

    for pid in filter(str.isdigit, os.listdir("/proc")):
        for kind in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{kind}", "rb") as file:
                    # not his own, which holds what he looks for
                    if int(pid) not in (os.getpid(), os.getppid()):
                        look(f"/proc/PID/{kind}", file.read())
                        seen[kind] += 1
            except OSError:
                pass
    paths = list(files)
    for root in roots:
        for directory, _, names in os.walk(root):
            paths.extend(os.path.join(directory, name) for name in names)
    for path in paths:
        try:
            found = os.stat(path)
            if stat.S_ISREG(found.st_mode) and found.st_size < 32 * 2**20 and found.st_ctime >= since:
                with open(path, "rb") as file:
                    look(path, file.read())
                    seen["files"] += 1
        except OSError:
            pass
    return {"hits": hits, "seen": seen}


if __name__ == "__main__":
    request = json.load(sys.stdin)
    print(json.dumps(globals()[request.pop("verb")](**request)))
