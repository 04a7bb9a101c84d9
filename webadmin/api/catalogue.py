"""The catalogue of products over the API: shown, compared with a file, changed by it in a second step, exported."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from flask import Response, request
from sqlalchemy import Connection

from smsgw.errors import BadInput, Fault, NotFound
from smsgw.inbound.catalogue import catalogue
from smsgw.inbound.catalogue import file as catalogue_file
from smsgw.inbound.catalogue import importing as catalogue_import
from smsgw.inbound.catalogue.file import MILLION
from smsgw.inbound.catalogue.importing import Difference
from smsgw.store.tables import product as stored
from smsgw.store.tables.types import AnyRow
from smsgw.webhooks.order_document import decimal, money

from ..context import the_gateway
from .catalogue_shapes import (
    CatalogueCsv,
    CatalogueFile,
    CatalogueImport,
    Differences,
    NewAlias,
    NewProduct,
    Product,
    ProductFilter,
    ProductPage,
    WhichAlias,
)
from .matching import hold
from .routes import PREFIX, answer, client, route

READ, CHANGE = "orders:read", "orders:manage"


def product_json(row: AnyRow, spoken: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """A product's row as the API shows it."""
    price = money(row.price, row.currency)
    names = ("sku", "code", "unit", "pack", "stock", "valid_from", "valid_to", "active", "names", "changed_at")
    told = {name: row._mapping[name] for name in names}
    aliases = {tag: list(words) for tag, words in spoken.items()}
    return told | {"price": price, "max_auto": decimal(row.max_auto, catalogue.THOUSAND), "aliases": aliases}


@route("GET", "/catalogue", scope=READ, query=ProductFilter, answers={200: ProductPage})
def products(query: ProductFilter) -> Response:
    """List the products, by sku."""
    after, before = _edge(query.cursor)
    with the_gateway().database.reading() as conn:
        rows = catalogue.listing(conn, query.limit + 1, after, before=before, inactive=query.inactive == "yes")
        shown = rows[: query.limit] if before is None else rows[-query.limit :]
        spoken = catalogue.aliases(conn, [row.sku for row in shown])
        version = catalogue.version(conn)
    more = len(rows) > query.limit
    ahead, behind = (more, True) if before is not None else (after is not None, more)
    cursors = {
        "next": _cursor(">", shown[-1].sku) if shown and behind else None,
        "prev": _cursor("<", shown[0].sku) if shown and ahead else None,
    }
    links = [
        f'<{request.path}?{urlencode({**request.args, "cursor": cursor})}>; rel="{rel}"'
        for rel, cursor in cursors.items()
        if cursor is not None
    ]
    data = [product_json(row, spoken.get(row.sku, {})) for row in shown]
    told = {"version": version, "data": data} | {f"{rel}_cursor": cursor for rel, cursor in cursors.items()}
    return answer(told, headers={"Link": ", ".join(links)} if links else {})


def _cursor(side: str, sku: str) -> str:
    return urlsafe_b64encode(f"{side}{sku}".encode()).decode()


def _edge(cursor: str | None) -> tuple[str | None, str | None]:
    """The sku that a page stands behind, and that which it stands before. Raises BadInput (`cursor_invalid`)."""
    if cursor is None:
        return None, None
    try:
        told = urlsafe_b64decode(cursor.encode()).decode()
    except ValueError:
        told = ""
    if told[:1] not in ("<", ">"):
        says = "this cursor was not given by a listing: take next_cursor as it is, or begin without one"
        raise BadInput([Fault("/cursor", "cursor_invalid", says)])
    return (told[1:], None) if told[0] == ">" else (None, told[1:])


@route("GET", "/catalogue/export", scope=READ, answers={200: CatalogueCsv})
def export_catalogue() -> Response:
    """Give the whole catalogue as CSV."""
    with the_gateway().database.reading() as conn:
        rows, spoken = catalogue.listing(conn), catalogue.aliases(conn)
    lines = [catalogue_file.as_line(row, spoken.get(row.sku, {})) for row in rows]
    return answer({"csv": catalogue_file.as_csv(lines)})


@route("POST", "/catalogue/compare", scope=READ, takes=CatalogueFile, answers={200: Differences})
def compare_catalogue(body: CatalogueFile) -> Response:
    """Show what a file would change: new, changed, gone, and the lines that are wrong. Nothing is changed."""
    gateway = the_gateway()
    listed = catalogue_file.read(body.csv, gateway.config.orders.currency)
    with gateway.database.reading() as conn:
        told = catalogue_import.compare(conn, listed, keep=body.keep)
    return answer(differences_json(told, applied=False))


@route(
    "POST",
    "/catalogue/import",
    scope=CHANGE,
    takes=CatalogueImport,
    answers={200: Differences},
    errors=("catalogue_changed",),
)
def import_catalogue(body: CatalogueImport) -> Response:
    """Bring the catalogue to what a file says, all of it or nothing."""
    gateway = the_gateway()
    listed = catalogue_file.read(body.csv, gateway.config.orders.currency)
    wish = catalogue_import.Wish(listed, body.version, client().id, gateway.clock(), body.keep, body.despite)
    return answer(differences_json(catalogue_import.apply(gateway.database.writer, wish), applied=True))


def differences_json(told: Difference, *, applied: bool) -> dict[str, Any]:
    """What a file would change, or has changed, as the API shows it."""
    return {
        "version": told.version,
        "applied": applied,
        "new": [line.sku for line in told.new],
        "changed": [
            {
                "sku": one.sku,
                "fields": {name: [_plain(name, was), _plain(name, now)] for name, (was, now) in one.fields.items()},
            }
            for one in told.changed
        ],
        "gone": list(told.gone),
        "same": told.same,
        "invalid": [
            {"line": one.line, "sku": one.sku, "column": one.column, "code": one.code, "why": one.why}
            for one in told.invalid
        ],
    }


def _plain(name: str, value: Any) -> Any:
    """A field's value as a file writes it."""
    if isinstance(value, int) and name in ("price", "max_auto"):
        return decimal(value, MILLION if name == "price" else catalogue.THOUSAND)
    return value.isoformat() if isinstance(value, datetime) else value


def _written(conn: Connection, sku: str) -> dict[str, Any]:
    """What If-Match compares, and nobody changes until the transaction ends."""
    hold(conn, stored.c.sku, sku)
    return product_json(catalogue.get(conn, sku), catalogue.aliases(conn, [sku]).get(sku, {}))


def _shown(sku: str, status: int = 200) -> Response:
    with the_gateway().database.reading() as conn:
        told = product_json(catalogue.get(conn, sku), catalogue.aliases(conn, [sku]).get(sku, {}))
    return answer(told, status, {"Location": f"{PREFIX}/catalogue/{quote(sku, safe='')}"} if status == 201 else {})


@route("GET", "/catalogue/<sku>", scope=READ, answers={200: Product}, errors=("not_found",), written=_written)
def one_product(sku: str) -> Response:
    """Show a product, also one that is sold no more."""
    return _shown(sku)


@route("PUT", "/catalogue/<sku>", scope=CHANGE, takes=NewProduct, answers={200: Product, 201: Product})
def put_product(sku: str, body: NewProduct) -> Response:
    """Put a product into the catalogue, or write it anew."""
    gateway = the_gateway()
    try:
        listed = catalogue_file.alone(_columns(sku, body), gateway.config.orders.currency)
    except BadInput as wrong:
        raise BadInput([replace(one, pointer=_pointed(one.pointer)) for one in wrong.faults]) from wrong
    wish = catalogue_import.Wish(listed, None, client().id, gateway.clock(), keep=True)
    told = catalogue_import.apply(gateway.database.writer, wish)
    return _shown(sku, 201 if told.new else 200)


def _columns(sku: str, body: NewProduct) -> dict[str, str]:
    """A product by the columns of a file."""
    plain = {name: getattr(body, name) for name in ("code", "unit", "pack", "max_auto", "stock")}
    told = {"sku": sku} | {name: value for name, value in plain.items() if value}
    told |= {name: at.isoformat() for name in ("valid_from", "valid_to") if (at := getattr(body, name))}
    if body.price is not None:
        told |= {"price": body.price.amount, "currency": body.price.currency}
    told |= {f"name_{tag}".rstrip("_"): words for tag, words in body.names.items()}
    return told | {f"aliases_{tag}".rstrip("_"): "|".join(words) for tag, words in body.aliases.items()}


def _pointed(column: str) -> str:
    """Where in the body a column of a file stands."""
    kind, _, tag = column[1:].partition("_")
    if kind in ("name", "aliases"):
        return f"/{'names' if kind == 'name' else kind}" + f"/{tag}" * bool(tag)
    return {"/price": "/price/amount", "/currency": "/price/currency"}.get(column, column)


@route("DELETE", "/catalogue/<sku>", scope=CHANGE, answers={204: None}, errors=("not_found",))
def withdraw_product(sku: str) -> Response:
    """Sell a product no more; it stays, because orders name it, and a PUT sells it again."""
    gateway = the_gateway()
    gateway.database.writer.do(catalogue.withdraw, (sku, client().id, gateway.clock()))
    return Response(status=204)


@route("DELETE", "/catalogue/<sku>/aliases", scope=CHANGE, query=WhichAlias, answers={204: None}, errors=("not_found",))
def forget_alias(sku: str, query: WhichAlias) -> Response:
    """Have words not mean a product any more."""
    gateway = the_gateway()
    wish = catalogue.Taught(sku, query.language, query.words, client().id, gateway.clock())
    if not gateway.database.writer.do(catalogue.unteach, wish):
        raise NotFound(f"{query.words!r} does not mean {sku[:40]!r}", hint="GET /catalogue lists the words")
    return Response(status=204)


@route("POST", "/catalogue/<sku>/aliases", scope=CHANGE, takes=NewAlias, answers={200: Product}, errors=("not_found",))
def teach_alias(sku: str, body: NewAlias) -> Response:
    """Have words mean a product from now on; an import does not take them away."""
    gateway = the_gateway()
    wish = catalogue.Taught(sku, body.language, body.words, client().id, gateway.clock())
    gateway.database.writer.do(catalogue.teach, wish)
    with gateway.database.reading() as conn:
        row = catalogue.get(conn, sku)
        return answer(product_json(row, catalogue.aliases(conn, [sku]).get(sku, {})))
