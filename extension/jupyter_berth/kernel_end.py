"""A kernel is ended after its restart, never in the middle of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import ensure_async

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

# seconds; a restart takes as long as the start of a process, and one that hangs holds no end up for ever
LONGEST_RESTART = 30.0


def end_after_restart(server_app: ServerApp) -> None:
    """While a kernel is dead Jupyter's restarter comes every few seconds. jupyter_client answers an end that is asked for
    meanwhile with an InvalidStateError (`_async_shutdown_kernel` reads a result that is not there yet; its pull request
    967 is open), and Lab then takes a notebook that was given another kernel for one without any."""
    if server_app.gateway_config.gateway_enabled:
        # its kernels are restarted elsewhere
        return
    kernels = server_app.kernel_manager
    shut_down = kernels.shutdown_kernel

    async def shutdown_kernel(kernel_id: str, *args: Any, **kwargs: Any) -> None:
        await _rested(kernels, kernel_id)
        await ensure_async(shut_down(kernel_id, *args, **kwargs))

    kernels.shutdown_kernel = shutdown_kernel


async def _rested(kernels: MappingKernelManager, kernel_id: str) -> None:
    """No restart is under way, and none begins. How one went is no matter here."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_RESTART
    while kernel_id in kernels and loop.time() < until:
        kernel = kernels.get_kernel(kernel_id)
        ready = kernel.ready
        if ready.done():
            kernel.stop_restarter()
            return
        pending = ready if isinstance(ready, asyncio.Future) else asyncio.wrap_future(ready)
        await asyncio.wait({pending}, timeout=until - loop.time())
