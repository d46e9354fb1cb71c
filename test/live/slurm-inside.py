"""One invocation: {"argv" or "shell", "input", "prompt", "typed", "signal", "env", "cwd"} as JSON in the file argv[1] ->
{"status", "stdout", "stderr"} on the last line of stdout. The same program inside of a kernel and outside of it. With "prompt" the
command has a terminal of its own as all three streams, and what it writes there is its stdout."""
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time


def in_terminal(argv, order):
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(argv[0], argv)
    out, typed, began = b"", [piece.encode() for piece in order.get("typed", [])], time.monotonic()
    while time.monotonic() - began < 15:
        if select.select([master], [], [], 0.2)[0]:
            try:
                some = os.read(master, 65536)
            except OSError:
                break
            if not some:
                break
            out += some
        # each piece is typed when the one before has been answered
        if typed and order["prompt"].encode() in out.split(b"\x00")[-1]:
            os.write(master, typed.pop(0))
            out += b"\x00"
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status), out.replace(b"\x00", b""), b""


def piped(argv, order):
    env = {**os.environ, **order.get("env", {})}
    process = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=env,
        cwd=order.get("cwd"),
        start_new_session=True,
    )
    if "signal" not in order:
        try:
            # sbatch --wait looks after 2, 10 and 42 s
            out, err = process.communicate(order.get("input", "").encode(), timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return "too slow", b"", b""
        return process.returncode, out, err
    # when it runs, which its first output tells
    first = process.stdout.readline()
    for attempt in range(4):
        for name in order["signal"]:
            os.killpg(process.pid, getattr(signal, name))
            time.sleep(0.3)
        try:
            out, err = process.communicate(timeout=20 if len(order["signal"]) == 1 else 5)
            # srun says the same to each pair
            said = err if attempt == 0 else b"".join(dict.fromkeys(err.splitlines(keepends=True)))
            return process.returncode, first + out, said
        except subprocess.TimeoutExpired:
            # on a machine that stood still the second came later than srun's one second after the first
            if order["signal"] != ["SIGINT", "SIGINT"]:
                raise
    raise TimeoutError("it does not end")


def main():
    with open(sys.argv[1]) as file:
        order = json.load(file)
    argv = order["argv"] if "argv" in order else ["/bin/sh", "-c", order["shell"]]
    status, out, err = (in_terminal if "typed" in order or "prompt" in order else piped)(argv, order)
    print(json.dumps({"status": status, "stdout": out.decode(errors="replace"), "stderr": err.decode(errors="replace")}))


main()
