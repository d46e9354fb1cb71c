"""What is said when a request goes no further than here: problem documents (RFC 9457) as the user server's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tornado import web

if TYPE_CHECKING:
    from collections.abc import Iterable

# the sheets of these failures, generated from the one closed list: schema/src/failure-sheets.ts
SHEETS: dict[str, dict[str, object]] = json.loads(Path(__file__).with_name("problems.json").read_text("utf-8"))


class Refusal(web.HTTPError):
    """A failure of that list; `slots` fill its sentence."""

    def __init__(self, code: str, **slots: object) -> None:
        super().__init__(int(str(SHEETS[code]["status"])), code)
        self.code = code
        self.slots = slots


def document(status: int, error: object, method: str, methods: Iterable[str]) -> str:
    """JSON of one problem. Of errors that are not ours (tornado's, Jupyter's) only the status counts: what they say may
    quote the request."""
    refusal = error if isinstance(error, Refusal) else _of_status(status, method, methods)
    sheet = SHEETS[refusal.code]
    problem = {
        "type": f"urn:berth:failure:{refusal.code}",
        "title": refusal.code,
        "status": status,
        "detail": str(sheet["sentence"]).format(**refusal.slots),
        "hint": str(sheet["hint"]).format(**refusal.slots),
        "retryable": sheet["retryable"],
    }
    return json.dumps(problem)


def _of_status(status: int, method: str, methods: Iterable[str]) -> Refusal:
    if status == 405:
        return Refusal("method-refused", method=method, allowed=", ".join(methods))
    if status in {401, 403}:
        return Refusal("login-needed")
    if status < 500:
        return Refusal("request-invalid", why=f"status {status}")
    return Refusal("fault", at="the time of this answer")
