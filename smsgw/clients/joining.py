"""Join the parts of a client's long text: each is stored before it is acknowledged, the last one makes the message.

A client with a window of one sends the second part when it has the answer to the first, so an answer cannot wait for
the whole. Part one is answered with the id of the message to be, part n with `id.n`, so that each has a name of its
own and its own receipt. The last part stores the message in its own transaction; what the door refuses then is kept as
a refused message, for the parts before had a yes, and their receipts must come. The same becomes of a text whose
parts did not all come in time.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from ..access.smpp_clients import Terms
from ..errors import QueueFull, SmsgwError, StoreError
from ..link import Alphabet, Concatenation
from ..listener import Address, Guest, Octets, Submission, Submitted, Wants
from ..outbound.submit import Door, Ready
from ..store import history
from ..store.ids import new_id
from ..store.lifecycle import MESSAGE, WAITING
from ..store.tables import message, part, submitted_part
from . import asking
from .asking import Caller

log = logging.getLogger(__name__)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """What a client submitted, when. It may be a part, be for several recipients, or replace what waits."""

    caller: Caller
    asked: Submission
    at: datetime


class Joining:
    """The steps about parts, and about what is not simply one text to one number."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._waiting = 0  # parts that wait, as last counted and with what came since

    def take(self, conn: Connection, batch: list[Given]) -> list[Submitted | Exception]:
        """Writer step: store a part, or the whole that it completes."""
        results: list[Submitted | Exception] = []
        for given in batch:
            try:
                results.append(self._part(conn, given) if _is_part(given.asked) else self._one(conn, given))
            except SmsgwError as problem:
                results.append(problem)
        return results

    def _one(self, conn: Connection, given: Given) -> Submitted:
        if given.asked.replaces:
            _take_back(conn, given, self._door)
        octets = Octets(given.asked.alphabet, given.asked.user_data, given.asked.udh)
        return self._store(conn, given, [octets], new_id("msg", given.at), None)

    def _part(self, conn: Connection, given: Given) -> Submitted:
        place = given.asked.concatenation
        assert place is not None
        octets = Octets(given.asked.alphabet, given.asked.user_data, given.asked.udh)
        self._check(given, octets)
        series = _series(given)
        before = _parts(conn, series)
        twin = next((row for row in before if row["position"] == place.position), None)
        if twin is not None and (twin["user_data"], twin["alphabet"]) == (octets.user_data, octets.alphabet.value):
            return Submitted(part_id(twin["message_id"], place.position), again=True)  # it is said again
        if twin is not None:  # the same place with other words: another text took the reference
            self._end(conn, before, "another long text took its reference before all its parts had come", given.at)
            before = []
        id = before[0]["message_id"] if before else new_id("msg", given.at)
        row = _row(given, series, place, id)
        if len(before) + 1 < place.of:
            if self._waiting >= self._door.terms.queue_bound:
                says = f"{self._waiting} parts of long texts wait for others, which is the bound"
                raise QueueFull(says, retry_after=30)
            self._waiting += 1
            conn.execute(insert(submitted_part).values(row))
            return Submitted(part_id(id, place.position))
        return self._complete(conn, given, [*before, row], row)

    def _check(self, given: Given, octets: Octets) -> None:
        """A wrong number, or a sender that is not allowed, is told at the first part, if there is no other number."""
        problems: list[SmsgwError] = []
        for to in given.asked.to:
            try:
                asking.whole(self._door, given.caller, given.asked, to, [octets], given.at)
                return
            except SmsgwError as problem:
                problems.append(problem)
        raise problems[0]

    def _complete(self, conn: Connection, given: Given, rows: list[Row], last: Row) -> Submitted:
        """All parts are there: make the message, or keep the refusal for the parts that had a yes."""
        rows = sorted(rows, key=lambda row: int(row["position"]))
        try:
            whole = self._store(conn, given, _octets(rows), last["message_id"], rows)
        except (QueueFull, StoreError):
            raise  # only for now: the last part was not taken, and the client sends it again
        except SmsgwError as refusal:
            before = [row for row in rows if row is not last]
            self._end(conn, before, f"the whole text was refused: {refusal}", given.at)
            raise
        conn.execute(update(submitted_part).where(submitted_part.c.series == last["series"]).values(joined_at=given.at))
        conn.execute(insert(submitted_part).values({**last, "joined_at": given.at}))
        return Submitted(part_id(last["message_id"], last["position"]), whole.refused)

    def _store(
        self, conn: Connection, given: Given, pieces: Sequence[Octets], id: str, rows: Sequence[Row] | None
    ) -> Submitted:
        """Hand the whole to the door, for each recipient. Raises what the door says when it takes it for nobody."""
        names = None if rows is None else _names(rows)
        asked = given.asked if rows is None else replace(given.asked, wants=_all_wants(rows))
        ready: list[Ready] = []
        refused: list[tuple[int, Exception]] = []
        places: list[int] = []
        for place, to in enumerate(asked.to):
            own = names if names is not None or not ready else [id]
            try:
                made = asking.whole(self._door, given.caller, asked, to, pieces, given.at, own)
            except SmsgwError as problem:
                refused.append((place, problem))
                continue
            ready.append(made if ready else asking.named(made, id))
            places.append(place)
        for place, result in zip(places, self._door.store(conn, ready), strict=True):
            if isinstance(result, Exception):
                refused.append((place, result))
        if len(refused) == len(asked.to):
            raise refused[0][1]
        return Submitted(id, tuple(sorted(refused, key=lambda each: each[0])))

    def give_up(self, conn: Connection, batch: list[tuple[datetime, datetime]]) -> list[int]:
        """Writer step, for (older, now): refuse texts whose newest part is older and that miss parts; how many.

        Parts that were joined before `older` are forgotten.
        """
        c = submitted_part.c
        counts: list[int] = []
        for older, now in batch:
            series: dict[str, list[Row]] = {}
            for row in conn.execute(select(submitted_part).where(c.joined_at.is_(None))).mappings():
                series.setdefault(row["series"], []).append(dict(row))
            self._waiting = sum(map(len, series.values()))
            ripe = [rows for rows in series.values() if max(row["received_at"] for row in rows) <= older]
            for rows in ripe:
                missing = rows[0]["of"] - len(rows)
                self._end(conn, rows, f"{missing} of {rows[0]['of']} parts never came", now)
            conn.execute(delete(submitted_part).where(c.joined_at <= older))
            counts.append(len(ripe))
        return counts

    def _end(self, conn: Connection, rows: list[Row], why: str, now: datetime) -> None:
        """Parts that had a yes and become no message: keep them as a refused one, so that their receipts come."""
        waiting = sorted((row for row in rows if row["joined_at"] is None), key=lambda row: int(row["position"]))
        if rows:
            conn.execute(delete(submitted_part).where(submitted_part.c.series == rows[0]["series"]))
        if not waiting:
            return
        given = _given(waiting[0], now)
        asked = replace(given.asked, wants=_all_wants(waiting))
        births: list[history.Birth] = []
        pieces: list[dict[str, Any]] = []
        for to in asked.to:
            try:
                ready = asking.whole(self._door, given.caller, asked, to, _octets(waiting), now, _names(waiting))
            except SmsgwError as problem:
                log.warning("parts of %s are dropped: %s; %s", given.caller.guest.name, why, problem)
                continue
            ready = ready if births else asking.named(ready, waiting[0]["message_id"])
            row = {**ready.row, "link": None, "final_at": now}
            births.append(history.Birth(row, [("accept", f"asked by {given.caller.guest.id}"), ("refuse", why)]))
            pieces += ready.parts
        history.begin(conn, MESSAGE, births, by="door", now=now)
        if pieces:
            conn.execute(insert(part), pieces)


def part_id(message_id: str, position: int) -> str:
    """The name under which a client knows part `position` of a message."""
    return message_id if position == 1 else f"{message_id}.{position}"


def _is_part(asked: Submission) -> bool:
    return asked.concatenation is not None and asked.concatenation.of > 1


def _series(given: Given) -> str:
    """What the parts of one text have in common, as 32 hexadecimal digits."""
    asked, place = given.asked, given.asked.concatenation
    assert place is not None
    sender = asked.sender.written if asked.sender else ""
    words = [given.caller.guest.id, sender, *(to.written for to in asked.to)]
    return blake2b(f"{place.reference} {place.wide} {place.of} {words}".encode(), digest_size=16).hexdigest()


def _parts(conn: Connection, series: str) -> list[Row]:
    query = select(submitted_part).where(submitted_part.c.series == series).order_by(submitted_part.c.position)
    return [dict(row) for row in conn.execute(query).mappings()]


def _row(given: Given, series: str, place: Concatenation, id: str) -> Row:
    guest = given.caller.guest
    return {
        "series": series,
        "position": place.position,
        "of": place.of,
        "client": guest.id,
        "message_id": id,
        "alphabet": given.asked.alphabet.value,
        "user_data": given.asked.user_data,
        "udh": given.asked.udh,
        "asked": _written(given),
        "received_at": given.at,
        "joined_at": None,
    }


def _written(given: Given) -> dict[str, Any]:
    """Everything but the octets, as JSON: what is needed to refuse the text later, without its client."""
    asked = given.asked
    assert asked.concatenation is not None
    return {
        "to": [[to.written, to.echo] for to in asked.to],
        "from": [asked.sender.written, asked.sender.echo] if asked.sender else None,
        "wants": asdict(asked.wants),
        "service": asked.service,
        "category": given.caller.category,
        "place": asdict(asked.concatenation),
        "guest": [given.caller.guest.name, given.caller.guest.session],
    }


def _given(row: Row, now: datetime) -> Given:
    """The other way round."""
    kept = row["asked"]
    name, session = kept["guest"]
    guest = Guest(row["client"], name, session, sends=True, receives=False)
    asked = Submission(
        to=tuple(Address(*to) for to in kept["to"]),
        sender=Address(*kept["from"]) if kept["from"] else None,
        alphabet=Alphabet(row["alphabet"]),
        user_data=bytes(row["user_data"]),
        udh=bytes(row["udh"]),
        concatenation=Concatenation(**kept["place"]),
        wants=Wants(**kept["wants"]),
        service=kept["service"],
    )
    return Given(Caller(guest, Terms(), kept.get("category")), asked, now)


def _octets(rows: Iterable[Row]) -> list[Octets]:
    return [Octets(Alphabet(row["alphabet"]), bytes(row["user_data"]), bytes(row["udh"])) for row in rows]


def _names(rows: Sequence[Row]) -> list[str]:
    """The names of the parts that asked for a receipt."""
    return [part_id(row["message_id"], row["position"]) for row in rows if any(row["asked"]["wants"].values())]


def _all_wants(rows: Sequence[Row]) -> Wants:
    """What any of the parts asked for."""
    wants = [row["asked"]["wants"] for row in rows]
    return Wants(*(any(each[name] for each in wants) for name in ("success", "failure", "progress")))


def _take_back(conn: Connection, given: Given, door: Door) -> None:
    """replace_if_present: cancel what waits from the same sender to the same numbers (SMPP 3.4 section 5.2.18)."""
    numbers = [asking.spelled(to.written, door.terms.region) for to in given.asked.to]
    written = given.asked.sender.written if given.asked.sender else None
    sender = asking.spelled(written, door.terms.region) if written else None
    guest = given.caller.guest
    for id in waiting_ids(conn, guest.id, numbers, sender):
        step = history.Step(id, "another one took its place", {"final_at": given.at})
        history.move(conn, MESSAGE, "cancel", [step], by=guest.id, now=given.at)


def waiting_ids(conn: Connection, client: str, recipients: Sequence[str], sender: str | None) -> list[str]:
    """The messages of a client that can still be taken back, to these numbers; sender None: from anybody."""
    m = message.c
    query = select(m.id).where(m.recipient.in_(recipients), m.client == client, m.state.in_(WAITING))
    if sender is not None:
        query = query.where(m.sender == sender)
    return list(conn.scalars(query.order_by(m.id)))
