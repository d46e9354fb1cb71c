"""Drives Jupyter kernels as a client does, told by JSON lines on standard input, answering on standard output.

A request is {"id", "verb", ...arguments}, its answer {"id", "result"} or {"id", "error", "kind"}. Requests run side by
side, so that a kernel can be interrupted while it computes. The end of standard input shuts all kernels down.
"""

import asyncio
import json
import os
import signal
import sys

from berth_papermill import hold_ports
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.ioloop import AsyncIOLoopKernelManager
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config


class Client:
    """One client's channels. Whoever executes finds its own messages by their parent."""

    def __init__(self, kc):
        self.kc = kc
        self.replies, self.outputs, self.idle, self.asked = {}, {}, {}, {}
        self.begun = {}
        self.tasks = []

    async def ready(self, timeout):
        """As nbclient does it; then all that arrives is sorted by what it answers."""
        self.kc.start_channels()
        await self.kc.wait_for_ready(timeout=timeout)
        readers = [(self.kc.get_shell_msg, self.on_shell), (self.kc.get_iopub_msg, self.on_iopub)]
        readers.append((self.kc.get_stdin_msg, self.on_stdin))
        self.tasks = [asyncio.ensure_future(self.read(get, on)) for get, on in readers]

    async def read(self, get, on):
        while True:
            message = await get(timeout=None)
            on(message, (message.get("parent_header") or {}).get("msg_id"))

    def on_shell(self, message, parent):
        self.future(self.replies, parent).set_result(message["content"])

    def on_iopub(self, message, parent):
        kind, content = message["msg_type"], message["content"]
        if kind == "status" and content["execution_state"] == "idle":
            future = self.future(self.idle, parent)
            if not future.done():
                future.set_result(True)
        elif kind in ("stream", "execute_result", "display_data", "error"):
            self.outputs.setdefault(parent, []).append({"type": kind, **content})
            begun = self.future(self.begun, parent)
            if not begun.done():
                begun.set_result(True)

    def on_stdin(self, message, parent):
        self.future(self.asked, parent).set_result(message["content"]["prompt"])

    def future(self, table, key):
        if key not in table:
            table[key] = asyncio.get_running_loop().create_future()
        return table[key]

    def execute(self, code, allow_stdin=False):
        return self.kc.execute(code, allow_stdin=allow_stdin, store_history=True)

    async def collect(self, execution, timeout):
        """The reply and the final idle: then every output has arrived."""
        both = asyncio.gather(self.future(self.replies, execution), self.future(self.idle, execution))
        reply, _ = await asyncio.wait_for(both, timeout)
        outputs = self.outputs.get(execution, [])
        streams = {"stdout": [], "stderr": []}
        for output in outputs:
            if output["type"] == "stream":
                streams[output["name"]].append(output["text"])
        results = [o["data"]["text/plain"] for o in outputs if o["type"] == "execute_result"]
        return {
            "status": reply["status"],
            "ename": reply.get("ename"),
            "evalue": reply.get("evalue"),
            "count": reply.get("execution_count"),
            "stdout": "".join(streams["stdout"]),
            "stderr": "".join(streams["stderr"]),
            "messages": len(outputs),
            "value": results[0] if results else None,
        }

    def close(self):
        for task in self.tasks:
            task.cancel()
        self.kc.stop_channels()


class Kernel:
    """A kernel that we started, with one client of our own to it."""

    def __init__(self, km, log):
        self.km, self.log, self.client = km, log, None
        self.process = None
        self.restarts, self.dead = 0, asyncio.Event()

    async def start(self, cwd, env, extra):
        stream = open(self.log, "ab")
        options = {"stdout": stream, "stderr": stream, "env": {**os.environ, **env}, **extra}
        await self.km.start_kernel(cwd=cwd, **options)
        self.km.add_restart_callback(self.on_restart, "restart")
        self.km.add_restart_callback(self.dead.set, "dead")
        self.process = self.km.provisioner.process

    def on_restart(self):
        self.restarts += 1

    async def connect(self, timeout):
        if self.client:
            self.client.close()
        self.client = Client(self.km.client())
        await self.client.ready(timeout)

    async def ended(self, timeout):
        """The launcher's exit status, negative when a signal ended it; asked of the process itself, as the manager does."""
        process = self.process
        loop = asyncio.get_running_loop()
        left, last = timeout, loop.time()
        while process.poll() is None:
            if left < 0:
                raise TimeoutError(f"the launcher runs after {timeout} s")
            await asyncio.sleep(0.01)
            # while the machine stood still nobody had any time
            left -= min(loop.time() - last, 0.5)
            last = loop.time()
        return process.returncode


class Driver:
    def __init__(self):
        self.kernels, self.clients, self.number = {}, {}, 0

    def name(self):
        self.number += 1
        return str(self.number)

    async def start(self, kernel, log, cwd=None, env=None, transport="tcp", encryption=None, autorestart=None):
        """`autorestart`: seconds between two looks of Jupyter's own restarter; None for none."""
        manager = AsyncKernelManager if autorestart is None else AsyncIOLoopKernelManager
        config = Config({"KernelRestarter": {"time_to_dead": autorestart or 3}})
        km = manager(kernel_name=kernel, transport=transport, config=config)
        km.autorestart = autorestart is not None
        started = Kernel(km, log)
        name = self.name()
        self.kernels[name] = started
        await started.start(cwd, env or {}, {"transport_encryption": encryption} if encryption else {})
        return {"name": name, "pid": started.process.pid, "connectionFile": os.path.abspath(km.connection_file)}

    async def ready(self, name, timeout):
        await self.kernels[name].connect(timeout)

    async def attach(self, file, timeout):
        kc = AsyncKernelClient(connection_file=file)
        kc.load_connection_file()
        client = Client(kc)
        await client.ready(timeout)
        name = self.name()
        self.clients[name] = client
        return name

    async def detach(self, name):
        self.clients.pop(name).close()

    def client(self, name):
        return self.clients[name] if name in self.clients else self.kernels[name].client

    async def send(self, name, code, stdin=False):
        return self.client(name).execute(code, stdin)

    async def collect(self, name, execution, timeout):
        return await self.client(name).collect(execution, timeout)

    async def first_output(self, name, execution, timeout):
        client = self.client(name)
        await asyncio.wait_for(client.future(client.begun, execution), timeout)

    async def prompt(self, name, execution, timeout):
        client = self.client(name)
        return await asyncio.wait_for(client.future(client.asked, execution), timeout)

    async def reply(self, name, execution, text):
        client = self.client(name)
        client.asked.pop(execution, None)
        client.kc.input(text)

    async def interrupt(self, name):
        await self.kernels[name].km.interrupt_kernel()

    async def restart(self, name, now, timeout):
        kernel = self.kernels[name]
        await kernel.km.restart_kernel(now=now)
        kernel.process = kernel.km.provisioner.process
        await kernel.connect(timeout)
        return {"pid": kernel.process.pid}

    async def shutdown(self, name, now):
        kernel = self.kernels[name]
        if kernel.client:
            kernel.client.close()
            kernel.client = None
        await kernel.km.shutdown_kernel(now=now)

    async def alive(self, name):
        return await self.kernels[name].km.is_alive()

    async def ended(self, name, timeout):
        return await self.kernels[name].ended(timeout)

    async def given_up(self, name, timeout):
        kernel = self.kernels[name]
        await asyncio.wait_for(kernel.dead.wait(), timeout)
        return kernel.restarts

    async def quit(self):
        for client in self.clients.values():
            client.close()
        kernels = [kernel for kernel in self.kernels.values() if kernel.km.has_kernel]
        await asyncio.gather(*(self.end(kernel) for kernel in kernels), return_exceptions=True)

    async def end(self, kernel):
        if kernel.client:
            kernel.client.close()
        await kernel.km.shutdown_kernel(now=True)


async def main():
    driver = Driver()
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**27)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def serve(request):
        answer = {"id": request.pop("id")}
        try:
            answer["result"] = await getattr(driver, request.pop("verb"))(**request)
        except Exception as error:
            answer |= {"kind": type(error).__name__, "error": str(error)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()

    running = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(serve(json.loads(line)))
        running.add(task)
        task.add_done_callback(running.discard)
    await driver.quit()


if __name__ == "__main__":
    # a Jupyter server ignores nothing either: SIGINT is for the kernels, and comes to us only by mistake
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hold_ports()
    asyncio.run(main())
