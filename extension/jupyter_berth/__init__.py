"""Berth in Jupyter: the server extension, and what the wheel carries with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__version__ = "0.1.0"

# no directory, so no server can ever be in it
NO_SERVER = os.devnull


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-berth"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "jupyter_berth"}]


def _load_jupyter_server_extension(server_app: ServerApp) -> None:
    # before anything can fail, and over the variables of an outer Jupyter: launchers find that a server should be there and
    # cannot be, and submit nothing unasked. Without them a launcher takes its start for the person's own word
    os.environ["BERTH_SERVER_PARENT"] = str(os.getpid())
    os.environ["BERTH_SERVER"] = NO_SERVER
    # imported here, so that listing extensions loads nothing
    from .extension import load

    load(server_app)
