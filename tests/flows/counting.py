"""Count after a siege what became of every message, and say in sentences what is wrong.

Three witnesses that know nothing of each other are compared: what callers were told (the book), what the network saw
(the wire), and what the store says (messages and their history).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from smsgw.store.happenings import HAPPENINGS
from smsgw.store.lifecycle import LIVES, MESSAGE
from smsgw.store.tables import history, inbound, message
from tests.flows.killing import Book, Siege
from tests.flows.running import until
from tests.flows.wires import OnWire, Typed, Wire

OPEN = ("accepted", "held", "queued", "sending", "sent")
Lines = dict[str, list[Any]]


@dataclass(frozen=True)
class Stored:
    """What the store says, read once: messages by id, lines of history by record, and texts that came in."""

    messages: dict[str, Any]
    lines: Lines
    texts: list[Any]

    @classmethod
    def read(cls, conn: Connection) -> Stored:
        """Look at everything."""
        lines: Lines = defaultdict(list)
        for line in conn.execute(select(history).order_by(history.c.id)):
            lines[line.record_id].append(line)
        messages = {row.id: row for row in conn.execute(select(message))}
        return cls(messages, lines, list(conn.execute(select(inbound))))

    def story(self, id: str) -> str:
        """A message with all that happened to it, for whoever must find out."""
        row = self.messages.get(id)
        head = (
            f"{id} is not in the store" if row is None else f"{id} to {row.recipient} is {row.state} ({row.on_unsure})"
        )
        told = [f"    {line.at:%H:%M:%S.%f} {line.was} -{line.event}-> {line.now} by {line.by}: {line.why}"
                for line in self.lines[id]]  # fmt: skip
        return "\n".join([head, *told])


def not_kept(book: Book, wire: Wire, conn: Connection) -> list[str]:
    """Right after a kill: promises that are not in the store. A promise is an answer, or an acknowledgement."""
    stored = set(conn.scalars(select(message.c.id)))
    promised = {id for ids in book.told.values() for id in ids}
    found = [f"{id} was answered with yes and is not in the store" for id in sorted(promised - stored)]
    return found + [
        f"{name} was acknowledged to the network and is not in the store"
        for name in sorted(map(str, wire.acknowledged() - wire.kept(conn)))
    ]


def states(conn: Connection) -> dict[str, int]:
    """How many messages are in each state."""
    rows = conn.execute(select(message.c.state, func.count()).group_by(message.c.state))
    return {row[0]: row[1] for row in rows}


def busy(conn: Connection) -> dict[str, int]:
    """How many messages have not come to an end yet, by state; what is unsure and held for a person is none of them."""
    m = message.c
    waits = m.state.in_(OPEN) | ((m.state == "unsure") & (m.on_unsure != "hold"))
    rows = conn.execute(select(m.state, func.count()).where(waits).group_by(m.state))
    return {row[0]: row[1] for row in rows}


def quiet(siege: Siege, patience: float) -> Stored:
    """Start a last time, answer everybody, and `rest`."""
    siege.starts.append(siege.gateway.start())
    siege.ask_again()
    return rest(siege, patience)


def rest(siege: Siege, patience: float, stops_within: float = 60.0) -> Stored:
    """Let everything come to its end within `patience` seconds, stop, and read what there is."""
    gateway, wire = siege.gateway, siege.wire

    def at_rest() -> bool:
        with gateway.looking() as conn:
            if busy(conn):
                return False
        return wire.finished() and all(text.told for text in wire.typed())

    until(at_rest, patience, "what was sent did not come to its end", every=0.5)
    status, seconds = gateway.terminate(stops_within + 10)
    assert (status, seconds < stops_within) == (0, True), f"it stopped with {status} after {seconds:.1f} s"
    with gateway.looking() as conn:
        return Stored.read(conn)


def faults(book: Book, wire: Wire, stored: Stored) -> list[str]:
    """Everything that is wrong when all is quiet."""
    return [
        *book.strange,
        *_of_answers(book, stored),
        *_of_ends(stored),
        *_of_the_wire(book, wire.taken(), stored),
        *_of_history(stored),
        *_of_texts(wire.typed(), stored.texts),
    ]


def _of_answers(book: Book, stored: Stored) -> Iterator[str]:
    """Every message that was asked for is there once, under the id that its caller was told, as it was asked for."""
    for ref, wanted in book.wanted.items():
        ids = book.told.get(ref, set())
        if len(ids) != 1:
            yield f"{ref} was answered with {len(ids)} ids: {sorted(ids)}"
        for id in ids:
            row = stored.messages.get(id)
            if row is None:
                yield f"lost: {ref} was answered with yes; {stored.story(id)}"
            elif (row.recipient, row.text, row.client_ref) != (wanted.to, wanted.text, ref):
                yield f"{id} is another message than {ref}"
    if len(stored.messages) > len(book.wanted):
        yield f"{len(stored.messages)} messages are stored, {len(book.wanted)} were asked for"


def _of_ends(stored: Stored) -> Iterator[str]:
    """Every message was delivered; or it was unsure, and its own policy kept it from being sent again."""
    for id, row in stored.messages.items():
        once_unsure = any(line.event == "lose" for line in stored.lines[id])
        explained = {"hold": "unsure", "fail": "failed"}.get(row.on_unsure) == row.state and once_unsure
        if row.state != "delivered" and not explained:
            yield f"not explained: {stored.story(id)}"
        by_policy = {line.event for line in stored.lines[id] if line.by == "policy"}
        if by_policy - {{"resend": "put_back", "fail": "give_up"}.get(row.on_unsure)}:
            yield f"not what its policy says: {stored.story(id)}"


def _of_the_wire(book: Book, taken: list[OnWire], stored: Stored) -> Iterator[str]:
    """Every part went out as often as policy sent it, and with the right words."""
    numbers = {row.recipient: id for id, row in stored.messages.items()}
    texts = {wanted.to: wanted.text for wanted in book.wanted.values()}
    times = Counter((part.to, part.position) for part in taken)
    said: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for part in taken:
        said[part.to][part.position].add(part.text)
    for (to, position), count in times.items():
        again = sum(resent(stored.lines[numbers.get(to, "")]))
        if count > 1 + again:
            story = stored.story(numbers.get(to, to))
            yield f"part {position} went out {count} times, and policy sent it again {again} times: {story}"
    for to, id in numbers.items():
        row, parts = stored.messages[id], said[to]
        if row.state == "delivered" and sorted(parts) != list(range(1, row.parts + 1)):
            yield f"only the parts {sorted(parts)} of {row.parts} were ever on the wire: {stored.story(id)}"
        if len(parts) == row.parts and ["".join(map("".join, (parts[n] for n in sorted(parts))))] != [texts.get(to)]:
            yield f"the words on the wire are not those that were asked for: {stored.story(id)}"


def resent(lines: Iterable[Any]) -> Iterator[bool]:
    """For each line: whether it sends a message again that was unsure, because its policy says so."""
    return (line.event == "put_back" and line.was == "unsure" and line.by == "policy" for line in lines)


def _of_history(stored: Stored) -> Iterator[str]:
    """Every record's lines make one chain of allowed moves that ends in its state, and no final state is left."""
    lives = {life.record: life for life in LIVES}
    states = {**stored.messages, **{text.id: text for text in stored.texts}}
    for id, lines in stored.lines.items():
        before = None
        for line in lines:
            if line.record in HAPPENINGS:  # it has no life: what happened is told, from nothing to nothing
                continue
            life = lives[line.record]
            wrong = line.was != before or before in life.final
            if line.was is not None and line.was != line.now and life.after(line.event, line.was) != line.now:
                wrong = True
            if line.was == "sent" and line.now not in MESSAGE.final:
                wrong = True  # allowed for a reroute by policy, of which there is none here
            if wrong:
                yield f"history goes {line.was} -{line.event}-> {line.now} after {before}: {stored.story(id)}"
            before = line.now
        if id in states and states[id].state != before:
            yield f"history ends in {before}: {stored.story(id)}"
    for id in states.keys() - stored.lines.keys():
        yield f"{id} has no history"


def _of_texts(typed: list[Typed], texts: list[Any]) -> Iterator[str]:
    """Every text that a phone sent was acknowledged in the end, and is stored once, letter by letter."""
    stored = Counter((row.sender, row.text) for row in texts if not row.missing)
    for text in typed:
        if not text.told:
            yield f"{text.sender}'s {text.text[:40]!r} was never acknowledged"
        if stored[text.sender, text.text] != 1:
            yield f"{text.sender}'s {text.text[:40]!r} is stored {stored[text.sender, text.text]} times"
    if len(texts) != len(typed):
        yield f"{len(texts)} texts are stored, phones sent {len(typed)}"


def figures(siege: Siege, stored: Stored) -> str:
    """What a siege did, in one line."""
    lost = sum(line.event == "lose" for lines in stored.lines.values() for line in lines)
    again = sum(sum(resent(lines)) for lines in stored.lines.values())
    taken = Counter((part.to, part.position) for part in siege.wire.taken())
    twice = sum(count - 1 for count in taken.values())
    ends = ", ".join(
        f"{count} {state}" for state, count in sorted(Counter(m.state for m in stored.messages.values()).items())
    )
    return (
        f"{siege.kills} kills, slowest start {max(siege.starts):.2f} s; {len(stored.messages)} messages in "
        f"{len(taken)} parts: {ends}; {lost} times unsure, {again} times resent by policy, {twice} parts more than "
        f"once on the wire; {len(stored.texts)} texts came in"
    )
