"""Starts kernels turn by turn and times each: start_kernel() to the reply to kernel_info, by an ordinary jupyter_client.

Reads one JSON object from stdin: {"rounds": n, "cases": [{"name", "argv", "env", "drop"}]}; `env` is added to this
process's environment for that kernel and the names in `drop` are taken away. Prints one JSON line:
{"samples": {case: [seconds]}, "stages": {case: [{stage: milliseconds}]}}.
"""

import json
import os
import re
import sys
import time
import tempfile

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpec


def start_once(case, attempts=3):
    """One start. jupyter_client finds free ports by closing them again, and on a busy host another process may take one
    meanwhile, whoever starts the kernel; such a start says nothing about either side and is made again."""
    try:
        return start(case)
    except RuntimeError as error:
        if attempts == 1 or not re.search("Address already in use|EADDRINUSE", str(error)):
            raise
        return start_once(case, attempts - 1)


def start(case):
    km = KernelManager()
    km._kernel_spec = KernelSpec(argv=case["argv"], display_name=case["name"], language="python")
    env = {k: v for k, v in os.environ.items() if k not in case.get("drop", [])}
    env.update(case.get("env", {}))
    log = tempfile.TemporaryFile()
    begin = time.time()
    km.start_kernel(env=env, stderr=log, stdout=log)
    kc = km.client()
    kc.start_channels()
    try:
        kc.kernel_info()
        kc.get_shell_msg(timeout=20)
        taken = time.time() - begin
    except Exception as error:
        log.seek(0)
        raise RuntimeError(f"{case['name']}: {error!r}: {log.read().decode(errors='replace')}") from error
    finally:
        kc.stop_channels()
        km.shutdown_kernel(now=False)
    log.seek(0)
    stages = {}
    for line in log.read().decode(errors="replace").splitlines():
        if line.startswith("berth: stages "):
            stages = {k: v - begin * 1000 for k, v in json.loads(line[14:]).items()}
    stages["first reply"] = taken * 1000
    return taken, stages


def main():
    order = json.loads(sys.stdin.readline())
    cases = order["cases"]
    samples = {case["name"]: [] for case in cases}
    stages = {case["name"]: [] for case in cases}
    for round_number in range(order["rounds"] + 1):
        for case in cases[round_number % len(cases):] + cases[:round_number % len(cases)]:
            taken, passed = start_once(case)
            if round_number > 0:  # the first round warms the page cache of all
                samples[case["name"]].append(taken)
                stages[case["name"]].append(passed)
    print(json.dumps({"samples": samples, "stages": stages}))


main()
