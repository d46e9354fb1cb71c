"""Berth in Jupyter: the server extension, and what the wheel carries with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

__version__ = "0.1.0"


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyter-berth"}]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "jupyter_berth"}]


def _load_jupyter_server_extension(server_app: ServerApp) -> None:
    # imported here, so that listing extensions loads nothing
    from .extension import load

    load(server_app)
