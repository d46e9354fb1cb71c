"""A directory that only we can enter, for the sockets of one Jupyter server (T5)."""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = re.compile(r"berth-[0-9a-f]{32}")
# sockaddr_un.sun_path holds 108 bytes with its NUL (unix(7)); the names inside stay below 20
LONGEST = 108 - 1 - len("/") - 20


class PrivateDirectory:
    """Mode 0700, 128 random bits in its name. The lock on it says that its server lives, whatever happens to pids, and
    keeps systemd-tmpfiles from cleaning it away. Refused: a name made of the pid (others could take it first)."""

    path: Path

    def __init__(self, base: Path | None = None, before: Path | None = None) -> None:
        """`before` again where possible, else in the first base (or the one that is given) in which all of it works: on NFS and
        Lustre a directory may be made and still not be locked.
        OSError, the last one's, when none does."""
        trouble: OSError = FileNotFoundError("there is no directory for it")
        if before is not None:
            # launchers that live have this path in their environment
            with suppress(OSError):
                self.path, self._lock = _make(before)
                return
        for base in usable_bases() if base is None else [base]:
            try:
                sweep(base)
                self.path, self._lock = _make(base / f"berth-{secrets.token_hex(16)}")
            except OSError as error:
                trouble = error
            else:
                return
        raise trouble

    def exists(self) -> bool:
        """Whether the path still leads to it: /run/user/UID goes with the person's last login."""
        return _leads_to(self.path, self._lock)

    def remove(self) -> None:
        """Twice is fine."""
        if self._lock < 0:
            return
        if self.exists():
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = -1


def usable_bases() -> Iterator[Path]:
    """Of XDG_RUNTIME_DIR, the temporary directory, /tmp and /dev/shm those that are there, fit, and are short enough."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    # of a foreign user after su(1), or not there in a job
    if runtime and _is_own(Path(runtime)) and _fits(Path(runtime)):
        yield Path(runtime)
    try:
        temporary = tempfile.gettempdir()
    except FileNotFoundError:
        temporary = "/tmp"
    yield from filter(_fits, map(Path, dict.fromkeys([temporary, "/tmp", "/dev/shm"])))


def sweep(base: Path) -> None:
    """Removes what dead servers of ours left behind (kill -9), where that is possible. Only directories of ours whose lock
    nobody holds."""
    try:
        left = [entry for entry in os.scandir(base) if NAME.fullmatch(entry.name)]
    except OSError:
        # a /tmp of mode 1733 can be used and not be read
        return
    for entry in left:
        try:
            lock = _open_own(Path(entry.path))
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # another sweeper may have removed it since, and its maker made it anew: that one lives
            if _leads_to(Path(entry.path), lock):
                shutil.rmtree(entry.path, ignore_errors=True)
        except OSError:
            pass
        finally:
            os.close(lock)


def _make(path: Path) -> tuple[Path, int]:
    """A new directory and the descriptor that holds its lock."""
    while True:
        # never takes over what is there; the umask can only make the mode stricter
        path.mkdir(mode=0o700)
        # another server that starts at this moment may sweep it before we have the lock
        try:
            lock = _open_own(path)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
        except OSError:
            os.close(lock)
            path.rmdir()
            raise
        if _leads_to(path, lock):
            return path, lock
        os.close(lock)


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except OSError:
        return False


def _open_own(path: Path) -> int:
    """A descriptor of the directory; OSError unless it is one, ours, and closed to others."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    status = os.fstat(descriptor)
    if status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        os.close(descriptor)
        raise PermissionError(f"{path} is not a directory that only we can enter")
    return descriptor


def _is_own(path: Path) -> bool:
    try:
        os.close(_open_own(path))
    except OSError:
        return False
    return True


def _fits(base: Path) -> bool:
    length = len(os.fsencode(base)) + len("/berth-") + 32
    return base.is_absolute() and base.is_dir() and os.access(base, os.W_OK | os.X_OK) and length <= LONGEST
