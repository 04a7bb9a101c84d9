"""playSMS's tables (1.0 to 1.4): incoming and outgoing texts, phone book, groups, stop list. Its times are UTC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import tzinfo

from .dump import Row
from .found import DELIVERED, FAILED, SENT, Contact, Found, Note, Received, Sent, Stop, moment
from .tables import Tables

PREFIX = "playsms_"
STATES = {"1": SENT, "2": FAILED, "3": DELIVERED}
PENDING = "0"


def playsms(tables: Tables, zone: tzinfo) -> Iterator[Found]:
    """Everything that playSMS remembers. zone: of its times, UTC unless somebody changed it."""
    yield from _sent(tables, zone)
    yield from _received(tables, zone)
    yield from _people(tables)
    for where, row in _rows(tables, "featurestoplist"):
        yield Stop(where, str(row.get("mobile") or ""), "on playSMS's stop list")
    for table in sorted(tables.names):
        is_other = table.startswith(f"{PREFIX}feature") and table not in _KNOWN
        if is_other and (count := sum(1 for _ in tables.rows(table))):
            yield Note(table, f"{count} rows of a feature of playSMS that is not taken over")


_KNOWN = {f"{PREFIX}{name}" for name in (
    "featurestoplist", "featurephonebook", "featurephonebook_group", "featurephonebook_group_contacts",
)}  # fmt: skip


def _rows(tables: Tables, table: str) -> Iterable[tuple[str, Row]]:
    name = f"{PREFIX}{table}"
    return tables.rows(name) if name in tables.names else ()


def _sent(tables: Tables, zone: tzinfo) -> Iterator[Found]:
    for where, row in _rows(tables, "tblsmsoutgoing"):
        id, status = row.get("smslog_id") or row.get("id"), str(row.get("p_status"))
        at = moment(row.get("p_datetime"), zone)
        if status == PENDING:
            yield Note(
                where, f"{id} to {row.get('p_dst')}: still waits to be sent there; nothing that waits is taken over"
            )
        elif at is None or status not in STATES:
            yield Note(where, f"outgoing {id}: {'no time that we can read' if at is None else f'the state {status}'}")
        else:
            footer = str(row.get("p_footer") or "")
            yield Sent(
                where=where,
                ref=f"outgoing:{id}",
                to=str(row.get("p_dst") or ""),
                text=f"{row.get('p_msg') or ''} {footer}".rstrip() if footer else str(row.get("p_msg") or ""),
                at=at,
                state=STATES[status],
                said=f"p_status {status}",
                link=str(row.get("p_smsc") or row.get("p_gateway") or ""),
                sender=str(row.get("p_src") or ""),
                final_at=moment(row.get("p_update"), zone),
                folder="deleted" if str(row.get("flag_deleted")) == "1" else "",
            )


def _received(tables: Tables, zone: tzinfo) -> Iterator[Found]:
    for where, row in _rows(tables, "tblsmsincoming"):
        at = moment(row.get("in_datetime"), zone)
        if at is None:
            yield Note(where, f"incoming {row.get('in_id')}: no time that we can read")
            continue
        keyword, text = str(row.get("in_keyword") or ""), str(row.get("in_message") or "")
        whole = f"{keyword} {text}".strip() if keyword and not text.upper().startswith(keyword.upper()) else text
        yield Received(
            where=where,
            ref=f"incoming:{row.get('in_id')}",
            sender=str(row.get("in_sender") or ""),
            text=whole,
            at=at,
            link=str(row.get("in_gateway") or ""),
            to=str(row.get("in_receiver") or ""),
            folder="deleted" if str(row.get("flag_deleted")) == "1" else "",
        )


def _people(tables: Tables) -> Iterator[Found]:
    names = {str(row.get("id")): str(row.get("name")) for _, row in _rows(tables, "featurephonebook_group")}
    members: dict[str, list[str]] = {}
    for _, row in _rows(tables, "featurephonebook_group_contacts"):
        members.setdefault(str(row.get("pid")), []).append(str(row.get("gpid")))
    for where, row in _rows(tables, "featurephonebook"):
        groups = tuple(dict.fromkeys(names[one] for one in members.get(str(row.get("id")), ()) if one in names))
        name, number = str(row.get("name") or ""), str(row.get("mobile") or "")
        yield Contact(where, name, number, str(row.get("email") or ""), groups)
