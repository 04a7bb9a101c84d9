"""When things happen in the simulated network: one thread, one heap of timed steps, and what is in flight.

The surprise: everything that is random is drawn inside `send`, in the order of submission, but nothing is
told from there: `taken`, `failed`, `receipt` and `inbound` always come from the network's thread, as from a
real network. What happens in the network (`_arrive`) and what the gateway hears of it (`_answer`) are two
things: a cut connection loses the answer, never the part.
"""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, count
from random import Random
from time import monotonic

from drivers.fake import trace
from drivers.fake.config import Config, Knobs
from drivers.fake.network import ABILITIES, UNFETCHED, UNRECOGNISED, Network, Owed
from smsgw.errors import Conflict
from smsgw.link import (
    Abilities,
    Content,
    Events,
    Health,
    InboundContent,
    LinkDown,
    LinkError,
    LinkState,
    NoAnswer,
    Receipt,
    RejectedForGood,
    RejectedForNow,
    Throttled,
    WirePart,
)
from smsgw.link_verbs import PhoneText, Tap

log = logging.getLogger(__name__)

Step = Callable[[], None]

DOWN = LinkDown("The simulated network is not connected.")
CUT = NoAnswer("The connection was cut before the network answered.", code="cut")
SILENT = NoAnswer("The network did not answer in time.", code="silent")
REFUSED = RejectedForGood("The network refuses this part: its knob rejection says so.", code="rejected")
BUSY = RejectedForNow("The network cannot take this part now: its knob temporary says so.", code="temporary")
FULL = RejectedForNow("The network cannot write on its tape.", code="tape_full")


@dataclass(frozen=True, slots=True)
class Fate:
    """What chance does to one part. All is drawn for every part, so that knobs do not disturb each other."""

    error: LinkError | None
    silent: bool
    lost: bool
    twice: bool
    overtaken: bool
    late: float  # 0 to 1, of `delay`, for what is overtaken
    mms: str | None  # how an MMS does not get to its phone


def draw(chance: Random, knobs: Knobs) -> Fate:
    """The fate of the next part."""
    outcome, twice, overtaken, late = (chance.random() for _ in range(4))
    shares = accumulate((knobs.rejection, knobs.temporary, knobs.no_answer, knobs.loss))
    what = bisect_right(list(shares), outcome)
    error = {0: REFUSED, 1: BUSY}.get(what)
    mms = {0: UNRECOGNISED, 1: UNFETCHED}.get(
        bisect_right([knobs.unrecognised, knobs.unrecognised + knobs.unfetched], late)
    )
    return Fate(error, what == 2, what == 3, twice < knobs.duplicate, overtaken < knobs.shuffle, late, mms)


class FakeLink:
    """A `smsgw.link.Link` and `smsgw.link.Simulated`: one connection to a network inside the program.

    clock: the time of day (UTC) for what has a date. Every method may be called from any thread.
    """

    def __init__(
        self,
        name: str,
        config: Config,
        events: Events,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name = name
        self.tap = Tap()  # see smsgw.link_verbs.Traced
        self._config = config
        self._knobs: Knobs = Knobs.model_validate(config.model_dump(include=set(Knobs.model_fields)))
        self._events = events
        self._clock = clock
        self._network = Network(config, clock())
        self._part_chance, self._text_chance = Random(f"parts {config.seed}"), Random(f"texts {config.seed}")
        self._turn = threading.Condition()  # guards everything below, and the network; never held in a call upwards
        self._steps: list[tuple[float, int, Step]] = []
        self._order = count()
        self._given: dict[int, WirePart] = {}  # every part without its answer, by ticket
        self._wire: set[int] = set()  # those of them that left: never more than the window
        self._untold: set[Future[None]] = set()  # told to the gateway, which has not stored it yet
        self._up = False
        self._session = 0  # counts connections: what belongs to an old one is neither told nor acknowledged
        self._free_at = 0.0
        self._closing: float | None = None
        self._gone = False
        self._thread = threading.Thread(target=self._run, name=f"fake-{name}", daemon=True)

    @property
    def window(self) -> int:
        """How many parts are on their way without an answer."""
        return self._config.window

    @property
    def abilities(self) -> Abilities:
        """GSM letters and UCS-2, without national tables; MMS where it is configured."""
        if not self._config.mms:
            return ABILITIES
        return replace(ABILITIES, content=frozenset({"mms"}), most_octets=self._config.largest)

    def start(self) -> None:
        """Connect; what the network still owes from before is told again."""
        with self._turn:
            self._connect(not self._knobs.disconnected)
        self._thread.start()

    def send(self, part: WirePart) -> None:
        """Put one part on the wire; blocks while the window is full and there is a connection."""
        with self._turn:
            fate = draw(self._part_chance, self._knobs)
            if self._gone:
                threading.Thread(target=self._events.failed, args=(part, DOWN)).start()
                return
            ticket = next(self._order)
            self._given[ticket] = part
            self._turn.wait_for(lambda: not self._open or len(self._wire) < self.window)
            if not self._open:
                self._later(0, partial(self._answer, ticket, DOWN))
                return
            self._wire.add(ticket)
            if self.tap.tell is not None:
                self.tap.put(trace.given, part)
            self._travel(ticket, part, fate)

    def stop(self, deadline: float) -> None:
        """Answer every part, let the gateway store what it was told, until `deadline`; then end."""
        with self._turn:
            self._closing = deadline
            self._turn.notify_all()
            if self._thread.ident is None:
                self._thread.start()
        self._thread.join(max(0.0, deadline - monotonic()) + 1.0)

    def health(self) -> Health:
        """Whether it is connected, in words."""
        with self._turn:
            facts = {
                "number": self._config.number, "phones": str(len(self._network.handsets())),
                "in flight": str(len(self._wire)),
            }  # fmt: skip
            if self._up:
                return Health(LinkState.UP, "The simulated network is connected.", facts)
            if self._knobs.disconnected:
                why = "The connection to the simulated network is cut: turn the knob 'disconnected' off."
            else:
                why = "The link is not running."
            return Health(LinkState.DOWN, why, facts)

    def handsets(self) -> list[str]:
        """The numbers of its phones."""
        with self._turn:
            return self._network.handsets()

    def add_handset(self, handset: str) -> bool:
        """Give the network another phone, which its tape remembers; returns whether it is new.

        Raises Conflict when it has `MOST_PHONES`.
        """
        with self._turn:
            return self._network.add(handset)

    def texts(self, handset: str) -> list[PhoneText]:
        """What that phone shows, oldest first; its own texts are ticked when we acknowledged every piece."""
        with self._turn:
            return self._network.texts(handset)

    def type_text(self, handset: str, text: str, to: str | None = None) -> str:
        """Send a text from a phone to the gateway's number, or to another of its numbers; returns its id.

        Raises NotFound for a phone it does not have, BadInput for what none can send, Conflict after stop.
        """
        with self._turn:
            if self._gone:
                raise Conflict("The link is stopped: its phones cannot send.")
            text_id, pieces = self._network.type_text(handset, text, to, self._clock())
            if self._text_chance.random() < self._knobs.shuffle:
                self._text_chance.shuffle(pieces)
            for piece in pieces:
                self._tell_later(self._knobs.delay, piece)
                if self._text_chance.random() < self._knobs.duplicate:
                    self._tell_later(self._knobs.delay, piece)
            return text_id

    def contents(self, handset: str) -> list[Content]:
        """The MMS that a phone fetched, oldest first. Raises NotFound for a phone it does not have."""
        with self._turn:
            return self._network.contents(handset)

    def send_content(self, handset: str, content: Content, to: str | None = None) -> str:
        """Send an MMS from a phone to the gateway's number, or to another of its numbers; returns its id.

        Raises NotFound for a phone it does not have, Conflict after stop.
        """
        with self._turn:
            if self._gone:
                raise Conflict("The link is stopped: its phones cannot send.")
            inbound = self._network.send_content(handset, content, to, self._clock())
            self._tell_later(self._knobs.delay, inbound)
            if self._text_chance.random() < self._knobs.duplicate:
                self._tell_later(self._knobs.delay, inbound)
            return inbound.reference

    def faults(self) -> dict[str, float | int | bool]:
        """The knobs and how they stand."""
        with self._turn:
            return self._knobs.model_dump()

    def set_faults(self, changes: dict[str, float | int | bool]) -> None:
        """Turn knobs; `disconnected` cuts or restores the connection at once. Raises BadInput."""
        with self._turn:
            self._knobs = self._knobs.turned(changes)
            self._free_at = 0.0
            started = self._thread.ident is not None and not self._gone
            if started and self._up == self._knobs.disconnected:
                self._connect(not self._knobs.disconnected)

    @property
    def _open(self) -> bool:
        return self._up and self._closing is None

    def _connect(self, up: bool) -> None:
        """Begin or end a connection: the end loses what is in flight, the beginning repeats what is owed."""
        self._up = up
        self._session += 1
        if up:
            for owed in self._network.owed.values():
                self._tell_later(self._knobs.delay, owed)
        for ticket in self._wire:
            self._later(0, partial(self._answer, ticket, CUT))
        self._later(0, partial(self._events.health, self.health()))
        self._turn.notify_all()

    def _travel(self, ticket: int, part: WirePart, fate: Fate) -> None:
        """Schedule what becomes of a part that is on the wire."""
        delay = self._knobs.delay * (1 + fate.late if fate.overtaken else 1)
        error = fate.error or self._too_fast(monotonic()) or self._no_room(part)
        if error:
            self._later(delay, partial(self._answer, ticket, error))
        else:
            self._later(delay, partial(self._arrive, ticket, part, fate))
        if fate.silent or delay > self._config.answer_timeout:
            self._later(self._config.answer_timeout, partial(self._answer, ticket, SILENT))

    def _no_room(self, part: WirePart) -> LinkError | None:
        """Whether an MMS is more than this network carries, as networks say it (TS 23.140 status 2004)."""
        if part.content is None:
            return None
        if not self._config.mms:
            return RejectedForGood("The network carries no MMS.", code="no_mms")
        size = sum(len(one.data) for one in part.content.parts)
        if size <= self._config.largest:
            return None
        return RejectedForGood(f"The network carries no MMS of {size} octets.", code="content-2004")

    def _too_fast(self, now: float) -> Throttled | None:
        """Whether this part exceeds the pace; what fits into one second may come at once."""
        pace = self._knobs.throttle
        if not pace:
            return None
        self._free_at = max(self._free_at, now)
        if self._free_at - now >= 1.0:
            return Throttled("The network says: too fast.", code="throttled")
        self._free_at += 1 / pace
        return None

    def _arrive(self, ticket: int, part: WirePart, fate: Fate) -> None:
        """The network has the part: the phone shows it, and we are told its reference and its receipt."""
        with self._turn:
            try:
                lost = "lost" if fate.lost else fate.mms if part.content is not None else None
                reference, receipt = self._network.take(part, lost, self._clock())
            except OSError:
                log.exception("%s: the tape cannot be written", self.name)
                self._later(0, partial(self._answer, ticket, FULL))
                return
            if receipt and fate.overtaken:
                self._tell_later(0, receipt)
            if not fate.silent:
                self._later(0, partial(self._answer, ticket, reference))
            if receipt and not fate.overtaken:
                self._tell_later(self._knobs.receipt_delay, receipt)
            if receipt and fate.twice:
                self._tell_later(self._knobs.receipt_delay, receipt)

    def _answer(self, ticket: int, answer: str | LinkError) -> None:
        """Tell the gateway what became of a part, unless it was told already."""
        with self._turn:
            part = self._given.pop(ticket, None)
            self._wire.discard(ticket)
            self._turn.notify_all()
        if part is None:
            return
        if self.tap.tell is not None:
            self.tap.put(trace.answered, part, answer)
        if isinstance(answer, str):
            self._events.taken(part, answer)
        else:
            self._events.failed(part, answer)

    def _tell_later(self, delay: float, what: Owed) -> None:
        """Tell a receipt or a piece, if this connection lasts so long: the next one repeats all that is owed."""
        self._later(delay, partial(self._tell, self._session, what))

    def _tell(self, session: int, what: Owed) -> None:
        with self._turn:
            if not self._open or session != self._session:
                return
        if self.tap.tell is not None:
            self.tap.put(trace.told, what)
        tell: Callable[..., Future[None]] = self._events.inbound
        if isinstance(what, Receipt):
            tell = self._events.receipt
        elif isinstance(what, InboundContent):
            tell = self._events.content
        future = tell(what)
        with self._turn:
            self._untold.add(future)
        future.add_done_callback(partial(self._stored, session, what))

    def _stored(self, session: int, what: Owed, future: Future[None]) -> None:
        """The gateway has stored it, or failed to: acknowledge over the same connection, or repeat it."""
        failed = future.cancelled() or future.exception() is not None
        with self._turn:
            self._untold.discard(future)
            self._turn.notify_all()
            if session != self._session:
                return  # the connection it came by is gone: so is the way to acknowledge
            if failed:
                self._tell_later(self._config.repeat_after, what)
            else:
                self._network.acknowledge(what.reference)

    def _later(self, delay: float, step: Step) -> None:
        heappush(self._steps, (monotonic() + delay, next(self._order), step))
        if self._steps[0][2] is step:
            self._turn.notify_all()

    def _run(self) -> None:
        """The network's thread."""
        while (step := self._next_step()) is not None:
            self._do(step)
        with self._turn:
            self._gone, self._up = True, False
            self._session += 1
            self._network.close()
            rest = [(ticket, SILENT if ticket in self._wire else DOWN) for ticket in self._given]
        for ticket, error in rest:
            self._do(partial(self._answer, ticket, error))
        self._do(partial(self._events.health, self.health()))

    def _do(self, step: Step) -> None:
        try:
            step()
        except Exception:  # one failing listener must not end the network
            log.exception("%s: the gateway did not take what it was told", self.name)

    def _next_step(self) -> Step | None:
        """Wait for the next step; None when it is time to end: all is settled, or the deadline is over."""
        with self._turn:
            while True:
                now = monotonic()
                settled = not self._given and not self._untold
                if self._closing is not None and (settled or now >= self._closing):
                    return None
                if self._steps and self._steps[0][0] <= now:
                    return heappop(self._steps)[2]
                times = [when for when in (self._closing,) if when is not None]
                if self._steps:
                    times.append(self._steps[0][0])
                self._turn.wait(min(times) - now if times else None)
