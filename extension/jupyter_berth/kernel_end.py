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
# a server that is told to end has little time itself
LONGEST_AT_LAST = 5.0


def end_after_restart(server_app: ServerApp) -> None:
    """While a kernel is dead Jupyter's restarter comes every few seconds. jupyter_client answers an end that is asked for
    meanwhile with an InvalidStateError (`_async_shutdown_kernel` reads a result that is not there yet), and Lab then takes
    a notebook that was given another kernel for one without any; the server's own end stops half way."""
    if server_app.gateway_config.gateway_enabled:
        # its kernels are restarted elsewhere
        return
    kernels = server_app.kernel_manager
    shut_down, shut_all_down = kernels.shutdown_kernel, kernels.shutdown_all

    async def shutdown_kernel(kernel_id: str, *args: Any, **kwargs: Any) -> None:
        known = kernel_id in kernels
        await _rested(kernels, kernel_id, LONGEST_RESTART)
        # it was another's end that was waited for: there is no more to do
        if known and kernel_id not in kernels:
            return
        await ensure_async(shut_down(kernel_id, *args, **kwargs))

    async def shutdown_all(*args: Any, **kwargs: Any) -> None:
        ids = kernels.list_kernel_ids()
        await asyncio.gather(*(_rested(kernels, kernel_id, LONGEST_AT_LAST) for kernel_id in ids))
        await ensure_async(shut_all_down(*args, **kwargs))

    kernels.shutdown_kernel, kernels.shutdown_all = shutdown_kernel, shutdown_all


async def _rested(kernels: MappingKernelManager, kernel_id: str, longest: float) -> None:
    """No restart is under way (nor another end), and the restarter begins none. How one went is no matter here."""
    loop = asyncio.get_running_loop()
    until = loop.time() + longest
    while kernel_id in kernels and loop.time() < until:
        kernel = kernels.get_kernel(kernel_id)
        ready = kernel.ready
        if ready.done():
            kernel.stop_restarter()
            return
        pending = ready if isinstance(ready, asyncio.Future) else asyncio.wrap_future(ready)
        await asyncio.wait({pending}, timeout=until - loop.time())
