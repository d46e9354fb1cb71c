"""One HTTP request to the user server over its Unix socket, the answer handed on while it comes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, StreamClosedError

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from tornado.web import RequestHandler

# of one connection (RFC 9110, 7.6.1); and the server sets no cookies for Jupyter's origin
NOT_PASSED = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "set-cookie"})
# until the first line of an answer: our routes begin theirs at once, also those whose work goes on for long
ANSWER_SECONDS = 60.0


class Upstream(HTTPMessageDelegate):
    """Tornado's own HTTP/1 client connection. Refused: its AsyncHTTPClient, which keeps the server's side open for
    hours after the browser has gone, and cuts a long stream of events off at 100 MB with status 200."""

    def __init__(self, handler: RequestHandler) -> None:
        self._handler = handler
        self._stream: IOStream | None = None
        self.answered = False
        self.late = False

    def connect(self, path: Path) -> None:
        """OSError when nobody listens there. A Unix socket connects at once or not at all: unix(7)."""
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        try:
            end.connect(str(path))
        except OSError:
            end.close()
            raise
        self._stream = IOStream(end)

    async def exchange(self, target: str, headers: HTTPHeaders, body: bytes) -> bool:
        """Sends the request and writes the answer to the handler; whether it came whole."""
        assert self._stream is not None
        method = self._handler.request.method or ""
        # the answer is as long as it is: the server is ours, and what it streams never ends
        parameters = HTTP1ConnectionParameters(no_keep_alive=True, max_body_size=2**62)
        connection = HTTP1Connection(self._stream, True, parameters)
        connection.write_headers(RequestStartLine(method, target, "HTTP/1.1"), headers, body)
        connection.finish()
        late = IOLoop.current().call_later(ANSWER_SECONDS, self._give_up)
        try:
            return await connection.read_response(self) and self.answered
        except OSError:
            # one of the two sides has gone
            return False
        finally:
            IOLoop.current().remove_timeout(late)
            self.close()

    def _give_up(self) -> None:
        """A server that hangs, or was stopped, still accepts: nobody waits for it for ever."""
        if not self.answered:
            self.late = True
            self.close()

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> Awaitable[None] | None:
        assert isinstance(start_line, ResponseStartLine)
        self.answered = True
        self._handler.set_status(start_line.code, start_line.reason)
        for name in {name for name in headers if name.lower() not in NOT_PASSED}:
            values = headers.get_list(name)
            self._handler.set_header(name, values[0])
            for value in values[1:]:
                self._handler.add_header(name, value)
        # a stream begins before there is anything to say
        return self._out() if headers.get("Content-Type", "").startswith("text/event-stream") else None

    async def data_received(self, chunk: bytes) -> None:
        self._handler.write(chunk)
        await self._out()

    async def _out(self) -> None:
        """The next is read when this one is out: a slow browser costs no memory here."""
        try:
            await self._handler.flush()
        except StreamClosedError:
            self.close()

    def finish(self) -> None:
        pass

    def on_connection_close(self) -> None:
        self.close()
