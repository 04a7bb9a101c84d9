"""Whether the process lives (/healthz) and may be given requests (/readyz): for load balancers and systemd, no key.

A link that is down does not make the gateway unready: it takes messages and keeps them.
"""

from __future__ import annotations

from flask import Flask, Response
from sqlalchemy import Connection

from smsgw.errors import SmsgwError

from ..context import here
from .routes import answer

PATIENCE = 3.0  # seconds that the store may take to answer


def install(app: Flask) -> None:
    """Serve /healthz and /readyz."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def healthz() -> Response:
    """The process answers."""
    return answer({"status": "ok"})


def readyz() -> Response:
    """200 when requests are welcome, 503 when they are not, and what is the matter."""
    checks = {"store": _store(), "started": _started()}
    ready = set(checks.values()) == {"ok"}
    return answer({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


def _store() -> str:
    """Whether the one writer gets its turn and its lock."""
    try:
        here().gateway.database.writer.do(_nothing, None, PATIENCE)
    except TimeoutError:
        return "does not answer"
    except SmsgwError as problem:
        return problem.code
    return "ok"


def _nothing(conn: Connection, batch: list[None]) -> list[None]:
    return [None] * len(batch)


def _started() -> str:
    if here().stopping.is_set():
        return "stopping"
    return "ok" if all(sender.started for sender in here().gateway.senders.values()) else "not started"
