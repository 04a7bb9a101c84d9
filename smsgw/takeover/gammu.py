"""gammu-smsd's tables inbox, sentitems and outbox (schema 17), and those that Kalkun adds to them.

The surprise: a text of several parts is several rows. Sent ones share their ID; of received ones only the header tells
(UDH 050003… or 060804…), so those with the same sender, reference and total are put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo

from .dump import Row
from .found import DELIVERED, FAILED, SENT, UNDELIVERED, Contact, Found, Note, Received, Sent, Stop, moment
from .tables import Tables

STATES = {
    "deliveryok": DELIVERED, "sendingok": SENT, "sendingoknoreport": SENT, "deliverypending": SENT,
    "deliveryunknown": SENT, "deliveryfailed": UNDELIVERED, "sendingerror": FAILED, "error": FAILED,
}  # fmt: skip
_WORST = (FAILED, UNDELIVERED, SENT, DELIVERED)  # of a text in parts the worst part tells
Piece = tuple[str, Row]


def gammu(tables: Tables, zone: tzinfo) -> Iterator[Found]:
    """Everything that gammu-smsd remembers. zone: its clock's."""
    yield from _sent(tables, zone, {})
    yield from _received(tables, zone, {})
    yield from _waiting(tables)
    yield from _people(tables)


def kalkun(tables: Tables, zone: tzinfo) -> Iterator[Found]:
    """The same with Kalkun's folders, phone book, groups and stops."""
    folders = {str(row.get("id_folder")): str(row.get("name")) for _, row in _rows(tables, "user_folders")}
    yield from _sent(tables, zone, folders)
    yield from _received(tables, zone, folders)
    yield from _waiting(tables)
    yield from _people(tables)
    yield from _stops(tables)
    for table, what in (("user_templates", "templates"), ("user", "users"), ("user_filters", "filters")):
        if count := sum(1 for _ in _rows(tables, table)):
            yield Note(table, f"{count} {what}: not taken over; make them here by hand")
    if count := sum(1 for _ in _rows(tables, "plugin_blacklist_number")):
        yield Note("plugin_blacklist_number", f"{count} numbers whose texts Kalkun threw away: here everybody is heard")


def _rows(tables: Tables, table: str) -> Iterable[Piece]:
    return tables.rows(table) if table in tables.names else ()


def _folder(row: Row, folders: Mapping[str, str]) -> str:
    return folders.get(str(row.get("id_folder")), "") if folders else ""


def _sent(tables: Tables, zone: tzinfo, folders: Mapping[str, str]) -> Iterator[Found]:
    together: dict[str, list[Piece]] = {}
    for where, row in _rows(tables, "sentitems"):
        together.setdefault(str(row.get("id")), []).append((where, row))
    for id, pieces in together.items():
        pieces.sort(key=lambda one: int(one[1].get("sequenceposition") or 1))
        where, first = pieces[0]
        at = moment(first.get("sendingdatetime"), zone)
        states = {str(row.get("status")).lower() for _, row in pieces}
        odd = states - set(STATES)
        if at is None or odd:
            yield Note(where, f"sentitems {id}: {'no time that we can read' if at is None else f'the state {odd}'}")
            continue
        text = "".join(str(row.get("textdecoded") or "") for _, row in pieces)
        if not text and any(row.get("text") for _, row in pieces):
            yield Note(where, f"sentitems {id}: data, not a text: only texts are taken over")
            continue
        state = min((STATES[one] for one in states), key=_WORST.index)
        yield Sent(
            where=where,
            ref=f"sentitems:{id}",
            to=str(first.get("destinationnumber") or ""),
            text=text,
            at=at,
            state=state,
            said=", ".join(sorted(str(row.get("status")) for _, row in pieces)),
            link=str(first.get("senderid") or ""),
            final_at=moment(first.get("deliverydatetime"), zone) if state in (DELIVERED, UNDELIVERED) else None,
            folder=_folder(first, folders),
        )


def _received(tables: Tables, zone: tzinfo, folders: Mapping[str, str]) -> Iterator[Found]:
    open_: dict[tuple[str, str], dict[int, Piece]] = {}
    for where, row in _rows(tables, "inbox"):
        place = _place(str(row.get("udh") or ""))
        if place is None:
            yield _whole([(where, row)], zone, folders)
            continue
        reference, of, number = place
        key = (str(row.get("sendernumber")), reference)
        if number in open_.get(key, {}):  # the counter came round: that text stays as it is
            yield _whole(_ordered(open_.pop(key)), zone, folders)
        pieces = open_.setdefault(key, {})
        pieces[number] = (where, row)
        if len(pieces) == of:
            yield _whole(_ordered(open_.pop(key)), zone, folders)
    for pieces in open_.values():
        yield Note(_ordered(pieces)[0][0], "a text of which parts are missing: taken over without them")
        yield _whole(_ordered(pieces), zone, folders)


def _ordered(pieces: Mapping[int, Piece]) -> list[Piece]:
    return [pieces[number] for number in sorted(pieces)]


def _place(udh: str) -> tuple[str, int, int] | None:
    """Reference with total, total and number of a part (3GPP TS 23.040 sections 9.2.3.24.1 and .8)."""
    udh = udh.strip().upper()
    if udh.startswith("050003") and len(udh) >= 12:
        digits = udh[6:8], udh[8:10], udh[10:12]
    elif udh.startswith("060804") and len(udh) >= 14:
        digits = udh[6:10], udh[10:12], udh[12:14]
    else:
        return None
    try:
        of, number = int(digits[1], 16), int(digits[2], 16)
    except ValueError:
        return None
    return (f"{digits[0]}/{of}", of, number) if 1 <= number <= of else None


def _whole(pieces: list[Piece], zone: tzinfo, folders: Mapping[str, str]) -> Found:
    where, first = pieces[0]
    at = moment(first.get("receivingdatetime"), zone)
    text = "".join(str(row.get("textdecoded") or "") for _, row in pieces)
    if at is None:
        return Note(where, f"inbox {first.get('id')}: no time that we can read")
    if not text and first.get("text"):
        return Note(where, f"inbox {first.get('id')}: data, not a text: only texts are taken over")
    return Received(
        where=where,
        ref=f"inbox:{first.get('id')}",
        sender=str(first.get("sendernumber") or ""),
        text=text,
        at=at,
        link=str(first.get("recipientid") or ""),
        folder=_folder(first, folders),
    )


def _waiting(tables: Tables) -> Iterator[Found]:
    for where, row in _rows(tables, "outbox"):
        to = row.get("destinationnumber")
        yield Note(
            where, f"outbox {row.get('id')} to {to}: still waits to be sent there; nothing that waits is taken over"
        )


def _people(tables: Tables) -> Iterator[Found]:
    names = {str(row.get("id")): str(row.get("name")) for _, row in _rows(tables, "pbk_groups")}
    more: dict[str, list[str]] = {}
    for _, row in _rows(tables, "user_group"):
        more.setdefault(str(row.get("id_pbk")), []).append(str(row.get("id_pbk_groups")))
    for where, row in _rows(tables, "pbk"):
        wanted = [str(row.get("groupid")), *more.get(str(row.get("id_pbk") or row.get("id")), ())]
        groups = tuple(dict.fromkeys(names[one] for one in wanted if one in names))
        yield Contact(where, str(row.get("name") or ""), str(row.get("number") or ""), groups=groups)


def _stops(tables: Tables) -> Iterator[Found]:
    for where, row in _rows(tables, "plugin_stop_manager"):
        kind, words = row.get("stop_type") or "", row.get("stop_message") or ""
        why = f"STOP {kind} in Kalkun on {row.get('reg_date')}: {words}".strip(": ")[:200]
        yield Stop(where, str(row.get("destination_number") or ""), why, "marketing")
