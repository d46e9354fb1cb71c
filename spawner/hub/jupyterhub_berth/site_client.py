"""Asks `berth serve --site` over its Unix socket."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any
from urllib.parse import urlencode

from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.netutil import Resolver
from tornado.simple_httpclient import SimpleAsyncHTTPClient

# as long as the service itself waits for sudo and Slurm, and then some
PATIENCE = 90.0
# a service that is just being started again, with the Hub or by its staff
AWAY = 30.0


class SiteProblem(Exception):
    """What the service refuses (RFC 9457); `status` is 0 when it does not answer at all."""

    def __init__(self, status: int, detail: str, hint: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.hint = hint

    # JupyterHub shows it to the person, on the page that waits for the server
    @property
    def jupyterhub_message(self) -> str:
        return f"{self.detail} {self.hint}".strip()


class _ToSocket(Resolver):
    def initialize(self, path: str) -> None:
        self._path = path

    async def resolve(self, _host: str, _port: int, _family: int = socket.AF_UNSPEC) -> list[tuple[int, Any]]:
        return [(socket.AF_UNIX, self._path)]


class SiteClient:
    """One for each spawner; it holds no state."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def ask(self, method: str, path: str, body: Any = None, *, patient: bool = True, **query: Any) -> Any:
        """The answer's JSON. Waits for a service that is away, if `patient`; raises SiteProblem."""
        given = {name: value for name, value in query.items() if value is not None}
        url = f"http://berth{path}" + (f"?{urlencode(given)}" if given else "")
        loop = asyncio.get_running_loop()
        until = loop.time() + AWAY
        while True:
            try:
                return await self._once(method, url, body)
            except OSError as error:
                if not patient or loop.time() > until:
                    raise SiteProblem(0, f"Berth's site service does not answer at {self._path}: {error}.") from error
                await asyncio.sleep(0.5)

    async def _once(self, method: str, url: str, body: Any) -> Any:
        # of its own: the Hub's may be curl's, and resolves names
        client = SimpleAsyncHTTPClient(force_instance=True, resolver=_ToSocket(path=self._path), max_clients=1)
        request = HTTPRequest(
            url,
            method=method,
            body=None if body is None else json.dumps(body),
            headers={} if body is None else {"Content-Type": "application/json"},
            connect_timeout=5,
            request_timeout=PATIENCE,
            follow_redirects=False,
        )
        try:
            response = await client.fetch(request)
        except HTTPClientError as error:
            raise _problem_of(error) from None
        finally:
            client.close()
        return json.loads(response.body) if response.body else None


def _problem_of(error: HTTPClientError) -> Exception:
    # 599 is tornado's own word for a connection that broke or a time that was over
    if error.code == 599 or error.response is None:
        return ConnectionError(str(error))
    try:
        problem = json.loads(error.response.body)
        return SiteProblem(error.code, str(problem["detail"]), str(problem.get("hint", "")))
    except (ValueError, KeyError, TypeError):
        return SiteProblem(error.code, f"Berth's site service answers with {error.code}.")
