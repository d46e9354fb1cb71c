"""Calls programs with any bytes, which Node cannot. Reads JSON lines: {"id", "verb": "run", "program", "words": [hex],
"env": [[hex, hex]], "cwd", "input": hex, "closed": [fd], "umask"} and answers {"id", "status", "stdout", "stderr"} (hex; a
negative status is a signal); "start" answers {"pid"} at the first line on its output and "end" waits for that one."""
import json
import os
import subprocess
import sys
import threading

running = {}
lock = threading.Lock()


def answer(**what):
    with lock:
        print(json.dumps(what), flush=True)


def begin(order):
    def prepare():
        for fd in order.get("closed", []):
            os.close(fd)
        os.umask(order.get("umask", 0o022))

    return subprocess.Popen(
        [bytes.fromhex(word) for word in order["words"]],
        executable=order["program"],
        env={bytes.fromhex(name): bytes.fromhex(value) for name, value in order["env"]},
        cwd=order.get("cwd", "/"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=prepare,
        restore_signals=True,
    )


def finish(order, process, before=b""):
    out, err = process.communicate(bytes.fromhex(order.get("input", "")))
    answer(id=order["id"], status=process.returncode, stdout=(before + out).hex(), stderr=err.hex())


def serve(order):
    try:
        if order["verb"] == "run":
            finish(order, begin(order))
        elif order["verb"] == "start":
            process = begin(order)
            first = process.stdout.readline()
            running[process.pid] = (process, first)
            answer(id=order["id"], pid=process.pid, first=first.decode())
        else:
            process, first = running.pop(order["pid"])
            finish(order, process, first)
    except Exception as error:
        answer(id=order["id"], error=repr(error))


for line in sys.stdin:
    threading.Thread(target=serve, args=(json.loads(line),), daemon=True).start()
