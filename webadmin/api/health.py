"""Whether the process lives (/healthz) and may be given requests (/readyz): for load balancers and systemd, no key.

Both are at the root, where such programs look, and under /api/v1, where the other addresses are.

A link that is down does not make the gateway unready: it takes messages and keeps them.
"""

from __future__ import annotations

from flask import Response
from sqlalchemy import Connection, text

from smsgw import __version__
from smsgw.errors import SmsgwError

from ..context import here
from .routes import answer, route
from .surroundings import Alive, Readiness, Version

PATIENCE = 3.0  # seconds that the store may take to answer


@route("GET", "//healthz", scope=None, answers={200: Alive})
@route("GET", "/healthz", scope=None, answers={200: Alive}, name="healthz_of_the_api")
def healthz() -> Response:
    """Tell that the process lives."""
    return answer({"status": "ok"})


@route("GET", "//readyz", scope=None, answers={200: Readiness, 503: Readiness})
@route("GET", "/readyz", scope=None, answers={200: Readiness, 503: Readiness}, name="readyz_of_the_api")
@route("GET", "/health", scope=None, answers={200: Readiness, 503: Readiness}, name="health_of_the_api")
def readyz() -> Response:
    """Tell whether requests are welcome (200) or not (503), and what is the matter."""
    checks = {"store": _store(), "started": _started()}
    ready = set(checks.values()) == {"ok"}
    return answer({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)


def _store() -> str:
    """Whether the one writer gets its turn and its lock, and what it writes finds room."""
    try:
        here().gateway.database.writer.do(_write, None, PATIENCE)
    except TimeoutError:
        return "does not answer"
    except SmsgwError as problem:
        return problem.code
    return "ok"


def _write(conn: Connection, batch: list[None]) -> list[None]:
    """A write that changes nothing: on a full disk, or in a store that is for reading only, it fails as others do."""
    conn.execute(text("UPDATE alembic_version SET version_num = version_num"))
    return [None] * len(batch)


def _started() -> str:
    if here().stopping.is_set():
        return "stopping"
    gateway = here().gateway
    ran = all(sender.started or name in gateway.halted for name, sender in list(gateway.senders.items()))
    return "ok" if ran else "not started"


@route("GET", "/version", scope=None, answers={200: Version})
def version() -> Response:
    """Tell which smsgw this is, and what its API promises."""
    return answer({"name": "smsgw", "version": __version__, "api": "v1"})
