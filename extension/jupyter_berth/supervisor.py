"""Keeps the user server (`berth serve`) running beside Jupyter, and ends it with Jupyter."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from . import NO_SERVER
from .private_directory import PrivateDirectory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SOCKET = "http.sock"
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
# who lived this long was well, and is started again at once
WELL_AFTER = 30.0
LONGEST_LINE = 1000
MOST_READ = 65536
# of a line of pino, what Jupyter says itself
DROPPED = frozenset({"level", "time", "pid", "hostname", "msg", "name"})


class Supervisor:
    """Threads, not asyncio: they serve before the event loop runs and after it has ended, and wait only for pipes."""

    def __init__(self, command: Sequence[str], log: logging.Logger) -> None:
        self._argv = [*command, "serve", "--directory"]
        self._log = log
        self._owner = os.getpid()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._directory: PrivateDirectory | None = None
        # why it does not run, for the people whose requests wait; None while it does
        self.trouble: str | None = None
        self._failures = 0
        self._last_words = ""
        # how often it was started
        self.run = 0
        try:
            self._settle()
        except OSError as error:
            # tried again with each start; meanwhile launchers are refused and pages are told
            self.trouble = f"has no place for its sockets ({error})"

    @property
    def socket(self) -> Path:
        return Path(NO_SERVER if self._directory is None else self._directory.path) / SOCKET

    @property
    def hopeless(self) -> bool:
        """It ended again and again before it listened: nobody should wait for the next try."""
        return self._failures >= 3

    def has_ended(self, run: int) -> bool:
        return self.run != run or self._process is None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._supervise, name="berth-supervisor", daemon=True)
            self._thread.start()

    def look_after(self) -> None:
        """To be called when the socket does not answer: a server whose directory was removed cannot know."""
        # the other thread may forget it at any moment
        process = self._process
        if process is not None and self._directory is not None and not self._directory.exists():
            process.kill()

    def stop(self) -> None:
        """Ends the server and removes its directory. Twice is fine; in a fork of Jupyter that ends, it does nothing."""
        if os.getpid() != self._owner:
            return
        self._stopping.set()
        process = self._process
        if process is not None:
            self._end(process)
        if self._thread is not None:
            self._thread.join(1)
        if self._directory is not None:
            self._directory.remove()

    def _supervise(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            why = self._run_once()
            lived = time.monotonic() - began
            if self._stopping.is_set():
                return
            pause = FIRST_PAUSE if lived > WELL_AFTER else pause
            self._failures += 1
            self.trouble = why
            self._log.warning("berth: the user server %s after %.1f s; starting it again in %.1f s", why, lived, pause)
            self._stopping.wait(pause)
            pause = min(LONGEST_PAUSE, pause * 2)

    def _run_once(self) -> str:
        """Runs it to its end; says how it ended."""
        try:
            directory = self._settle()
        except OSError as error:
            return f"has no place for its sockets ({error})"
        try:
            process = subprocess.Popen(
                [*self._argv, str(directory.path)],
                # its end of file is the end of the server: also after kill -9 of Jupyter
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C in Jupyter's terminal asks a question first
                start_new_session=True,
                env=environment(os.environ),
            )
        except OSError as error:
            return f"cannot be started ({error})"
        self._process = process
        self.run += 1
        if self._stopping.is_set():
            self._end(process)
        self._last_words = ""
        heard = threading.Thread(target=self._hear, args=(process.stdout,), name="berth-stdout", daemon=True)
        said = threading.Thread(target=self._pass_on, args=(process.stderr,), name="berth-stderr", daemon=True)
        heard.start()
        said.start()
        status = process.wait()
        self._process = None
        # what it said last is often why; but a child of it may keep the pipe open
        said.join(1)
        how = f"was ended by signal {-status}" if status < 0 else f"ended with status {status}"
        return f"{how} ({self._last_words})" if self._last_words else how

    def _hear(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            if line.strip() == b"ready":
                self.trouble = None
                self._failures = 0
                self._log.debug("berth: the user server listens")

    def _pass_on(self, stderr: IO[bytes]) -> None:
        while line := stderr.readline(MOST_READ):
            rest = line
            while rest and not rest.endswith(b"\n"):
                # the line is far too long: the rest of it goes unread
                rest = stderr.readline(MOST_READ)
            level, text = readable(line)
            if text:
                self._last_words = text
                self._log.log(level, "berth: %s", text)

    def _settle(self) -> PrivateDirectory:
        """The directory, made where it is not there (any more); launchers learn of it by the environment they inherit."""
        if self._directory is None or not self._directory.exists():
            before = None if self._directory is None else self._directory.path
            if self._directory is not None:
                self._directory.remove()
            self._directory = PrivateDirectory(before=before)
            os.environ["BERTH_SERVER"] = str(self._directory.path)
        return self._directory

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What the server gets of Jupyter's environment: all but the secrets that let one act as Jupyter or the Hub."""
    secret = re.compile(r"(?:JUPYTER|JPY_).*TOKEN")
    return {name: value for name, value in variables.items() if not secret.match(name)}


def readable(line: bytes) -> tuple[int, str]:
    """Level and text of one line of the server's log (JSON of pino, or anything), printable and short (T34)."""
    text = line.decode("utf-8", "replace").strip()
    level = logging.INFO
    try:
        entry = json.loads(text)
        # pino counts from 30 for info, Python from 20
        level = int(entry["level"]) - 10
        details = [f" {name}={json.dumps(value)}" for name, value in entry.items() if name not in DROPPED]
        text = str(entry["msg"]) + "".join(details)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    text = "".join(character if character.isprintable() else " " for character in text)
    return level, text if len(text) <= LONGEST_LINE else text[: LONGEST_LINE - 1] + "…"
