"""Drives papermill for one attempt: `python3 berth_papermill.py JOB INDEX DIRECTORY EVENTS`, called by berth_notebook.py.

JOB is the job's directory; DIRECTORY and EVENTS are descriptors: of the attempt's directory, and of a pipe that takes one JSON object a
line. The output is saved after every cell, and meanwhile every 30 s, whole each time.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import re
import signal
import socket
import sys

SAFELY = os.O_NOFOLLOW | os.O_CLOEXEC
INPUT = "input.ipynb"
OUTPUT = "output.ipynb"
# the first start of an image may make it ready for minutes: a job has a time limit of its own
START_TIMEOUT = 7 * 86_400
# between the last output of a cell and the kernel's word that it is idle
IDLE_TIMEOUT = 600
MOST_MESSAGE = 2000
# of prctl(2), which Python has no name for
PR_SET_PDEATHSIG = 1


def value_of(text: str) -> object:
    """What the text says as JSON, or the text itself. Never YAML, whose tags name code."""

    def refuse(_: str) -> object:
        raise ValueError

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError):
        return text


def say(text: str) -> None:
    """Into the log. Where there is no space for it either, nothing ends because of that."""
    try:
        os.write(1, f"berth: {text}\n".encode("utf-8", "replace"))
    except OSError:
        pass


def string_of(text: str, surrogates: bool) -> str:
    """A string in double quotes in which nothing has a meaning: each sign that is no plain letter, digit or blank by its number. For R,
    Julia and Scala. papermill's own leaves `$(command)` to Julia, and writes é as a byte that is none of its letters in all three."""

    def sign(char: str) -> str:
        if char.isascii() and (char.isalnum() or char == " "):
            return char
        code = ord(char)
        if code < 0x10000:
            return f"\\u{code:04x}"
        if surrogates:
            return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
        return f"\\U{code:08x}"

    return '"' + "".join(map(sign, text)) + '"'


def matlab_string(text: str) -> str:
    """The same for MATLAB, whose strings know no numbers of signs: papermill's own leaves `\\xe9` for é, and `\\n` for a new line."""
    if all(char.isascii() and (char.isalnum() or char == " ") for char in text):
        return f'"{text}"'
    units = text.encode("utf-16-le", "surrogatepass")
    return f"string(char([{' '.join(str(low + 256 * high) for low, high in zip(units[::2], units[1::2]))}]))"


def register_translators() -> None:
    from papermill.translators import (
        JuliaTranslator,
        MatlabTranslator,
        RTranslator,
        ScalaTranslator,
        papermill_translators,
    )

    class SafeMatlab(MatlabTranslator):
        """As papermill's, but for strings, and for the names in a map."""

        @classmethod
        def translate_escaped_str(cls, str_val):
            return matlab_string(str(str_val))

        @classmethod
        def translate_dict(cls, val):
            keys = ", ".join(f"char({cls.translate_escaped_str(key)})" for key in val)
            return f"containers.Map({{{keys}}}, {{{', '.join(cls.translate(one) for one in val.values())}}})"

    papermill_translators.register("matlab", SafeMatlab)

    for language, base in (("R", RTranslator), ("julia", JuliaTranslator), ("scala", ScalaTranslator)):
        surrogates = language == "scala"

        class Safe(base):
            """As papermill's, but for strings."""

            @classmethod
            def translate_escaped_str(cls, str_val, surrogates=surrogates):
                return string_of(str(str_val), surrogates)

        papermill_translators.register(language, Safe)


class Files:
    """papermill's handler of two files: the notebook as it was given, and the output, whole or as it was. papermill's own would
    write through a link, and half files for a while. A disk that is full at one save ends no run (F9): the next may find room."""

    def __init__(self, notebook: str, directory: int) -> None:
        self.notebook = notebook
        self.directory = directory
        # why the newest save is missing
        self.problem: OSError | None = None

    def read(self, _path: str) -> str:
        return self.notebook

    def write(self, text: str, _path: str) -> None:
        try:
            self.replace(text)
            self.problem = None
        except OSError as error:
            if self.problem is None:
                say(f"the output could not be saved: {error}")
            self.problem = error

    def replace(self, text: str) -> None:
        aside = f".{OUTPUT}.{os.getpid()}.new"
        fd = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFELY, 0o600, dir_fd=self.directory)
        try:
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.rename(aside, OUTPUT, src_dir_fd=self.directory, dst_dir_fd=self.directory)
        except OSError:
            os.unlink(aside, dir_fd=self.directory)
            raise

    def pretty_path(self, path: str) -> str:
        return path


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)[:MOST_MESSAGE]


def hold_ports() -> None:
    """jupyter_client finds a kernel's ports by binding and leaving them: until the launcher listens there, another program may be
    given the same one, and of some dozens of runs that begin on a node at once one would fail. Here they stay bound; a listener
    with SO_REUSEADDR, which Node and libzmq set, gets them all the same."""
    from jupyter_client.connect import LocalPortCache

    held = []

    def find_available_port(_cache: LocalPortCache, ip: str) -> int:
        port = socket.socket()
        port.bind((ip, 0))
        # for who listens there; bind(2) was without it
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.append(port)
        return port.getsockname()[1]

    LocalPortCache.find_available_port = find_available_port


def run(job: str, index: int, directory: int, tell) -> None:
    import nbformat
    from nbclient.exceptions import DeadKernelError
    from papermill.engines import NBClientEngine, papermill_engines
    from papermill.exceptions import PapermillExecutionError
    from papermill.execute import execute_notebook
    from papermill.iorw import papermill_io

    class Counting(NBClientEngine):
        """Tells how many cells with code are done."""

        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):
            code = [cell.cell_type == "code" for cell in nb_man.nb.cells]
            complete = nb_man.cell_complete

            def counted(cell, cell_index=None, **more):
                complete(cell, cell_index=cell_index, **more)
                tell(cells={"total": sum(code), "done": sum(code[: cell_index + 1])})

            nb_man.cell_complete = counted
            tell(cells={"total": sum(code), "done": 0})
            super().execute_managed_notebook(nb_man, kernel_name, **options)

    hold_ports()
    papermill_engines.register("berth", Counting)
    register_translators()
    with open(os.path.join(job, "job.json"), encoding="utf-8") as file:
        record = json.load(file)
    with open(os.path.join(job, "parameters.json"), encoding="utf-8") as file:
        parameters = {name: value_of(text) for name, text in json.load(file)[index].items()}
    notebook = nbformat.read(os.path.join(job, INPUT), as_version=4)
    # papermill and nbclient read both from here; what a hostile notebook says there of its kernel is overruled
    notebook.metadata["kernelspec"] = {
        "name": record["kernel"]["name"],
        "display_name": record["kernel"]["displayName"],
        "language": record["kernel"]["language"],
    }
    files = Files(nbformat.writes(notebook), directory)
    for name in (INPUT, OUTPUT):
        papermill_io.register(name, files)
    place = record["run"]["directory"]
    if not os.access(place, os.X_OK):
        say(f"{place} is not there on this node: the notebook runs in the home directory")
        place = os.path.expanduser("~")
    try:
        execute_notebook(
            INPUT,
            OUTPUT,
            parameters=parameters,
            engine_name="berth",
            kernel_name=record["kernel"]["name"],
            language=record["kernel"]["language"],
            cwd=place,
            progress_bar=False,
            log_output=True,
            start_timeout=START_TIMEOUT,
            execution_timeout=None,
            iopub_timeout=IDLE_TIMEOUT,
        )
        if files.problem is not None:
            raise files.problem
    except PapermillExecutionError as error:
        cell = {} if error.exec_count is None else {"cell": error.exec_count}
        tell(error={**cell, "name": plain(error.ename)[:200], "message": plain(error.evalue)})
    except DeadKernelError:
        tell(error={"name": "kernel-died", "message": "The kernel died."})
    except RuntimeError as error:
        # jupyter_client's, when a kernel ends before it answers
        dead = "Kernel died" in str(error)
        tell(error={"name": "kernel-died" if dead else type(error).__name__, "message": plain(str(error))})
    else:
        tell(done=True)


def end_with_parent() -> None:
    """Where Slurm does not know a job's processes by their cgroup, nobody else would end us. Our kernel's launcher sees us go."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> int:
    end_with_parent()
    job, index, directory, events = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    # the kernel shall have neither
    for fd in (directory, events):
        os.set_inheritable(fd, False)
    told = {"error": None, "done": False}

    def tell(**event: object) -> None:
        told.update(event)
        os.write(events, json.dumps(event).encode() + b"\n")

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        run(job, index, directory, tell)
    except ImportError as error:
        tell(error={"name": "papermill-missing", "message": f"{sys.executable} on this node: {error}"})
    except Exception as error:  # noqa: BLE001: the last to know; the log has where
        logging.exception("the notebook could not be run")
        tell(error={"name": type(error).__name__, "message": plain(str(error))})
    return 0 if told["done"] else 1


if __name__ == "__main__":
    sys.exit(main())
