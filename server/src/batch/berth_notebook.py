"""Runs one element of a batch job on its node: `python3 berth_notebook.py`, in the job's directory.

Stands over the program that drives papermill (berth_papermill.py): makes the directory of this attempt, keeps its status.json,
and tells at the end how it ended, also when Slurm ends it or that program is killed. Standard library only.

All files are opened as the person whose job it is, below directories that were opened before, and through no link.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import datetime, timezone

SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | SAFELY
# exit status of a job that Slurm has ended: 128 + SIGTERM
STOPPED = 143
# between SIGTERM and SIGKILL a site may give few seconds (slurm.conf(5), KillWait)
SLURM_PATIENCE = 1.5
LOG_END = 65_536


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(text: str) -> None:
    """Into the log. Where there is no space for it either, nothing ends because of that."""
    try:
        os.write(1, f"berth: {text}\n".encode("utf-8", "replace"))
    except OSError:
        pass


def read_json(name: str, directory: int) -> object:
    with os.fdopen(os.open(name, os.O_RDONLY | SAFELY, dir_fd=directory), "rb") as file:
        return json.load(file)


def write_whole(name: str, content: bytes, directory: int) -> None:
    """The whole file anew, or as it was: somebody may read it at any moment."""
    aside = f".{name}.{os.getpid()}.new"
    fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFELY, 0o600, dir_fd=directory)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(aside, name, src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        os.unlink(aside, dir_fd=directory)
        raise


def forget_outcome(job: int) -> None:
    """How an earlier attempt ended was kept for whoever lists the jobs: with this one it does not hold any more."""
    try:
        os.unlink("outcome.json", dir_fd=job)
    except OSError:
        # there is none, and no run ends because of it
        pass


def make_attempt(job: int, index: int, restarts: int) -> tuple[int, str]:
    """A directory that was not there before: an attempt never overwrites another, whatever Slurm counts."""
    elements = os.open("elements", DIRECTORY, dir_fd=job)
    try:
        os.mkdir(str(index), 0o700, dir_fd=elements)
    except FileExistsError:
        pass
    element = os.open(str(index), DIRECTORY, dir_fd=elements)
    for number in range(restarts, restarts + 1000):
        name = f"attempt-{number}"
        try:
            os.mkdir(name, 0o700, dir_fd=element)
        except FileExistsError:
            continue
        forget_outcome(job)
        return os.open(name, DIRECTORY, dir_fd=element), os.path.join("elements", str(index), name)
    raise RuntimeError("too many attempts")


def asked_of_slurm(squeue: str, job_id: str) -> tuple[str, str]:
    """State and reason of this job, each empty when nobody answers."""
    argv = [squeue, "--noheader", "--states=all", f"--jobs={job_id}", "--format=%T|%r"]
    try:
        told = subprocess.run(argv, capture_output=True, text=True, timeout=SLURM_PATIENCE, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return "", ""
    state, _, reason = told.partition("\n")[0].strip().partition("|")
    return state, "" if reason == "None" else reason


def last_word(attempt: int) -> str:
    """What `berth kernel` said when its kernel ended: sentence and hint, after the last line of its progress."""
    with os.fdopen(os.open("log.txt", os.O_RDONLY | SAFELY, dir_fd=attempt), "rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - LOG_END))
        lines = file.read().decode("utf-8", "replace").splitlines()
    said: list[str] = []
    for line in lines:
        if re.match(r"berth: (?:job \d* (?:on|is)|stages) ", line):
            said = []
        elif line.startswith("berth: "):
            said.append(line[len("berth: ") :])
    return " ".join(said)[:2000]


class Attempt:
    def __init__(self, record: dict, job: int, index: int) -> None:
        self.record = record
        self.index = index
        self.job_id = os.environ.get("SLURM_JOB_ID", "")
        self.directory, self.name = make_attempt(job, index, int(os.environ.get("SLURM_RESTART_COUNT") or 0))
        log = os.open(
            "log.txt", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | SAFELY, 0o600, dir_fd=self.directory
        )
        for stream in (1, 2):
            os.dup2(log, stream)
        # as Slurm calls it, which need not be its host name
        node = os.environ.get("SLURMD_NODENAME") or socket.gethostname()
        self.status = {"state": "running", "node": node, "jobId": self.job_id, "began": now()}
        self.finished = False
        self.stopped = False
        self.write()

    def write(self) -> None:
        try:
            write_whole("status.json", json.dumps(self.status).encode(), self.directory)
        except OSError as error:
            # a full disk ends no run: what it computes may be written elsewhere, and Slurm knows how it ended
            say(f"the status could not be written: {error}")

    def hear(self, event: dict) -> None:
        """What the program that drives papermill tells: cells, an error, or that all is done."""
        if event.pop("done", False):
            self.finished = True
        self.status.update(event)
        # the last word is for the end
        if not self.stopped and "error" not in event:
            self.write()

    def stop(self) -> None:
        """Slurm ends the job. Told at once, because there is little time, and then with the reason."""
        self.stopped = True
        self.end("stopped")
        _, reason = asked_of_slurm(self.record["run"]["squeue"], self.job_id)
        self.status["reason"] = reason
        self.write()

    def end(self, state: str) -> None:
        self.status.update(state=state, ended=now())
        self.write()

    def conclude(self, exit_status: int) -> int:
        """How it ended, from what is known for certain."""
        if self.finished:
            self.status.pop("error", None)
            self.end("completed")
            return 0
        error = self.status.get("error")
        if not self.stopped and (error is None or error["name"] == "kernel-died"):
            # Slurm may have ended the kernel first, and us in a moment
            state, reason = asked_of_slurm(self.record["run"]["squeue"], self.job_id)
            if state in {"COMPLETING", "CANCELLED", "TIMEOUT", "PREEMPTED", "NODE_FAIL"}:
                self.stopped = True
                self.status["reason"] = reason
        if self.stopped:
            self.status.pop("error", None)
            self.end("stopped")
            return STOPPED
        if error is None:
            how = signal.Signals(-exit_status).name if exit_status < 0 else f"status {exit_status}"
            message = f"What ran the notebook has ended with {how}; the memory of the job may have been too small."
            self.status["error"] = {"name": "runner-lost", "message": message}
        elif error["name"] == "kernel-died":
            error["message"] = last_word(self.directory) or error["message"]
        self.end("failed")
        return 1


def supervise(attempt: Attempt, child: subprocess.Popen, events: int, signals: int) -> int:
    rest = b""
    open_ends = {events, signals}
    while events in open_ends or child.poll() is None:
        ready, _, _ = select.select(list(open_ends), [], [], 1)
        if signals in ready and signal.SIGTERM in os.read(signals, 64) and not attempt.stopped:
            attempt.stop()
        if events in ready:
            chunk = os.read(events, 65_536)
            if not chunk:
                open_ends.discard(events)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                attempt.hear(json.loads(line))
    return attempt.conclude(child.wait())


def signal_pipe() -> int:
    """Signals as bytes to read. Those that came while nobody looked are there as well."""
    reading, writing = os.pipe()
    for fd in (reading, writing):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return reading


def main() -> int:
    # what the notebook writes is as open as the person wants it; what is ours is theirs alone
    before = os.umask(0o077)
    job = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    if os.fstat(job).st_uid != os.getuid():
        sys.exit("berth: this is not a directory of yours")
    record = read_json("job.json", job)
    index = int(os.environ.get("SLURM_ARRAY_TASK_ID") or 0)
    signals = signal_pipe()
    attempt = Attempt(record, job, index)
    here = os.getcwd()
    # of connection files, with the keys of the kernel's sockets: for the person alone, nowhere that others can look
    runtime = os.path.join(here, attempt.name, "runtime")
    os.mkdir("runtime", 0o700, dir_fd=attempt.directory)
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    os.set_inheritable(attempt.directory, True)
    program = os.path.join(os.path.dirname(os.path.abspath(__file__)), "berth_papermill.py")
    env = {**os.environ, **record["run"]["env"]}
    env.update(JUPYTER_PATH=os.path.join(here, "jupyter"), JUPYTER_RUNTIME_DIR=runtime)
    try:
        child = subprocess.Popen(
            [sys.executable, program, here, str(index), str(attempt.directory), str(writing)],
            env=env,
            stdin=subprocess.DEVNULL,
            pass_fds=(writing, attempt.directory),
            umask=before,
        )
        os.close(writing)
        return supervise(attempt, child, reading, signals)
    finally:
        shutil.rmtree(runtime, ignore_errors=True)


if __name__ == "__main__":
    began = time.monotonic()
    status = main()
    say(f"ended with {status} after {time.monotonic() - began:.1f} s")
    sys.exit(status)
