"""JupyterHub's spawner for Berth: `c.JupyterHub.spawner_class = "berth"`."""

from .spawner import BerthSpawner

__all__ = ["BerthSpawner"]
