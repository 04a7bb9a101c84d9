"""Go anywhere: pages, customers, orders and conversations by a word, the keys that lead there, and help.

static/keys.js shows both pages over the one that is open, for Ctrl+K and for a question mark.
"""

from __future__ import annotations

from flask import request, url_for
from flask_babel import gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.customers import customers, finding
from smsgw.errors import BadInput, NotFound
from smsgw.inbound.orders import listing as orders
from smsgw.text.number import read_number

from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .permits import may_open
from .places import everywhere
from .sheets import sheet

MOST = 8  # of each kind
SHORTEST = 3  # digits of a number that is looked for

GOES = {  # keys behind G, by where they lie: the layout of a keyboard changes nothing (UI Events, `code`)
    "KeyT": "pages.today",
    "KeyI": "pages.inbox",
    "KeyO": "pages.orders",
    "KeyQ": "pages.inquiries",
    "KeyC": "pages.customers_page",
    "KeyP": "pages.campaigns",
    "KeyM": "pages.messages",
    "KeyL": "pages.links",
    "KeyA": "pages.calls",
}


def goes() -> dict[str, str]:
    """Where the keys behind G lead whoever asks, as addresses; "new": where N writes a message to anybody."""
    found = {code: url_for(endpoint) for code, endpoint in GOES.items() if may_open(endpoint)}
    return found | ({"new": url_for("pages.messages", write="yes")} if may_open("pages.quick_send") else {})


@pages.get("/find")
@person_required
def find() -> Response:
    """What fits a few letters: places, customers, an order, a number."""
    words = request.args.get("q", "").strip()[:100]
    found = [(str(one.label), url_for(one.endpoint), "") for one in everywhere() if _fits(str(one.label), words)]
    if words:
        with the_gateway().database.reading() as conn:
            found += [*_order(conn, words), *_people(conn, words)]
        found += _number(words)
    return sheet("find.html", q=words, found=found)


def _fits(label: str, words: str) -> bool:
    return all(word in label.casefold() for word in words.casefold().split())


def _order(conn: Connection, words: str) -> list[tuple[str, str, str]]:
    if not may_open("pages.order") or not words.lstrip("#").isdigit():
        return []
    try:
        row = orders.find(conn, words)
    except NotFound:
        return []
    return [(gettext("Order %(number)s", number=row.number), url_for("pages.order", named=row.number), row.address)]


def _people(conn: Connection, words: str) -> list[tuple[str, str, str]]:
    if not may_open("pages.customer"):
        return []
    ids = finding.find(conn, finding.Wanted(words), MOST, the_gateway().clock())
    return [
        (
            one.row.name or gettext("without a name"),
            url_for("pages.customer", id=one.row.id),
            next((it.address for it in one.addresses), ""),
        )
        for one in customers.many(conn, ids)
    ]


def _number(words: str) -> list[tuple[str, str, str]]:
    """The conversation with a number that somebody typed whole."""
    if not may_open("pages.conversation") or sum(letter.isdigit() for letter in words) < SHORTEST:
        return []
    try:
        number = read_number(words, the_gateway().config.sending.region)
    except BadInput:
        return []
    return [(gettext("Conversation"), url_for("pages.conversation", number=number), number)]


@pages.get("/help", endpoint="help")
@person_required
def help_page() -> Response:
    """The keys, what the words of the pages mean, and where more is written."""
    keys = [(code.removeprefix("Key"), endpoint) for code, endpoint in GOES.items() if may_open(endpoint)]
    labels = {one.endpoint: one.label for one in everywhere()}
    return sheet("help.html", keys=[(key, labels[endpoint], endpoint) for key, endpoint in keys if endpoint in labels])
