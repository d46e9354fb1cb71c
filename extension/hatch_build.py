"""Gives the wheel its platform: it holds programs of this machine's kind."""

import sysconfig
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PlatformTag(BuildHookInterface):
    # hatchling calls it so: `version` is not ours to leave out, and we need it not
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        build_data["pure_python"] = False
        # manylinux would promise that they run with an old libc, whatever they were built with
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["tag"] = f"py3-none-{platform}"
