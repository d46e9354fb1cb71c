"""What a person's Slurm job runs for the Hub: becomes the single-user server, and lets one child tell where it listens.

    python -I -m jupyter_berth.hub_job ID

What it needs is in a file of the person's own, which the site service's helper has written; nothing of it is in the job's
script, its arguments or its environment (T4). Standard library only: it runs before anything of Jupyter is loaded.
"""

from __future__ import annotations

import json
import os
import pwd
import shlex
import socket
import stat
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

STATE = ".local/state/berth/hub"
LISTENS = "0A"
# a server on a cold file system takes its time, and a Hub may be away
LONGEST_START = 600.0
LONGEST_TELL = 900.0
# not -m: that looks for modules in the current directory first, which is the person's home with her own secrets.py in it
SERVER = "import sys; sys.path[:] = [at for at in sys.path if at]; from jupyterhub.singleuser import main; main()"
REFUSED = "urn:berth:failure:callback-refused"


def main(session: str) -> None:
    given = read_once(Path.home() / STATE / f"{session}.json")
    address = given["listen"]
    port = free_port(address)
    os.environ.update(given["env"])
    os.environ.update(
        {
            "JUPYTERHUB_SERVICE_URL": service_url(given["env"]["JUPYTERHUB_SERVICE_URL"], address, port),
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '/usr/bin:/bin')}",
            # of terminals: the helper runs no shell of theirs, and says so
            "SHELL": own_shell(),
        }
    )
    args = [*opened_first(given.get("kernel")), *given.get("args", [])]
    tell_beside(given, port)
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-c", SERVER, *args])


def own_shell() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_shell or "/bin/sh"
    except KeyError:
        # the node's directory of people is away; a server begins once, and it can do without
        return "/bin/sh"


def opened_first(kernel: str | None) -> list[str]:
    """The chosen image: new notebooks (Lab is told by our extension) and terminals open in it. What the site says in its own
    arguments comes after this, and wins."""
    if not kernel:
        return []
    os.environ["BERTH_FIRST_KERNEL"] = kernel
    # installed together with us, as for the extension
    berth = Path(__file__).parents[4] / "bin" / "berth"
    return [
        f"--MappingKernelManager.default_kernel_name={kernel}",
        f"--ServerApp.terminado_settings=shell_command={shlex.join([str(berth), 'shell', kernel])}",
    ]


def read_once(path: Path) -> dict[str, Any]:
    """Ours, closed to others, and gone when it is read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, encoding="utf-8") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            sys.exit(f"berth: {path} is not closed to others")
        given = json.load(file)
    path.unlink(missing_ok=True)
    return given


def free_port(address: str) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((address, 0))
        return probe.getsockname()[1]


def service_url(url: str, address: str, port: int) -> str:
    """`http://0.0.0.0:0/user/alice/` with where it will listen."""
    scheme, rest = url.split("://", 1)
    host = f"[{address}]" if ":" in address else address
    return f"{scheme}://{host}:{port}/{rest.partition('/')[2]}"


def tell_beside(given: dict[str, Any], port: int) -> None:
    """In a process that nobody has to wait for; it lives until the Hub has heard it, or the server is gone."""
    server = os.getpid()
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            try:
                tell_when_listening(given, port, server)
            finally:
                os._exit(0)
        os._exit(0)
    os.waitpid(child, 0)


def tell_when_listening(given: dict[str, Any], port: int, server: int) -> None:
    until = time.monotonic() + LONGEST_START
    # never before it is ours: somebody else on the node might take the port, and would be given our person's browser
    # the kernel's table of sockets costs it milliseconds each time: it is only read when somebody answers there
    while not (answers(given["listen"], port) and listens(given["listen"], port, os.getuid())):
        if not lives(server):
            return
        if time.monotonic() > until:
            where = f"{given['listen']}, port {port}"
            says = f"berth: no server of yours listens at {where}: does your own configuration say otherwise?"
            print(says, file=sys.stderr, flush=True)
            return
        time.sleep(0.1)
    until = time.monotonic() + LONGEST_TELL
    pause = 0.2
    while time.monotonic() < until and lives(server):
        if tell(given, port):
            return
        time.sleep(pause)
        pause = min(10.0, pause * 2)


def answers(address: str, port: int) -> bool:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104  as the site service tells it
    try:
        socket.create_connection((target, port), timeout=5).close()
    except OSError:
        return False
    return True


def listens(address: str, port: int, uid: int) -> bool:
    """Whether this account has a socket that listens there. Source: proc(5), /proc/net/tcp."""
    wanted = f"{in_table(address)}:{port:04X}"
    table = "/proc/net/tcp6" if ":" in address else "/proc/net/tcp"
    try:
        lines = Path(table).read_text("ascii").splitlines()[1:]
    except OSError:
        return False
    rows = (line.split() for line in lines)
    return any(row[3] == LISTENS and row[1] == wanted and int(row[7]) == uid for row in rows)


def in_table(address: str) -> str:
    """`127.0.0.1` -> `0100007F` on a little-endian machine: words of 32 bits as numbers."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    words = [int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4)]
    return "".join(f"{word:08X}" for word in words)


def lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def tell(given: dict[str, Any], port: int) -> bool:
    """True when our service has heard it: it is taken once, so a refusal stays one. The Hub's own 403 or 404 is none: its proxy does
    not know the service yet, or the Hub not the token."""
    request = urllib.request.Request(  # noqa: S310  the site's own address
        given["callback"],
        data=json.dumps({"port": port, "nonce": given["nonce"]}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": f"token {given['env']['JUPYTERHUB_API_TOKEN']}",
        },
    )
    try:
        with ONLY_THERE.open(request, timeout=60):
            return True
    except urllib.error.HTTPError as error:
        if not is_refusal(error):
            return False
        print("berth: the Hub's service does not take our word", file=sys.stderr, flush=True)
        return True
    except OSError:
        return False


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """A redirect is an answer like any other: what follows it would take the token along."""


# nor through a web proxy of the site's, which would see the token
ONLY_THERE = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirects)


def is_refusal(error: urllib.error.HTTPError) -> bool:
    try:
        problem = json.loads(error.read(65536))
    except (OSError, ValueError):
        return False
    return isinstance(problem, dict) and problem.get("type") == REFUSED


if __name__ == "__main__":
    main(sys.argv[1])
