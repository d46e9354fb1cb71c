"""Two running kernels turn by turn: round trips of execute("1") and the throughput of 20 MB of output.

Reads {"rounds", "executes", "megabytes", "kernels": {name: argv}} from stdin; prints
{"rtt": {name: [median seconds of a round]}, "throughput": {name: [MB/s]}}. A plain jupyter_client session over raw
sockets, so that the client's own polling does not hide what is measured.
"""

import json
import statistics
import sys
import time

import zmq
from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec


class Kernel:
    def __init__(self, name, argv):
        self.km = KernelManager()
        self.km._kernel_spec = KernelSpec(argv=argv, display_name=name, language="python")
        self.km.start_kernel()
        client = self.km.client()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.stop_channels()
        self.shell = self.km.connect_shell(identity=self.km.session.bsession)
        self.iopub = self.km.connect_iopub()
        self.session = self.km.session
        # a subscription counts once something came over it; as nbclient does
        while not self.iopub.poll(200):
            self.session.send(self.shell, "kernel_info_request", {})
        while self.shell.poll(200) or self.iopub.poll(200):
            for socket in (self.shell, self.iopub):
                if socket.poll(0):
                    self.receive(socket)
        for _ in range(5):
            self.round_trip("1")

    def receive(self, socket):
        _, parts = self.session.feed_identities(socket.recv_multipart())
        return self.session.deserialize(parts)

    def round_trip(self, code):
        """Seconds to the reply; the idle message is waited for as well, but after the clock has stopped."""
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        begin = time.perf_counter()
        message = self.session.send(self.shell, "execute_request", content)
        while self.receive(self.shell)["parent_header"].get("msg_id") != message["header"]["msg_id"]:
            pass
        taken = time.perf_counter() - begin
        self.until_idle(message)
        return taken

    def until_idle(self, message):
        """Bytes of stream output until the kernel says that it is idle again."""
        got = 0
        while True:
            if not self.iopub.poll(30000):
                raise RuntimeError("no idle message after 30 s")
            reply = self.receive(self.iopub)
            if reply["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if reply["msg_type"] == "stream":
                got += len(reply["content"]["text"])
            elif reply["msg_type"] == "status" and reply["content"]["execution_state"] == "idle":
                return got

    def throughput(self, megabytes):
        code = f"import sys\nfor _ in range({megabytes * 10}): sys.stdout.write('x' * 99999 + '\\n')"
        content = {"code": code, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False}
        begin = time.perf_counter()
        message = self.session.send(self.shell, "execute_request", content)
        got = self.until_idle(message)
        taken = time.perf_counter() - begin
        self.receive(self.shell)
        if got != megabytes * 1000000:
            raise RuntimeError(f"{got} bytes of {megabytes} MB arrived")
        return megabytes / taken


def main():
    order = json.loads(sys.stdin.readline())
    kernels = {name: Kernel(name, argv) for name, argv in order["kernels"].items()}
    rtt = {name: [] for name in kernels}
    throughput = {name: [] for name in kernels}
    try:
        for number in range(order["rounds"]):
            turn = list(kernels.items())
            for name, kernel in turn if number % 2 == 0 else reversed(turn):
                rtt[name].append(statistics.median(kernel.round_trip("1") for _ in range(order["executes"])))
            for name, kernel in turn if number % 2 == 1 else reversed(turn):
                throughput[name].append(kernel.throughput(order["megabytes"]))
    finally:
        for kernel in kernels.values():
            kernel.km.shutdown_kernel(now=True)
    print(json.dumps({"rtt": rtt, "throughput": throughput}))


main()
