"""A copy of everything that we keep of one person, as JSON for programs and as a page for people, in one ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Table, or_, select

from ..store.tables import (
    capability,
    consent,
    import_line,
    inbound,
    inbound_medium,
    medium,
    message,
    opt_in,
    order,
    order_line,
    order_revision,
    short_link,
    short_link_click,
)
from . import customers, groups, merging, privacy, timeline
from .customers import Person

_SHOWN = ("at", "kind", "mine", "address", "text", "state", "why")
_STYLE = (
    "<style>body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    "td,th{padding:.2em .8em;vertical-align:top;text-align:start}</style>"
)


def everything(conn: Connection, id: str, now: datetime) -> dict[str, Any]:
    """What we keep of a customer. Raises NotFound."""
    person = customers.get(conn, id)
    row = person.row
    spelled = [one.address for one in person.addresses]
    told = {key: getattr(row, key) for key in ("language", "zone", "channel", "reference", "created_at", "updated_at")}
    return {
        "made_at": now,
        "customer": {"id": row.id, "name": row.name, **told, "fields": row.fields, "tags": person.tags},
        "addresses": [{"address": one.address, "kind": one.kind, "since": one.created_at} for one in person.addresses],
        "groups": [group.name for group in groups.of(conn, person.id)],
        "timeline": _timeline(conn, person),
        "pictures": _pictures(conn, spelled),
        "short_links": _followed(conn, spelled),
        "shows_mms": _rows(conn, capability, capability.c.number.in_(spelled)),
        "consents": _rows(conn, consent, consent.c.address.in_(spelled)),
        "opt_in_questions": _rows(conn, opt_in, opt_in.c.address.in_(spelled)),
        "orders": _orders(conn, spelled),
        "imported": _rows(conn, import_line, import_line.c.customer_id == person.id),
        "merges": [
            {"at": one.at, "by": one.by, "undone_at": one.undone_at} for one in merging.listing(conn, person.id)
        ],
        "who_looked": [{"what": one.what, "by": one.by, "at": one.at} for one in privacy.accesses(conn, person.id)],
    }


def _followed(conn: Connection, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """When the short links that are theirs alone were followed; human: not by what fetches previews."""
    s, k, m = short_link.c, short_link_click.c, message.c
    rows = conn.execute(
        select(s.message_id, s.code, s.url, k.at, k.human)
        .join_from(short_link, message, m.id == s.message_id)
        .outerjoin(short_link_click, k.link_id == s.id)
        .where(m.recipient.in_(addresses))
        .order_by(s.id, k.id)
    )
    return [dict(row._mapping) for row in rows]


def _pictures(conn: Connection, addresses: Sequence[str]) -> list[dict[str, Any]]:
    """The pictures and files that came with their texts. file: where one is in the ZIP, None once it was purged."""
    i, parts = inbound.c, inbound_medium.c
    rows = conn.execute(
        select(parts.inbound_id, i.received_at, parts.position, parts.name, medium.c.media_type, medium.c.sha256,
               medium.c.octets.is_not(None).label("kept"))
        .join_from(inbound_medium, inbound, i.id == parts.inbound_id)
        .join(medium, medium.c.sha256 == parts.sha256)
        .where(i.sender.in_(addresses))
        .order_by(parts.inbound_id, parts.position)
    )  # fmt: skip
    return [
        {
            "inbound_id": row.inbound_id, "at": row.received_at, "name": row.name, "media_type": row.media_type,
            "sha256": row.sha256, "file": f"files/{row.inbound_id}-{row.position}" if row.kept else None,
        }
        for row in rows
    ]  # fmt: skip


def files(conn: Connection, told: dict[str, Any]) -> dict[str, bytes]:
    """The octets of the pictures and files in what `everything` told, by where they are in the ZIP."""
    wanted = {one["file"]: one["sha256"] for one in told["pictures"] if one["file"] is not None}
    found: dict[str, bytes] = {}
    for file, sha in wanted.items():
        octets = conn.scalar(select(medium.c.octets).where(medium.c.sha256 == sha))
        if octets is not None:
            found[file] = bytes(octets)
    return found


def _rows(conn: Connection, table: Table, *about: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in conn.execute(select(table).where(or_(*about))).mappings()]


def _timeline(conn: Connection, person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: str | None = timeline.END
    while before is not None:
        page = timeline.read(conn, person, 500, before)
        found += [
            {
                "at": one.at,
                "kind": one.kind,
                "by_us": one.mine,
                "address": one.address,
                "text": one.text,
                "first_text": one.first_text,
                "state": one.state,
            }
            for one in page.entries
        ]
        before = page.next
    return found


def _orders(conn: Connection, addresses: Sequence[str]) -> list[dict[str, Any]]:
    found = _rows(conn, order, order.c.address.in_(addresses))
    for one in found:
        one["lines"] = _rows(conn, order_line, order_line.c.order_id == one["id"])
        one["revisions"] = _rows(conn, order_revision, order_revision.c.order_id == one["id"])
    return found


def as_zip(told: dict[str, Any], files: Mapping[str, bytes] | None = None) -> bytes:
    """The same as a ZIP of `person.json` and `person.html`, with their pictures (see `files`)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("person.json", to_json(told, indent=2))
        packed.writestr("person.html", as_page(told))
        for name, octets in (files or {}).items():
            packed.writestr(name, octets)
    return out.getvalue()


def as_page(told: dict[str, Any]) -> str:
    """The same as one HTML page that needs nothing else."""
    name = escape(told["customer"]["name"] or told["customer"]["id"])
    parts = [f"<h2>{escape(title.replace('_', ' ').capitalize())}</h2>{_part(value)}" for title, value in told.items()]
    head = f'<!doctype html><html lang="en" dir="auto"><meta charset="utf-8"><title>{name}</title>{_STYLE}'
    return f"{head}<h1>{name}</h1>{''.join(parts)}</html>"


def _part(value: Any) -> str:
    if isinstance(value, dict):
        rows = "".join(f"<tr><th>{escape(str(key))}</th><td>{_part(one)}</td></tr>" for key, one in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list | tuple):
        if value and isinstance(value[0], dict):
            keys = list(value[0])
            head = "".join(f"<th>{escape(key)}</th>" for key in keys)
            rows = "".join(
                "<tr>" + "".join(f"<td>{_part(one.get(key))}</td>" for key in keys) + "</tr>" for one in value
            )
            return f"<table><tr>{head}</tr>{rows}</table>"
        return escape(", ".join(map(str, value)))
    return "" if value is None else escape(str(value))
