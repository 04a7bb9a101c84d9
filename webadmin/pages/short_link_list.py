"""Short links for people: where each leads, in whose message it is, and how often people and programs followed it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import request, url_for
from flask_babel import get_locale, gettext
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from smsgw.outbound import short_links
from smsgw.paper import csv
from smsgw.paper.table import Column, Kind, Table
from smsgw.store.tables.types import AnyRow

from ..auth import person_required
from ..context import the_gateway
from .blueprint import pages
from .sheets import sheet

LIST = 50  # links on a page
MOST = 100_000  # in a sheet


@pages.get("/short-links")
@person_required
def short_links_page() -> Response:
    """Short links, newest first: of a campaign or a message, or those that a word fits, if asked."""
    gateway, asked = the_gateway(), _asked()
    with gateway.database.reading() as conn:
        rows = _listed(conn, asked, LIST + 1, request.args.get("before") or None)
        clicks = short_links.clicks(conn, [row.id for row in rows[:LIST]])
    values: dict[str, Any] = asked | {"before": rows[LIST - 1].id if len(rows) > LIST else None}
    older = url_for("pages.short_links_page", **values) if values["before"] else None
    spelled = gateway.short_links.link_of
    return sheet("short_links.html", rows=rows[:LIST], clicks=clicks, older=older, asked=asked, link_of=spelled)


@pages.get("/short-links.csv")
@person_required
def short_links_sheet() -> Response:
    """The same links to be opened by a spreadsheet."""
    with the_gateway().database.reading() as conn:
        content = csv.write(_table(conn, _listed(conn, _asked(), MOST)), str(get_locale() or "en"))
    attached = {"Content-Disposition": 'attachment; filename="short-links.csv"'}
    return Response(content, mimetype="text/csv", headers=attached)


def _asked() -> dict[str, str | None]:
    """What is asked for, as it stands in the address."""
    return {name: request.args.get(name, "").strip()[:100] or None for name in ("q", "campaign", "message")}


def _listed(conn: Connection, asked: dict[str, str | None], most: int, before: str | None = None) -> list[AnyRow]:
    """These links, newest first; of a whole address that is looked for what stands behind `/l/` counts."""
    words = (asked["q"] or "").rpartition("/l/")[2]
    return short_links.listing(
        conn, most, before, message_id=asked["message"], campaign_id=asked["campaign"], words=words
    )


def _table(conn: Connection, rows: list[AnyRow]) -> Table:
    clicks, link_of = short_links.clicks(conn, [row.id for row in rows]), the_gateway().short_links.link_of
    words = (
        gettext("Short link"), gettext("Leads to"), gettext("Campaign"), gettext("Message"), gettext("To"),
        gettext("Note"), gettext("Made"), gettext("Last followed"),
    )  # fmt: skip
    counted = [Column(gettext("People"), Kind.COUNT), Column(gettext("Programs"), Kind.COUNT)]
    lines = [
        [link_of(row.code), row.url, row.campaign, row.message_id, row.recipient, row.note, _utc(row.created_at),
         _utc(clicks[row.id]["last"]), clicks[row.id]["people"], clicks[row.id]["bots"]]
        for row in rows
    ]  # fmt: skip
    return Table(gettext("Short links"), [*map(Column, words), *counted], lines)


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
