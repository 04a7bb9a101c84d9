"""What became of everything when all is quiet: accepted, lost, doubled with a mark and without."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.measure import spell
from tests.flows import counting
from tests.flows.counting import Stored

if TYPE_CHECKING:
    from .scene import Scene

HEADINGS = (
    "", "accepted", "put off", "lost", "doubled unmarked", "doubled marked", "unsure", "texts in", "lost",
    "accepts after s", "sends after s",
)  # fmt: skip
STOPS_WITHIN = 60.0  # seconds; how soon it stops is no question here
SHOWN = 10  # sentences about what is wrong


@dataclass
class Tally:
    """The figures of one fault.

    put_off: answers "not now", after which the caller asked again. lost: messages that were accepted and neither came
    to an end nor to the network. marked: parts that went out once more because the policy for what is unsure said so.
    accepts, sends: the longest time until a message was taken, and was with the network, after the fault.
    """

    accepted: int = 0
    put_off: int = 0
    lost: int = 0
    unmarked: int = 0
    marked: int = 0
    unsure: int = 0
    texts: int = 0
    texts_lost: int = 0
    accepts: float | None = None
    sends: float | None = None
    wrong: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        """As `HEADINGS` wants them."""
        counts = (self.accepted, self.put_off, self.lost, self.unmarked, self.marked, self.unsure, self.texts)
        return [*(f"{one:,}" for one in counts), f"{self.texts_lost:,}", spell(self.accepts), spell(self.sends)]


def tally(scene: Scene, patience: float) -> Tally:
    """Suffer the fault, let all come to its end, and count."""
    found = Tally()
    try:
        scene.suffer()
        stored = counting.rest(scene.siege, patience, STOPS_WITHIN)
    except AssertionError as wrong:  # it does not work again, or does not come to its end: the figures say how far
        found.wrong = [str(wrong), *scene.gateway.last_words(10).splitlines()]
        with scene.gateway.looking() as conn:
            stored = Stored.read(conn)
    else:
        found.wrong = counting.faults(scene.siege.book, scene.wire, stored)[:SHOWN]
    count(scene, stored, found)
    return found


def count(scene: Scene, stored: Stored, found: Tally) -> None:
    """Fill the figures in, from what callers were told, what the network saw and what the store says."""
    book, taken = scene.siege.book, scene.wire.taken()
    promised = {id for ids in book.told.values() for id in ids}
    on_wire = {part.to for part in taken}
    found.accepted, found.put_off = len(promised), book.put_off
    found.lost = sum(_is_lost(stored, id, on_wire) for id in promised)
    again = {
        stored.messages[id].recipient: sum(counting.resent(lines))
        for id, lines in stored.lines.items()
        if id in stored.messages
    }
    for (to, _), count in Counter((part.to, part.position) for part in taken).items():
        marked = min(count - 1, again.get(to, 0))
        found.marked += marked
        found.unmarked += count - 1 - marked
    found.unsure = sum(line.event == "lose" for lines in stored.lines.values() for line in lines)
    typed = scene.wire.typed()
    kept = Counter((row.sender, row.text) for row in stored.texts if not row.missing)
    found.texts, found.texts_lost = len(typed), sum(not kept[text.sender, text.text] for text in typed)
    found.accepts, found.sends = (max(each, default=None) for each in (scene.accepts, scene.sends))


def _is_lost(stored: Stored, id: str, on_wire: set[str]) -> bool:
    """Whether somebody was told yes, and nothing came of it: not there, not sent, and no policy that explains it."""
    row = stored.messages.get(id)
    if row is None:
        return True
    once_unsure = any(line.event == "lose" for line in stored.lines[id])
    explained = {"hold": "unsure", "fail": "failed"}.get(row.on_unsure) == row.state and once_unsure
    return not explained and (row.state != "delivered" or row.recipient not in on_wire)
