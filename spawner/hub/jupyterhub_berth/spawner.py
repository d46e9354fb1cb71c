"""The Hub's contract on one side, `berth serve --site` on the other. What is decided is decided there."""

from __future__ import annotations

import asyncio
import html
import secrets
from typing import TYPE_CHECKING, Any

from jupyterhub.spawner import Spawner
from sqlalchemy.orm import object_session
from tornado import web
from traitlets import Bool, Unicode, default

from .site_client import SiteClient, SiteProblem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

NOT_FOUND, REFUSED, BROKEN = 404, 400, 500
SHARE = {"submitting": 10, "waiting": 25, "starting": 60, "ready": 95, "ended": 95}


class NotStarted(Exception):
    """Its words are shown to the person on the page that waits."""

    def __init__(self, says: str, lines: list[str]) -> None:
        super().__init__(says)
        self.jupyterhub_message = says
        self.jupyterhub_html_message = story(says, lines)


class BerthSpawner(Spawner):
    """A person's server as a Slurm job of theirs."""

    socket = Unicode("/run/berth/hub.sock", help="Where the site service listens for the Hub.").tag(config=True)

    session = Unicode(help="What the site service knows this server by.")
    # from the Hub's database, of a Hub before this one perhaps
    _is_loaded = Bool(False)
    # whether its server has told where it listens
    _is_placed = Bool(False)

    @default("env_keep")
    def _nothing_of_the_hub(self) -> list[str]:
        # its PATH and PYTHONPATH belong to another host
        return []

    @default("start_timeout")
    def _as_long_as_the_queue(self) -> int:
        return 7 * 24 * 3600

    @default("default_url")
    def _lab(self) -> str:
        return "/lab"

    @default("ip")
    def _everywhere(self) -> str:
        return "0.0.0.0"  # noqa: S104  the site service tells the job where to listen

    @default("options_form")
    def _form(self) -> Any:
        return BerthSpawner.ask_form

    @default("options_from_form")
    def _from_form(self) -> Any:
        return options_of

    @default("apply_user_options")
    def _apply(self) -> Any:
        return BerthSpawner.check_options

    @property
    def site(self) -> SiteClient:
        return SiteClient(self.socket)

    async def ask_form(self) -> str:
        return (await self.site.ask("GET", "/v1/form", user=self.user.name))["html"]

    async def check_options(self, options: Mapping[str, Any]) -> None:
        """The same for the form and for whoever uses the REST API (T37)."""
        try:
            await self.site.ask("POST", "/v1/options", {"user": self.user.name, "options": dict(options)})
        except SiteProblem as problem:
            # the Hub has kept it as what this person wants from now on, and would refuse every start after this one; a service that
            # is away has refused nothing
            if REFUSED <= problem.status < BROKEN:
                self.user_options = self.orm_spawner.user_options = {}
                self._commit()
            raise web.HTTPError(problem.status or 503, problem.jupyterhub_message) from problem

    def load_state(self, state: dict[str, Any]) -> None:
        super().load_state(state)
        self.session = state.get("session", "")
        self.api_token = state.get("api_token", self.api_token)
        self._is_placed = bool(state.get("placed"))
        # of a Hub that was killed perhaps: the first poll finds out
        self._is_loaded = bool(self.session)

    def get_state(self) -> dict[str, Any]:
        state = super().get_state()
        if self.session:
            # the token, because a server that waits in the queue was given it and no other
            state |= {"session": self.session, "api_token": self.api_token, "placed": self._is_placed}
        return state

    def clear_state(self) -> None:
        super().clear_state()
        self.session = ""
        self._is_placed = False

    async def start(self) -> tuple[str, int]:
        view = await self._adopt()
        if view is None:
            self.session = secrets.token_hex(8)
            # before anything happens outside: whatever dies now, the job is found again by it (F10)
            self._write_state()
            env = {name: str(value) for name, value in self.get_env().items()}
            order = {
                "user": self.user.name,
                "server": self.name,
                "options": dict(self.user_options),
                "env": env,
                "args": list(self.get_args()),
            }
            view = await self._ask("PUT", order)
        return await self._place(view)

    async def _adopt(self) -> dict[str, Any] | None:
        """A server of this name that lives, though the Hub has forgotten that it started it."""
        state = self.orm_spawner.state or {}
        if not state.get("session"):
            return None
        fresh, self.session = self.session, state["session"]
        view = await self._look()
        if view is None or view["state"] == "ended":
            self.session = fresh
            return None
        # with the token that it was given; the Hub makes it valid again
        self.api_token = state.get("api_token") or self.api_token
        self.log.info("Berth: %s has a server that lives, it is taken over", self._log_name)
        return view

    def _write_state(self) -> None:
        self.orm_spawner.state = self.get_state()
        self._commit()

    def _commit(self) -> None:
        session = object_session(self.orm_spawner)
        if session is not None:
            session.commit()

    async def _place(self, view: dict[str, Any]) -> tuple[str, int]:
        while view["state"] not in ("ready", "ended"):
            view = await self._ask("GET", after=view["revision"])
        if view["state"] == "ended":
            raise NotStarted(view["says"], view["lines"])
        self._is_placed = True
        return view["place"]["host"], view["place"]["port"]

    async def poll(self) -> int | None:
        """None unless Slurm has said that the job has ended: that nobody answers says nothing (F1)."""
        if not self.session:
            return 0
        loaded, self._is_loaded = self._is_loaded, False
        try:
            # a Hub that starts, starts the service last: it does not wait for it to ask about a server that it can see itself
            view = await self._look(patient=not (loaded and self._is_placed))
            if loaded and not self._is_placed and view is not None and view["state"] != "ended":
                # asked by a Hub that has just started: it would give up a server that still waits in the queue
                await self._place(view)
        except NotStarted:
            return 1
        except SiteProblem as problem:
            self.log.warning("Berth: nothing is known of %s now: %s", self._log_name, problem)
            return None
        return 1 if view is None or view["state"] == "ended" else None

    async def get_url(self) -> str:
        """Where it is according to Slurm's record, which the Hub may not have written down."""
        try:
            view = await self._look(patient=False)
        except SiteProblem:
            return await super().get_url()
        place = None if view is None else view.get("place")
        if place is None:
            return await super().get_url()
        host = f"[{place['host']}]" if ":" in place["host"] else place["host"]
        return f"http://{host}:{place['port']}{self.server.base_url}"

    async def stop(self, now: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  the Hub's signature
        if not self.session:
            return
        try:
            await self._ask("DELETE")
        except SiteProblem as problem:
            if problem.status != NOT_FOUND:
                raise

    async def progress(self) -> AsyncIterator[dict[str, Any]]:
        """State, reason and the job's own last lines, as they come."""
        revision, told = None, None
        while True:
            if not self.session:
                await asyncio.sleep(0.1)
                continue
            try:
                view = await self._ask("GET", after=revision, watched="1")
            except SiteProblem as problem:
                # not yet there; or gone, which the start tells
                yield {"message": problem.jupyterhub_message} if problem.status != NOT_FOUND else {}
                await asyncio.sleep(0.5)
                continue
            revision = view["revision"]
            says = view["says"] + (f" Slurm does not answer: {view['stale']}." if "stale" in view else "")
            if "estimatedStart" in view and view["state"] == "waiting":
                says += f" Expected to start at {view['estimatedStart']}."
            message = {"progress": SHARE[view["state"]], "message": says, "html_message": story(says, view["lines"])}
            if message != told:
                yield message
            told = message
            if view["state"] in ("ready", "ended"):
                return

    async def _look(self, *, patient: bool = True) -> dict[str, Any] | None:
        """None when the service has no such server (any more)."""
        try:
            return await self._ask("GET", patient=patient)
        except SiteProblem as problem:
            if problem.status == NOT_FOUND:
                return None
            raise

    async def _ask(self, method: str, body: Any = None, *, patient: bool = True, **query: Any) -> dict[str, Any]:
        if method in ("GET", "DELETE"):
            # a service that has lost its record finds the job by that
            query["user"] = self.user.name
        return await self.site.ask(method, f"/v1/sessions/{self.session}", body, patient=patient, **query)


def options_of(form: Mapping[str, list[str]]) -> dict[str, str]:
    """What the browser sends, each once; whether it may be chosen is looked at later."""
    return {name: values[0] for name, values in form.items() if values and values[0] != "" and name != "_xsrf"}


def story(says: str, lines: list[str]) -> str:
    """For the page that waits; all of it may come from anywhere."""
    shown = html.escape("\n".join(lines))
    return html.escape(says) + (f"<pre>{shown}</pre>" if lines else "")
