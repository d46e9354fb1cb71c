"""Puts the parts together: directory, supervised user server, route."""

from __future__ import annotations

import atexit
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from traitlets import List, Unicode, default
from traitlets.config import Configurable

from .handler import BerthHandler
from .kernel_end import end_after_restart
from .supervisor import Supervisor

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


class BerthServer(Configurable):
    """What a site may set, as `c.BerthServer.command = ["/opt/berth/bin/berth"]`."""

    command = List(
        Unicode(),
        help="The berth command; by default the one that was installed together with this extension.",
    ).tag(config=True)

    @default("command")
    def _installed_beside(self) -> list[str]:
        # PREFIX/lib/python3.11/site-packages/jupyter_berth/extension.py -> PREFIX/bin/berth, for virtual and conda
        # environments as for --user; sys.prefix would be wrong for the last
        return [str(Path(__file__).parents[4] / "bin" / "berth")]


def load(server_app: ServerApp) -> None:
    """Adds the route at once; the user server starts when Jupyter's own event loop runs, so it delays nothing."""
    berth = BerthServer(parent=server_app)
    supervisor = Supervisor(berth.command, server_app.log)
    # below it a kernel's JPY_SESSION_NAME is the path of its notebook
    os.environ["BERTH_SERVER_ROOT"] = str(Path(server_app.kernel_manager.root_dir).absolute())
    wait_for_the_queue(server_app)
    end_after_restart(server_app)
    # chosen where the server was started, in the Hub's form
    page = server_app.web_app.settings.setdefault("page_config_data", {})
    page["berthFirstKernel"] = os.environ.get("BERTH_FIRST_KERNEL", "")
    base_url = server_app.web_app.settings["base_url"]
    mount = f"{base_url.rstrip('/')}/berth"
    route = (re.escape(mount) + r"(/.*|)", BerthHandler, {"supervisor": supervisor, "mount": mount})
    server_app.web_app.add_handlers(".*", [route])
    atexit.register(supervisor.stop)
    server_app.io_loop.add_callback(supervisor.start)


# as long as a kernel may wait for its node: Jupyter gives a kernel up that has not answered within a minute
LONGEST_WAIT = 7 * 24 * 3600.0


def wait_for_the_queue(server_app: ServerApp) -> None:
    """What the site itself has set stays. Whoever waits is told why, and can cancel, so nobody waits in vain."""
    kernels = server_app.kernel_manager
    said = any(f"{kind.__name__}.kernel_info_timeout" in server_app.config for kind in type(kernels).mro())
    if not said:
        kernels.kernel_info_timeout = LONGEST_WAIT
