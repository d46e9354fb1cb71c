"""The way from the browser to the user server: login, XSRF, origin, size and address are checked here, before it."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, unquote_plus

from jupyter_server.base.handlers import JupyterHandler, utcnow
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.httputil import HTTPHeaders
from tornado.ioloop import IOLoop

from .problems import Refusal, document
from .upstream import Upstream

if TYPE_CHECKING:
    from .supervisor import Supervisor

# as the server itself has it
MOST_BODY_BYTES = 64 * 1024
BODY_SECONDS = 30.0
# a restart of the server takes about a second; after this long it will not come
WAIT_SECONDS = 30.0
ROUTE = re.compile(r"/(?:v1(?:/[\w.~!$&'()*+,;=:@%-]+)+|metrics)", re.ASCII)
# all that the server is told of the request; so no cookie, token, or address of the person
PASSED = ("Accept", "Content-Type", "If-None-Match", "If-Modified-Since", "Last-Event-ID")
# what a browser says of requests that our own page makes (W3C Fetch Metadata); other programs say nothing
OWN_PAGE = {
    "Sec-Fetch-Site": {"same-origin", "none"},
    "Sec-Fetch-Mode": {"cors", "same-origin", "navigate"},
    "Sec-Fetch-Dest": {"empty", "document"},
}


@web.stream_request_body
class BerthHandler(JupyterHandler):
    """`BASE_URL/berth/...`. Refused: jupyter-server-proxy, whose mere installation opens every local port under
    /proxy/, whose handler leaves the XSRF check out, and which loads aiohttp into every start of Jupyter."""

    SUPPORTED_METHODS = ("GET", "PUT", "POST", "DELETE")

    def initialize(self, supervisor: Supervisor, mount: str) -> None:
        self._supervisor = supervisor
        self._mount = mount
        self._body = bytearray()
        self._upstream: Upstream | None = None
        self._gone = False
        self._late: object | None = None

    async def prepare(self) -> None:
        # no page for people lives here: 403 instead of a way to the login
        await super().prepare(_redirect_to_login=False)
        self.check_login()
        action = "read" if self.request.method == "GET" else "write"
        if not await ensure_async(self.authorizer.is_authorized(self, self.current_user, action, "berth")):
            raise Refusal("login-needed")
        self.check_own_page()
        self._target = self.target()
        self.check_body()
        if action == "write":
            # what a person does counts for the culling of idle servers; a stream of events that is open does not
            self.settings["api_last_activity"] = utcnow()

    def check_login(self) -> None:
        if not self.current_user:
            raise Refusal("login-needed")

    def check_xsrf_cookie(self) -> None:
        try:
            super().check_xsrf_cookie()
        except web.HTTPError as error:
            raise Refusal("xsrf-refused") from error

    def check_own_page(self) -> None:
        """Stricter than Jupyter, which lets foreign pages send GETs and anything that brings a token."""
        headers = self.request.headers
        host = headers.get("Host", "")
        # behind a proxy that ends TLS we cannot know the scheme that the browser sees
        schemes = {self.request.protocol, "https"}
        own = {f"{scheme}://{host}" for scheme in schemes}
        for name in ("Origin", "Sec-WebSocket-Origin"):
            if any(origin not in own for origin in headers.get_list(name)):
                raise Refusal("cross-site-refused")
        for name, allowed in OWN_PAGE.items():
            if any(value not in allowed for value in headers.get_list(name)):
                raise Refusal("cross-site-refused")

    def target(self) -> str:
        """Path and query for the server. By component, so that nothing decodes to a way out (T30)."""
        path = self.request.path.removeprefix(self._mount)
        parts = [unquote(part) for part in path.split("/")]
        if not ROUTE.fullmatch(path) or any(part in {".", ".."} or re.search(r"[/\\\x00]", part) for part in parts):
            raise Refusal("route-unknown")
        # Jupyter has looked at its own two already
        pairs = self.request.query.split("&")
        query = "&".join(pair for pair in pairs if unquote_plus(pair.partition("=")[0]) not in {"token", "_xsrf"})
        return f"{path}?{query}" if query else path

    def check_body(self) -> None:
        """Before the body is read. No protocol but HTTP: the server has no WebSockets (T32)."""
        headers = self.request.headers
        if "Upgrade" in headers:
            raise Refusal("request-invalid", why="no other protocol is spoken here")
        length = headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BODY_BYTES:
            raise Refusal("body-too-long", limit=MOST_BODY_BYTES)
        self._late = IOLoop.current().call_later(BODY_SECONDS, self._refuse, Refusal("body-late"))

    def data_received(self, chunk: bytes) -> None:
        self._body += chunk
        if len(self._body) > MOST_BODY_BYTES and not self._finished:
            self._body.clear()
            self._refuse(Refusal("body-too-long", limit=MOST_BODY_BYTES))

    async def forward(self, _path: str) -> None:
        self._read_no_more()
        until = IOLoop.current().time() + WAIT_SECONDS
        broken = 0
        while not self._gone:
            run = self._supervisor.run
            self._upstream = Upstream(self)
            try:
                self._upstream.connect(self._supervisor.socket)
            except OSError:
                self._supervisor.look_after()
                if self._supervisor.hopeless or IOLoop.current().time() > until:
                    why = self._supervisor.trouble or "it does not listen"
                    raise Refusal("server-away", why=why) from None
                await asyncio.sleep(0.05)
                continue
            whole = await self._upstream.exchange(self._target, self.server_headers(), bytes(self._body))
            if whole or self._gone:
                return
            if self._upstream.answered:
                # a part is out: only a connection that breaks says that the rest is missing
                self.detach().close()
                return
            if self._upstream.late:
                raise Refusal("server-away", why="it does not answer")
            # each of our routes may be asked again: if it died meanwhile, but not when it died of this request
            broken += 1
            if broken == 2 or not await self._has_ended(run):
                raise Refusal("server-away", why="it broke this request off")

    get = put = post = delete = forward

    async def _has_ended(self, run: int) -> bool:
        """A dying process takes a moment, in which its socket still accepts."""
        for _ in range(100):
            if self._supervisor.has_ended(run):
                return True
            await asyncio.sleep(0.02)
        return False

    def server_headers(self) -> HTTPHeaders:
        headers = HTTPHeaders({"Host": "localhost", "X-Forwarded-Prefix": self._mount})
        for name in PASSED:
            if name in self.request.headers:
                headers[name] = self.request.headers[name]
        if self._body or self.request.method in {"PUT", "POST"}:
            headers["Content-Length"] = str(len(self._body))
        return headers

    def set_cors_headers(self) -> None:
        """No other origin may read anything."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        _, error, _ = kwargs.get("exc_info", (None, None, None))
        self.set_header("Content-Type", "application/problem+json")
        self.set_header("Cache-Control", "no-store")
        self.finish(document(status_code, error, self.request.method or "", self.SUPPORTED_METHODS))

    def log_exception(self, kind: Any, error: Any, trace: Any) -> None:
        """Without the query, which tornado would write with the token that may be in it (T34)."""
        told = isinstance(error, web.HTTPError)
        what = error.log_message if isinstance(error, Refusal) else kind.__name__
        details = None if told else (kind, error, trace)
        self.log.warning("berth: %s %.300s: %s", self.request.method, self.request.path, what, exc_info=details)

    def on_connection_close(self) -> None:
        self._gone = True
        if self._upstream is not None:
            self._upstream.close()
        super().on_connection_close()

    def on_finish(self) -> None:
        self._read_no_more()
        super().on_finish()

    def _read_no_more(self) -> None:
        if self._late is not None:
            IOLoop.current().remove_timeout(self._late)
            self._late = None

    def _refuse(self, refusal: Refusal) -> None:
        self.log_exception(Refusal, refusal, None)
        self.send_error(refusal.status_code, exc_info=(Refusal, refusal, None))
