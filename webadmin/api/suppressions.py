"""The suppression list over the API: looked at, added to, imported, exported. Addresses are kept as digests only."""

from __future__ import annotations

import csv
import io
from functools import partial
from typing import Any

from flask import Response

from smsgw.access import audit
from smsgw.customers.consent import suppression as consent_suppression
from smsgw.customers.consent.changes import write
from smsgw.customers.consent.telling import read_address
from smsgw.errors import BadInput
from smsgw.paper.csv import guarded

from ..context import the_gateway
from .consents_shapes import (
    Changed,
    NewSuppression,
    SuppressionFilter,
    SuppressionImport,
    SuppressionList,
    SuppressionRemoval,
    SuppressionsImported,
)
from .routes import answer, client, route

READ, MANAGE = "consents:read", "consents:manage"
EXPORTED = 1_000_000  # entries of a file
AT_ONCE = 1000  # addresses in one transaction
NAMES = ("digest", "hint", "reach", "why", "by", "at")


@route(
    "GET",
    "/consents/suppressions",
    scope=READ,
    query=SuppressionFilter,
    answers={200: SuppressionList},
    files=("text/csv",),
)
def suppressions(query: SuppressionFilter) -> Response:
    """List the addresses to which nothing goes, the newest first, or give all of the list as CSV."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        digest = None
        if query.address is not None:
            key = consent_suppression.key(conn)
            digest = "" if key is None else consent_suppression.digest(key, _address(query.address))
        rows = consent_suppression.listing(conn, query.limit if query.shape == "json" else EXPORTED, digest)
    if query.shape == "json":
        data = [{name: row._mapping[name] for name in NAMES} for row in rows]
        return answer({"data": data, "next_cursor": None})
    line = audit.Line(
        client().id, "suppressions.exported", "the suppression list was taken away", gateway.clock(), "suppressions"
    )
    audit.write(gateway.database.writer, line)
    made = io.StringIO()
    sheet = csv.writer(made)
    sheet.writerow(NAMES)
    for row in rows:
        sheet.writerow([*(guarded(str(row._mapping[name] or "")) for name in NAMES[:-1]), row.at.isoformat()])
    headers = {"Content-Disposition": 'attachment; filename="suppressions.csv"', "Cache-Control": "no-store"}
    return Response(made.getvalue(), mimetype="text/csv", headers=headers)


@route(
    "POST", "/consents/suppressions/import", scope=MANAGE, takes=SuppressionImport, answers={200: SuppressionsImported}
)
def import_suppressions(body: SuppressionImport) -> Response:
    """Put a whole list on the suppression list; lines that are no address are told, and the others count."""
    gateway = the_gateway()
    now, by = gateway.clock(), client().id
    good, invalid = [], []
    for number, cells in enumerate(csv.reader(io.StringIO(body.csv)), 1):
        if not cells or not cells[0].strip():
            continue
        try:
            good.append(_address(cells[0].strip()))
        except BadInput as wrong:
            if number > 1:
                invalid.append({"line": number, "why": str(wrong)})
    changed = 0
    for start in range(0, len(good), AT_ONCE):
        some = good[start : start + AT_ONCE]
        act = partial(consent_suppression.suppress, addresses=some, why=body.why, by=by, now=now, reach=body.reach)
        changed += _write(act)
    return answer({"read": len(good), "changed": changed, "invalid": invalid[:100]})


@route("POST", "/consents/suppressions", scope=MANAGE, takes=NewSuppression, answers={200: Changed})
def suppress(body: NewSuppression) -> Response:
    """Have nothing sent to these addresses, whoever asks."""
    addresses, now, by = [_address(one) for one in body.addresses], the_gateway().clock(), client().id
    count = _write(lambda conn: consent_suppression.suppress(conn, addresses, body.why, by, now, reach=body.reach))
    return answer({"changed": count})


@route("POST", "/consents/suppressions/remove", scope=MANAGE, takes=SuppressionRemoval, answers={200: Changed})
def lift_suppression(body: SuppressionRemoval) -> Response:
    """Take addresses off the suppression list."""
    addresses, now, by = [_address(one) for one in body.addresses], the_gateway().clock(), client().id
    return answer({"changed": _write(lambda conn: consent_suppression.lift(conn, addresses, by, now))})


def _address(written: str) -> str:
    return read_address(written, the_gateway().config.sending.region)


def _write(act: Any) -> Any:
    return write(the_gateway().database.writer, act)
