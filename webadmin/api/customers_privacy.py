"""A person's rights over the API: a copy of everything, being forgotten, a legal hold, and who looked."""

from __future__ import annotations

from flask import Response, request

from smsgw.customers import customers, export, privacy
from smsgw.customers.consent import consent
from smsgw.customers.privacy import Act

from ..context import the_gateway
from .consents import standing_json, statement_json
from .consents_shapes import CustomerConsents
from .customers import known
from .customers_shapes import Copy, Forgotten, Hold, LookedPage
from .routes import answer, client, route

SCOPE = "customers:privacy"
ZIP = "application/zip"


def _act(id: str, why: str = "") -> Act:
    return Act(known(id), client().id, the_gateway().clock(), why)


@route("GET", "/customers/<id>/export", scope=SCOPE, answers={200: Copy}, errors=("not_found",), files=(ZIP,))
def export_customer(id: str) -> Response:
    """Give everything that is kept of a person.

    As JSON, or with Accept: application/zip as JSON and a page for people in a ZIP.
    """
    gateway, act = the_gateway(), _act(id)
    with gateway.database.reading() as conn:
        told = export.everything(conn, act.id, act.at)
        files = export.files(conn, told)
    gateway.database.writer.do(privacy.seen, (told["customer"]["id"], "exported", act.by, act.at))
    if ZIP in request.accept_mimetypes.values():
        return Response(export.as_zip(told, files), mimetype=ZIP, headers={"Cache-Control": "no-store"})
    return answer(told)


@route("POST", "/customers/<id>/erase", scope=SCOPE, answers={200: Forgotten}, errors=("not_found", "conflict"))
def erase_customer(id: str) -> Response:
    """Forget a person: words, names and numbers go everywhere, costs stay; it cannot be taken back."""
    return answer(privacy.erase(the_gateway().database.writer, _act(id)))


@route("PUT", "/customers/<id>/hold", scope=SCOPE, takes=Hold, answers={204: None}, errors=("not_found",))
def hold_customer(id: str, body: Hold) -> Response:
    """Put a person under a legal hold: nothing of them is forgotten while it stands."""
    privacy.hold(the_gateway().database.writer, _act(id, body.why))
    return Response(status=204)


@route("DELETE", "/customers/<id>/hold", scope=SCOPE, answers={204: None}, errors=("not_found",))
def release_customer(id: str) -> Response:
    """Lift a legal hold."""
    privacy.release(the_gateway().database.writer, _act(id))
    return Response(status=204)


@route("GET", "/customers/<id>/consents", scope="consents:read", answers={200: CustomerConsents}, errors=("not_found",))
def customer_consents(id: str) -> Response:
    """Show everything that was said about a customer's addresses, and what holds for each now."""
    with the_gateway().database.reading() as conn:
        addresses = [one.address for one in customers.get(conn, known(id)).addresses]
        ledgers = consent.ledger(conn, addresses)
        data = [statement_json(row) for one in addresses for row in ledgers.get(one, [])]
        standing = [standing_json(conn, one) for one in addresses]
    data.sort(key=lambda one: int(one["id"]))
    return answer({"data": data, "standing": standing, "next_cursor": None})


@route("GET", "/customers/<id>/accesses", scope=SCOPE, answers={200: LookedPage}, errors=("not_found",))
def customer_accesses(id: str) -> Response:
    """Tell who looked at a person's data; also of one who was forgotten."""
    with the_gateway().database.reading() as conn:
        rows = privacy.accesses(conn, known(id))
    return answer({"data": [{"what": row.what, "by": row.by, "at": row.at} for row in rows], "next_cursor": None})
