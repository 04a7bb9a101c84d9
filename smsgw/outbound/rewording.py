"""Put another text into a message: the steps in the store. Where a network has it already, `replacing` asks that.

The new text passes the gate as any, is cut and priced anew while the message is ours alone, and stands in the coding of
the first one where a network has it. What the message said before is kept with it: see `store.said_before`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from ..errors import BadInput, Conflict, Fault, NotFound, RefusedByPolicy
from ..link import Alphabet, WirePart
from ..store import history, said_before
from ..store.lifecycle import MESSAGE, WAITING
from ..store.outcomes import attempt
from ..store.said_before import Words
from ..store.tables import message, message_content, part
from ..store.tables.types import AnyRow
from ..text import parts
from .cutting import carries, cut, encoding, is_data, part_rows, wrong_contents
from .gate import gate
from .gate.terms import MARKETING
from .moving import no_link
from .spending import keep
from .standing import Served
from .submit import Door
from .wire import wire_part

KEPT, LEFT = "keep_text", "doubt_text"  # events: the network would not, and nobody knows whether it did


@dataclass(frozen=True, slots=True)
class Replacement:
    """A wish to put another text in the place of a message's, by whom, and when.

    client: only if the message is of this caller. send_at, valid_until: other times, where it waits still.
    marks: what is put into its metadata besides, made of what is there.
    """

    id: str
    text: str
    by: str
    at: datetime
    client: str | None = None
    send_at: datetime | None = None
    valid_until: datetime | None = None
    marks: Callable[[Mapping[str, Any]], Mapping[str, Any]] = field(default=lambda there: {})


@dataclass(frozen=True, slots=True)
class Put:
    """What a network is to put in the place of the part that it calls `reference`."""

    wish: Replacement
    reference: str
    part: WirePart


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it: `problem` is None when the network did so; sure: whether it is known that it did not."""

    put: Put
    at: datetime
    problem: str | None = None
    sure: bool = True


class Rewording:
    """The steps; they cut, price and ask the gate as the door does."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def waiting(self, conn: Connection, batch: list[Replacement]) -> list[Exception | None]:
        """Writer step: put other texts into messages that wait.

        For each None, or NotFound, BadInput, RefusedByPolicy, Conflict: no text, being sent or sent, or final.
        """
        return [attempt(self._waiting, conn, wish) for wish in batch]

    def ask(self, conn: Connection, batch: list[Replacement]) -> list[Put | Exception]:
        """Writer step: write down, before a network is asked, what it will be asked to put into messages that are sent.

        For each what it is to be given, or an error as of `waiting`.
        """
        return [attempt(self._ask, conn, wish) for wish in batch]

    def answered(self, conn: Connection, batch: list[Answered]) -> list[Exception | None]:
        """Writer step: write down what networks made of it. Conflict where one did it too late to be of use."""
        return [self._answered(conn, one) for one in batch]

    def _waiting(self, conn: Connection, wish: Replacement) -> None:
        row = _found(conn, wish)
        if row.state not in WAITING or started(conn, row.id):
            raise too_late(row)
        if wish.text == row.text and wish.send_at is None and wish.valid_until is None:
            return  # it was asked before, and the answer was lost
        values, pieces = self._cut(row, wish)
        verdict = self._weighed(conn, row, {**row._mapping, **values}, wish)
        later = verdict.until if isinstance(verdict, gate.Hold) else None
        if row.state == "held" and later is not None:
            values["due_at"] = max(later, values.get("due_at", row.due_at))
        self._write(conn, row, wish, values)
        conn.execute(delete(part).where(part.c.message_id == row.id))
        conn.execute(insert(part), part_rows(row.id, pieces))
        _note(conn, wish, "replace", f"its text was replaced by {wish.by} before it left")
        if row.state != "held" and isinstance(verdict, gate.Hold):
            step = history.Step(row.id, verdict.says, {"due_at": later})
            history.move(conn, MESSAGE, "hold", [step], by="gate", now=wish.at)

    def _cut(self, row: AnyRow, wish: Replacement) -> tuple[dict[str, Any], list[parts.Piece]]:
        """The columns that change, and the parts for the link that it waits for."""
        network = self._door.network
        values: dict[str, Any] = {}
        served = network.links.get(row.link)
        if served is None:
            choice = network.choose(row.recipient, row.wanted_link, now=wish.at)
            if choice is None:
                raise RefusedByPolicy([Fault("/to", "no_route", no_link(row.recipient))])
            served, values = choice.link, {"link": choice.link.name, "trace": choice.trace}
        most = min(max(self._door.terms.max_parts, row.parts), parts.MAX_PARTS)
        pieces = cut(wish.text, None, None, served.abilities, self._door.next_reference(), most)
        count = parts.count(pieces)
        if count > row.parts:
            network.plans.promise(served.name, row.recipient, count - row.parts)
        price, currency = network.estimate(served.name, row.recipient, count, wish.at)
        values |= {"encoding": encoding(pieces), "parts": count, "price": price, "currency": currency}
        return values | {"text": wish.text} | _times(row, wish, served), pieces

    def _weighed(self, conn: Connection, row: AnyRow, new: Mapping[str, Any], wish: Replacement) -> gate.Verdict | None:
        """What the gate says of the message with its new text; the money for it is kept. Raises RefusedByPolicy."""
        send_at = new["due_at"] if row.state == "held" or wish.send_at is not None else wish.at
        terms = self._door.terms
        [verdict] = gate.check(conn, [gate.candidate_of(new, send_at, True)], terms.rules, wish.at)
        if not isinstance(verdict, gate.Refuse):
            [verdict] = keep(conn, terms.budgets, [new], [verdict], wish.at)
            if isinstance(verdict, gate.Refuse):  # what was kept for the first text was given back
                keep(conn, terms.budgets, [row._asdict()], [None], wish.at)
        if isinstance(verdict, gate.Refuse):
            raise gate.refused(verdict)
        return verdict

    def _ask(self, conn: Connection, wish: Replacement) -> Put:
        row = _found(conn, wish)
        if row.state != "sent":
            raise too_late(row)
        if wish.send_at is not None or wish.valid_until is not None:
            raise cannot("the network has it, and only its text can still be another: its times stay")
        [piece, *more] = conn.execute(select(part).where(part.c.message_id == row.id)).all()
        if why := _stands(row, piece, len(more), self._door.network.links.get(row.link)):
            raise cannot(why)
        lacks = self._door.network.links[row.link].abilities.lacks
        old = parts.Piece(Alphabet(piece.alphabet), piece.user_data, piece.udh)
        new = _at_text(lambda: parts.alike(wish.text, old, lacks))
        self._still_allowed(conn, {**row._mapping, "text": wish.text}, wish.at)
        asked = [*said_before.asked(row.metadata), Words(wish.text, wish.by, wish.at)]
        metadata = said_before.written(row.metadata, said_before.before(row.metadata), asked)
        conn.execute(update(message).where(message.c.id == row.id).values(metadata=metadata))
        says = f"{wish.by} asked the network for another text in its place: until it says yes, either may come"
        _note(conn, wish, "ask_replace", says)
        written = {"position": piece.position, "alphabet": piece.alphabet, "user_data": new.user_data, "udh": piece.udh}
        return Put(wish, piece.reference, wire_part(row._asdict(), written, wish.at))

    def _still_allowed(self, conn: Connection, new: Mapping[str, Any], now: datetime) -> None:
        """Raises RefusedByPolicy where the gate would refuse the new text. What it would hold cannot be held any more,
        and neither its campaign nor its hours decide: the message goes in any case, with this text or with the first.
        """
        candidate = replace(gate.candidate_of(new, now, True), campaign_id=None, valid_until=None)
        [verdict] = gate.check(conn, [candidate], self._door.terms.rules, now)
        if isinstance(verdict, gate.Refuse):
            raise gate.refused(verdict)

    def _answered(self, conn: Connection, one: Answered) -> Exception | None:
        wish = one.put.wish
        row = conn.execute(select(message).where(message.c.id == wish.id).with_for_update()).first()
        if row is None:  # it was forgotten meanwhile
            return None
        asked = said_before.asked(row.metadata)
        mine = Words(wish.text, wish.by, wish.at)
        if one.problem is not None:
            if one.sure:
                left = [words for words in asked if words != mine]
                metadata = said_before.written(row.metadata, said_before.before(row.metadata), left)
                conn.execute(update(message).where(message.c.id == row.id).values(metadata=metadata))
            says = f"nobody knows which text the network has now: {one.problem}"
            if one.sure:
                says = f"the network did not replace its text: {one.problem}"
            _note(conn, wish, KEPT if one.sure else LEFT, says, one.at)
            return None
        this = part.c.message_id == row.id, part.c.reference == one.put.reference
        its = update(part).where(*this).values(user_data=one.put.part.user_data)
        if mine not in asked or not conn.execute(its).rowcount:  # its words were forgotten, or it was cut anew
            says = "the network has the other text now, but the message went another way meanwhile"
            _note(conn, wish, LEFT, says, one.at)
            return Conflict(says, code="replace_unsure", hint="look at the message before you ask again")
        self._write(conn, row, wish, {"text": wish.text})
        _note(conn, wish, "replace", f"its text was replaced by {wish.by}: the network has the other one now", one.at)
        return None

    def _write(self, conn: Connection, row: AnyRow, wish: Replacement, values: Mapping[str, Any]) -> None:
        """Change the row, and keep what it said before."""
        texts = said_before.before(row.metadata)
        if wish.text != row.text:
            texts.append(Words(row.text, wish.by, wish.at))
        there = row.metadata or {}
        metadata = said_before.written({**there, **wish.marks(there)}, texts, ())
        conn.execute(update(message).where(message.c.id == row.id).values(**values, metadata=metadata))


def _found(conn: Connection, wish: Replacement) -> AnyRow:
    """The message, locked. Raises NotFound; Conflict for what is no text; BadInput for an empty new one."""
    row = conn.execute(select(message).where(message.c.id == wish.id).with_for_update()).first()
    if row is None or wish.client not in (None, row.client):
        raise NotFound(f"there is no message {wish.id}")
    if faults := wrong_contents(wish.text, None, None):
        raise BadInput(faults)
    carried = conn.scalar(select(message_content.c.message_id).where(message_content.c.message_id == row.id))
    if row.state not in MESSAGE.final and not of_text(row, carried is not None):
        raise cannot("it is no text, or carries more than one")
    return row


def of_text(row: AnyRow, carries_more: bool) -> bool:
    """Whether a message is a text and nothing else. carries_more: it has pictures or files, or a page with some."""
    return bool(row.text) and not (carries_more or is_data(row.encoding) or carries(row.encoding))


def started(conn: Connection, id: str) -> bool:
    """Whether a part may be in the air: it was written, and its network did not say that it was not taken."""
    begun = part.c.written_at.is_not(None) & (func.coalesce(part.c.answer, "") != "put_back")
    return conn.scalar(select(part.c.position).where(part.c.message_id == id, begun).limit(1)) is not None


def _stands(row: AnyRow, piece: AnyRow, more: int, link: Served | None) -> str | None:
    """Why the only part of a message that is sent cannot be another one; None where it can."""
    if more or row.parts > 1:
        return f"it has {row.parts} parts, and a network replaces one text of one part by another (replace_sm)"
    if piece.outcome is not None or piece.reference is None:
        return "its part has come to its end already"
    if link is None or "replace" not in link.abilities.optional:
        return f"the network of {row.link} replaces nothing"
    if piece.alphabet == Alphabet.GSM7 and link.abilities.lacks.intersection(row.text):
        return "its first text was written for another link, in a coding of its own"
    return None


def possible(row: AnyRow, pieces: list[AnyRow], carries_more: bool, link: Served | None) -> bool:
    """Whether a message could still say something else, as far as is known before anybody is asked."""
    if not of_text(row, carries_more) or not pieces:
        return False
    if row.state in WAITING:
        return all(piece.written_at is None or piece.answer == "put_back" for piece in pieces)
    return row.state == "sent" and _stands(row, pieces[0], len(pieces) - 1, link) is None


def _times(row: AnyRow, wish: Replacement, link: Served) -> dict[str, Any]:
    """The columns of the times that the wish names. Raises BadInput."""
    if wish.send_at is None and wish.valid_until is None:
        return {}
    send_at = max(wish.send_at or row.deliver_at or row.due_at, wish.at)
    until = wish.valid_until or row.valid_until
    if until <= send_at:
        says = "its validity is over before it can be sent: send it earlier, or let it be valid for longer"
        raise BadInput([Fault("/expires_in", "validity_over", says)])
    if wish.send_at is None:
        return {"valid_until": until}
    kept = "schedule" in link.abilities.optional and row.purpose != MARKETING and send_at > wish.at
    return {"due_at": wish.at if kept else send_at, "deliver_at": send_at if kept else None, "valid_until": until}


def _at_text(made: Callable[[], parts.Piece]) -> parts.Piece:
    try:
        return made()
    except BadInput as wrong:
        raise BadInput([Fault("/text", fault.code, fault.detail) for fault in wrong.faults]) from wrong


def _note(conn: Connection, wish: Replacement, event: str, says: str, at: datetime | None = None) -> None:
    history.note(conn, MESSAGE, event, [history.Step(wish.id, says)], by=wish.by, now=at or wish.at)


def too_late(row: AnyRow) -> Conflict:
    """Why a message cannot say something else in the state that it is in."""
    code = "already_final" if row.state in MESSAGE.final else "already_sending"
    says = f"the message is {row.state}: {MESSAGE.states[row.state]}"
    if row.state in WAITING:
        says = "some of the message may be on its way already"
    return Conflict(says, code=code, hint="what waits can say something else, or what its network has not delivered")


def cannot(why: str, hint: str = "") -> Conflict:
    """The network has the message, and its text cannot be another one."""
    says = f"the text of the message cannot be replaced: {why}"
    return Conflict(says, code="cannot_replace", hint=hint or "take it back, or write once more")
