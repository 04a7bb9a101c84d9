"""GET /health: how it is and why, as JSON of the health-check draft (draft-inadarei-api-health-check), for monitors.

`status` is pass, warn (a link is down, something is late) or fail (the store takes nothing: 503). Anybody may ask for
the status; the checks, which name links, only who may look at the metrics.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, jsonify

from smsgw import __version__
from smsgw.errors import SmsgwError
from smsgw.gateway import Gateway
from smsgw.money import alerts
from smsgw.watch import figures

from .context import the_gateway
from .metrics import may_look

MEDIA_TYPE = "application/health+json"


def install(app: Flask) -> None:
    """Answer /health."""

    @app.get("/health")
    def health() -> Response:
        """How it is."""
        gateway = the_gateway()
        checks = _links(gateway) | _store(gateway)
        found = {one["status"] for each in checks.values() for one in each}
        status = next(level for level in ("fail", "warn", "pass") if level in found)
        told: dict[str, Any] = {"status": status, "version": __version__.partition(".")[0], "releaseId": __version__}
        try:
            may_look()
            told["checks"] = checks
        except SmsgwError:
            pass
        response = jsonify(told)
        response.status_code = 503 if status == "fail" else 200
        response.content_type = MEDIA_TYPE
        return response


Checks = dict[str, list[dict[str, Any]]]


def _links(gateway: Gateway) -> Checks:
    """A link that is down is a warning: its messages are kept, or take another way."""
    return {
        f"link:{one.name}": [
            {
                "componentType": one.kind,
                "observedValue": str(one.state),
                "status": "pass" if one.state in figures.WELL else "warn",
                "time": one.since.isoformat(),
                **({"output": one.why} if one.why and one.state not in figures.WELL else {}),
            }
        ]
        for one in figures.links_now(gateway)
    }


def _store(gateway: Gateway) -> Checks:
    now = gateway.clock()
    try:
        with gateway.database.reading() as conn:
            waiting = [one for one in figures.waiting(conn) if one.state == "queued"]
            standing = len(alerts.standing(conn))
            nodes = figures.nodes_now(conn)
    except SmsgwError as problem:
        return {"store:answers": [{"componentType": "datastore", "status": "fail", "output": str(problem)}]}
    dues = [one.oldest_due for one in waiting if one.oldest_due is not None]
    late = max(0, int((now - min(dues)).total_seconds())) if dues else 0
    patience = gateway.config.watch.backlog
    return {
        "store:answers": [{"componentType": "datastore", "status": "pass"}],
        "messages:queued": [_number(sum(one.count for one in waiting), "messages", late <= patience)],
        "messages:overdue": [_number(late, "seconds", late <= patience)],
        "alerts:standing": [_number(standing, "alerts", not standing)],
        **{f"node:{one.name}": [_node(one)] for one in nodes},
    }


def _node(one: figures.NodeNow) -> dict[str, Any]:
    """A node that is not heard of is a warning: others have what it had."""
    has = {name: since.isoformat() for name, since in one.has.items()}
    told = {"componentType": "node", "observedValue": has, "status": "pass" if one.alive else "warn"}
    return told if one.alive else {**told, "time": one.until.isoformat(), "output": "nothing is heard of it since"}


def _number(value: int, unit: str, well: bool) -> dict[str, Any]:
    return {"observedValue": value, "observedUnit": unit, "status": "pass" if well else "warn"}
