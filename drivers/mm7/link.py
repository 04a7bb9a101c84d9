"""A link to an MMSC: some workers hand it messages; its own calls come in through `listening`.

The surprise: a message whose answer was lost is told as such, and whoever sends it again gets the same TransactionID
for it, made from the message and its content: so the MMSC can know it again, and two are never counted.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime

from drivers import _http_lines
from drivers._http_ends import NotWritten, Reply, Unanswered
from drivers.mm7 import exchanges, outcomes, requests, trace
from drivers.mm7.addresses import number
from drivers.mm7.config import Config
from drivers.mm7.listening import Listening
from drivers.mm7.outcomes import FIRST_PAUSE, LONGEST_PAUSE, Judged, Outcome
from drivers.mm7.reach import Context, Unusable, unreachable
from drivers.mm7.recalls import Recalls
from drivers.mm7.reports import reference_of
from drivers.mm7.requests import Answer
from drivers.mm7.soap import NotMm7
from drivers.mm7.wire import Wire
from smsgw.errors import BadConfig
from smsgw.link import (
    Abilities,
    Alphabet,
    Events,
    Health,
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    NoAnswer,
    RejectedForGood,
    WirePart,
)
from smsgw.link_verbs import Noted, Notice, Tap

log = logging.getLogger(__name__)

DOWN = LinkDown("the MMSC cannot be reached", code="down")
TURN = 1.0  # seconds between two looks at waits that take too long
REMEMBERED = 10_000  # messages whose pauses grow


class Mm7Link(Recalls):
    """See smsgw.link.Link, TakesNotices and Recalls."""

    def __init__(self, name: str, config: Config, events: Events) -> None:
        self.name = name
        self.tap = Tap()  # see smsgw.link_verbs.Traced
        self._config = config
        self._events = events
        self._tls = Context(config)
        self._listening = Listening(name, config, events)
        self._state = Health(LinkState.CONNECTING, "starting")
        self._turn = threading.Condition()
        self._waiting: deque[WirePart] = deque()
        self._given: dict[int, WirePart] = {}  # parts without an answer, by identity
        self._wires: list[Wire] = []
        self._noticing = 0  # calls that are being stored
        self._stopping = False
        self._rests_until = 0.0
        self._troubles: dict[str, int] = {}  # how often in a row, by message; "": the MMSC as a whole
        self._threads: list[threading.Thread] = []

    @property
    def window(self) -> int:
        """How many parts are on their way at a time."""
        return self._config.window * self._config.max_recipients

    @property
    def abilities(self) -> Abilities:
        """MMS; texts only where the configuration wants them here; reports only where the MMSC may call."""
        config = self._config
        alone = config.max_recipients == 1  # else a MessageID is that of several messages
        verbs = {"schedule"} | {verb for verb in ("cancel", "replace") if alone and getattr(config, verb)}
        return Abilities(
            alphabets=frozenset({Alphabet.GSM7, Alphabet.UCS2}) if config.texts else frozenset(),
            whole=True,
            reports="all" if config.is_called else "none",
            optional=frozenset(verbs),
            content=frozenset({"mms"}),
            most_octets=config.max_octets,
        )

    # Life

    def start(self) -> None:
        """Look whether the MMSC can be reached, and go on looking."""
        names = [f"{self.name}-{number}" for number in range(self._config.window)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        self._threads.append(threading.Thread(target=self._watch, name=f"{self.name}-watch", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, deadline: float) -> None:
        """Let what is on its way be answered until `deadline`, then hang up."""
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
            while (self._given or self._noticing) and (wait := deadline - time.monotonic()) > 0:
                self._turn.wait(wait)
            left, wires = list(self._waiting), list(self._wires)
            self._waiting.clear()
        for wire in wires:
            wire.end()
        for part in left:
            self._failed(part, DOWN)
        for thread in self._threads:
            thread.join(2.0)
        for part in list(self._given.values()):  # a wait that no hanging up has ended
            self._failed(part, NoAnswer("the gateway stopped before the MMSC answered", code="stopped"))
        self._tell(LinkState.DOWN, "stopped")

    def health(self) -> Health:
        """How it is now."""
        return self._state

    def _watch(self) -> None:
        """Look now and then whether the MMSC can be reached, and end waits that take too long."""
        look = 0.0
        while True:
            now = time.monotonic()
            for wire in list(self._wires):
                wire.cut_late(now)
            if now >= look:
                why = unreachable(self._config, self._tls)
                self._tell(LinkState.DOWN if why else LinkState.UP, why)
                look = time.monotonic() + self._config.probe_every
            with self._turn:
                wait = min(TURN, self._config.probe_every)
                if self._stopping or self._turn.wait_for(lambda: self._stopping, wait):
                    break
        while any(thread.is_alive() for thread in self._threads if thread is not threading.current_thread()):
            for wire in list(self._wires):  # a stop waits for answers, too
                wire.cut_late(time.monotonic())
            time.sleep(0.05)

    def _tell(self, state: LinkState, why: str, answered: bool = False) -> None:
        """answered: by the MMSC itself, which ends a rest; else that it can be reached again ends none before its time,
        and says nothing of whether it is well."""
        with self._turn:
            was = self._state.state
            if state is LinkState.RESTING:
                self._rests_until = time.monotonic() + self._config.refused_pause
            elif state is LinkState.UP and not answered:
                if was is LinkState.DEGRADED or time.monotonic() < self._rests_until:
                    return
            elif answered:
                self._rests_until = 0.0
            if (state, why) == (was, self._state.why):
                return
            self._state = Health(state, why, {"mmsc": self._config.place})
            told = self._state
        self._events.health(told)

    # Sending

    def send(self, part: WirePart) -> None:
        """Have a worker ask for it; blocks while all are busy."""
        with self._turn:
            while not self._stopping and len(self._given) >= self.window:
                self._turn.wait(1.0)
            stopped = self._stopping
            self._given[id(part)] = part
            if not stopped:
                self._waiting.append(part)
                self._turn.notify_all()
        if stopped:
            self._failed(part, DOWN)

    def _work(self) -> None:
        wire: Wire | None = None
        with suppress(Unusable):  # told with the first part, for the file may be there until then
            wire = self._wire()
        while given := self._next():
            try:
                wire = self._newest(wire)
                self._hand_over(wire, given)
            except Unusable as problem:
                self._tell(LinkState.RESTING, str(problem))
                error = Misconfigured(str(problem), "tls", rest=self._config.refused_pause)
                self._all_failed(given, error)
            except Exception as problem:  # one odd part must not end a worker
                log.exception("%s: a part could not be written", self.name)
                self._all_failed(given, RejectedForGood(f"it cannot be written: {problem}", code="unwritable"))
        if wire is not None:
            wire.close()

    def _wire(self) -> Wire:
        wire = Wire(self._config, self.tap, self._tls.get())
        with self._turn:
            self._wires.append(wire)
        return wire

    def _newest(self, wire: Wire | None) -> Wire:
        """The wire of a worker, or between two requests another one, when the certificates were read again."""
        if wire is not None and wire.tls is self._tls.get():
            return wire
        if wire is not None:
            with self._turn:
                self._wires.remove(wire)
            wire.close()
        return self._wire()

    def read_certificates(self) -> bool:
        """Begin connections with what the files say now; a request that is on its way ends on its own connection.

        Returns whether there are any. Raises BadConfig: then it goes on with what it had.
        """
        try:
            return self._tls.read_again()
        except Unusable as problem:
            raise BadConfig([str(problem)]) from None

    def _next(self) -> list[WirePart]:
        """The next part, and with it others that one request can carry; empty at the end."""
        with self._turn:
            while not self._waiting:
                if self._stopping:
                    return []
                self._turn.wait()
            first = self._waiting.popleft()
            given = [first]
            if self._config.max_recipients > 1:
                alike = [part for part in self._waiting if _alike(part, first)]
                given += alike[: self._config.max_recipients - 1]
                taken = {id(part) for part in given}
                self._waiting = deque(part for part in self._waiting if id(part) not in taken)
            return given

    def _hand_over(self, wire: Wire, given: list[WirePart]) -> None:
        config, now = self._config, datetime.now(UTC)
        size = requests.octets_of(requests.content_of(given[0]))
        if size > config.max_octets:
            says = f"the MMS has {size} octets, and this MMSC takes {config.max_octets}"
            self._all_failed(given, RejectedForGood(says, "content-size"))
            return
        request = requests.submit(given, config, now, config.is_called)
        if self._state.state is LinkState.DOWN and (why := unreachable(config, self._tls)):
            self._all_failed(given, LinkDown(f"the MMSC cannot be reached: {why}", code="down"))
            return
        if self.tap.tell is not None:
            self.tap.put(trace.submitted, given, request.transaction, size)
        try:
            reply = wire.ask(request.content_type, request.body)
        except NotWritten as problem:
            self._tell(LinkState.DOWN, f"{config.place}: {problem}")
            self._all_failed(given, LinkDown(f"the MMSC cannot be reached: {problem}", code="down"))
            return
        except Unanswered as problem:
            says = f"the MMSC did not answer TransactionID {request.transaction}: {problem}"
            self._all_failed(given, NoAnswer(says, code="silent"))
            return
        self._settle(wire, given, request, reply)

    def _settle(self, wire: Wire, given: list[WirePart], request: requests.Request, reply: Reply) -> None:
        answer = self._read(reply)
        if self.tap.tell is not None and answer is not None:
            self.tap.put(trace.answered, answer)
        if 200 <= reply.status < 300 and (answer is None or answer.status is None):
            exchanges.keep(self._config.exchanges, request.envelope, reply.status, reply.body, datetime.now(UTC))
            says = f"the MMSC answered {reply.status} with something that says neither yes nor no: it may have taken it"
            self._all_failed(given, NoAnswer(says, code="no-mm7"))
            return
        status, said = (answer.status, answer.says) if answer is not None else (None, "")
        judged = outcomes.judge(reply.status, status, said, self._config.retry_statuses)
        if judged.outcome in (Outcome.ACCEPTED, Outcome.PARTIAL):
            self._accepted(given, request.transaction, answer, judged)
        elif judged.outcome is Outcome.SPLIT and len(given) > 1:
            for part in given:
                self._hand_over(wire, [part])
        else:
            self._refused(given, request, reply, judged)

    def _read(self, reply: Reply) -> Answer | None:
        try:
            return requests.read_answer(reply.headers.get("content-type", ""), reply.body) if reply.body else None
        except NotMm7 as wrong:
            log.info("%s: HTTP %d without MM7 in it: %s", self.name, reply.status, wrong)
            return None

    def _accepted(self, given: list[WirePart], transaction: str, answer: Answer | None, judged: Judged) -> None:
        self._tell(LinkState.UP, "", answered=True)
        self._troubles.pop("", None)
        failed = answer.failed if answer is not None and judged.outcome is Outcome.PARTIAL else frozenset()
        message_id = (answer.message_id if answer is not None else "") or transaction
        for part in given:
            self._troubles.pop(part.message_id, None)
            if part.to in failed or number(part.to) in failed:
                self._failed(part, RejectedForGood(judged.says, str(judged.status)))
            elif self._answered(part):
                self._events.taken(part, reference_of(message_id, part.to, self._config.max_recipients > 1))
                self._freed()

    def _refused(self, given: list[WirePart], request: requests.Request, reply: Reply, judged: Judged) -> None:
        if judged.outcome is Outcome.UNREAD:
            log.warning("%s: %s", self.name, judged.says)
            exchanges.keep(self._config.exchanges, request.envelope, reply.status, reply.body, datetime.now(UTC))
        pause = self._pause(given, judged) if judged.outcome is Outcome.LATER else 0.0
        error = outcomes.error(judged, pause, self._config.refused_pause)
        if isinstance(error, Misconfigured):
            self._tell(LinkState.RESTING, error.says)
        elif judged.whole:
            self._tell(LinkState.DEGRADED, error.says)
        else:
            self._tell(LinkState.UP, "", answered=True)
        after = reply.headers.get("retry-after", "")
        seconds = min(float(after), LONGEST_PAUSE) if after.isascii() and after.isdigit() else 0.0
        self._all_failed(given, outcomes.slower(error, seconds))

    def _pause(self, given: list[WirePart], judged: Judged) -> float:
        """Ten seconds, and each time in a row twice as long up to an hour."""
        with self._turn:
            keys = [""] if judged.whole else [part.message_id for part in given]
            for key in keys:
                self._troubles[key] = self._troubles.pop(key, 0) + 1
            while len(self._troubles) > REMEMBERED:
                del self._troubles[next(iter(self._troubles))]
            times = max(self._troubles.get(key, 1) for key in keys)
        return float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(times - 1, 20)))

    def _all_failed(self, given: list[WirePart], error: LinkError) -> None:
        for part in given:
            self._failed(part, error)

    def _failed(self, part: WirePart, error: LinkError) -> None:
        if self._answered(part):
            self._events.failed(part, error)
            self._freed()

    def _answered(self, part: WirePart) -> bool:
        """Whether this is the first answer for the part, so that it may be told."""
        with self._turn:
            return self._given.pop(id(part), None) is not None

    def _freed(self) -> None:
        with self._turn:
            self._turn.notify_all()

    # What the MMSC tells

    def notice(self, notice: Notice) -> Noted:
        """See the contract, and `listening`."""
        with self._turn:
            self._noticing += 1
        if self.tap.tell is not None:
            self.tap.put(_http_lines.request, "<", notice.method, notice.url, notice.headers, notice.body)
        try:
            noted = self._listening.take(notice)
            if self.tap.tell is not None:
                self.tap.put(_http_lines.answer, ">", noted.status, {"content-type": noted.media}, noted.body.encode())
            return noted
        finally:
            with self._turn:
                self._noticing -= 1
                self._turn.notify_all()


def _alike(part: WirePart, other: WirePart) -> bool:
    """Whether one request can carry both: they differ in nothing but whom they go to, and some seconds of validity."""
    same = part.to != other.to and part.sender == other.sender and part.receipt == other.receipt
    same = same and part.priority == other.priority and part.deliver_at == other.deliver_at
    close = part.validity == other.validity or abs((part.validity or 0) - (other.validity or 0)) < 60
    return same and close and requests.content_of(part) == requests.content_of(other)
