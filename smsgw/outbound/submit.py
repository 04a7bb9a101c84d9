"""The one door for every outbound message: whoever asks, API, page, command line or campaign, asks here.

What can be told without the store (number, sender, text, link) is checked in the caller's thread; the rest (client_ref,
gate, queue bound) inside the transaction that stores the message. A caller has its answer after the commit.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from ..errors import BadInput, Fault, RefusedByPolicy, SmsgwError
from ..store.database import Writer
from ..store.ids import new_id
from ..text import number, parts
from .admit import Admission, Hand
from .asked import PRIORITY, Accepted, Asked, Cut, Ready, Terms
from .carrying import Contenting, NoContents
from .cutting import cut, encoding, part_rows, written, wrong_contents
from .familiar import Familiar
from .gate import gate
from .routing import Choice, Network
from .short_links import Shortening

__all__ = ["PRIORITY", "Accepted", "Asked", "Door", "Ready", "Terms"]

T = TypeVar("T")


class Door:
    """Takes messages in. One for each process; safe from any thread."""

    def __init__(
        self,
        writer: Writer,
        network: Network,
        terms: Terms,
        clock: Callable[[], datetime],
        hands: Mapping[str, Hand] | None = None,
        first_reference: int | None = None,
    ) -> None:
        """hands: the senders of this process by link. first_reference: where concatenation starts."""
        self._writer = writer
        self._admission = Admission(writer, terms, clock, {} if hands is None else hands)
        self.store = self._admission.store
        self.admission = self._admission
        self.network = network
        self.terms = terms
        self._clock = clock
        self.familiar: Callable[[str, str | None], Familiar | None] = lambda number, reply_to: None
        start = random.randrange(65536) if first_reference is None else first_reference
        self._references = itertools.count(start)
        self.contents: Contenting = NoContents()
        self.shortening: Shortening | None = None
        self.instead: Callable[[Asked], str | None] = lambda asked: None  # see `preferring`

    def next_reference(self) -> int:
        """A concatenation reference that the last 65,535 texts did not have."""
        return next(self._references) & 0xFFFF

    def submit(self, asked: Asked) -> Accepted:
        """Take one message; returns when it is on disk.

        Raises BadInput (all faults at once), RefusedByPolicy, Conflict (client_ref), QueueFull, StoreError.
        """
        result = self.submit_many([asked])[0]
        if isinstance(result, Exception):
            raise result
        return result

    def ask(self, asked: Asked) -> Future[Accepted]:
        """Take one message without waiting: the future is done when it is on disk, in the writer's thread.

        Raises BadInput, RefusedByPolicy (no_route) at once; the future raises what only the store can tell
        (RefusedByPolicy, Conflict, QueueFull, StoreError).
        """
        return self.put([self.read(asked)])[0]

    def put(self, ready: Sequence[Ready]) -> list[Future[Accepted]]:
        """Store what was read without waiting: each future ends after the commit, as `submit` would. For listeners."""
        return self._writer.put_all(self.store, ready)

    def store_all(self, ready: Sequence[Ready], tell: Callable[[list[Accepted | Exception]], None]) -> None:
        """`put` without futures: `tell` hears all answers at once, in the writer's thread, and must be quick."""
        self._writer.tell_all(self.store, ready, tell)

    def submit_many(self, asked: Sequence[Asked]) -> list[Accepted | SmsgwError]:
        """Take a batch; for each message what `submit` would return or raise. Raises StoreError for the whole."""
        now = self._clock()  # what comes together has one time
        with self.together(asked):
            read = [self._read_or_problem(one, now) for one in asked]
        ready = [one for one in read if isinstance(one, Ready)]
        stored = iter(self._writer.do_all(self.store, ready))
        return [_decided(next(stored)) if isinstance(one, Ready) else one for one in read]

    def together(self, some: Iterable[Asked]) -> AbstractContextManager[None]:
        """While this lasts these messages are read: what can be looked up for all of them at once is."""
        return nullcontext() if self.shortening is None else self.shortening.together(some)

    def _read_or_problem(self, asked: Asked, now: datetime) -> Ready | SmsgwError:
        try:
            return self.read(asked, now)
        except SmsgwError as problem:
            return problem

    def read(self, asked: Asked, now: datetime | None = None) -> Ready:
        """Check and cut a message without storing it; now: when it was asked, by default at this moment.

        Raises BadInput with every fault, RefusedByPolicy (no_route).
        """
        if "@" not in asked.to and (mail := self.instead(asked)) is not None:
            ready = self.contents.read(self, replace(asked, to=mail, sender=None))
            ready.row["trace"] = [f"{asked.to} is somebody who wants to be reached by mail", *ready.row["trace"]]
            return ready
        if asked.content is not None or "@" in asked.to:
            if asked.track_links:
                raise BadInput([Fault("/track_links", "not_for_this", "only the links of a text can be tracked")])
            return self.contents.read(self, asked)
        faults: list[Fault] = []
        now = now or self._clock()
        recipient = _told(faults, "/to", lambda: number.read_number(asked.to, self.terms.region))
        wished = asked.sender or self.terms.sender
        sender = _told(faults, "/from", lambda: number.read_sender(wished, self.terms.region)) if wished else None
        links: Sequence[dict[str, Any]] = ()
        if asked.track_links and recipient is not None and self.shortening is not None:
            shorten = partial(self.shortening.shorten, asked, recipient, now)
            asked, links = _told(faults, "/track_links", shorten) or (asked, ())
        faults += wrong_contents(asked.text, asked.data, asked.ports)
        choice = None if recipient is None else self.route(recipient, asked, faults, now)
        pieces: list[parts.Piece] = []
        if choice is not None:
            able, most = choice.link.abilities, min(asked.max_parts or self.terms.max_parts, parts.MAX_PARTS)
            try:
                pieces = cut(asked.text, asked.data, asked.ports, able, self.next_reference(), most)
            except BadInput as problem:
                faults += problem.faults
        if faults or recipient is None or choice is None:
            raise (RefusedByPolicy(faults) if faults[0].code == "no_route" and len(faults) == 1 else BadInput(faults))
        sender = sender if asked.sender else choice.sender or sender or choice.link.sender
        text = written(asked.text, asked.data)
        ready = self.ready(asked, recipient, sender, Cut(text, encoding(pieces), pieces), choice, now)
        ready.links = links
        return ready

    def now(self) -> datetime:
        """The door's clock."""
        return self._clock()

    def known(self, recipient: str, asked: Asked) -> Familiar | None:
        """The link and number of ours that somebody knows, if the message is to keep to them."""
        return self.familiar(recipient, asked.reply_to) if asked.purpose in self.terms.sticky else None

    def wrong_link(self, asked: Asked) -> list[Fault]:
        """What is wrong with the link that the caller insists on."""
        if asked.link is None or asked.link in self.network.links:
            return []
        known = ", ".join(sorted(self.network.links)) or "none"
        return [Fault("/link", "link_unknown", f"there is no link {asked.link!r}; there are: {known}")]

    def route(self, recipient: str, asked: Asked, faults: list[Fault], now: datetime) -> Choice | None:
        """The link for a text or data to this number; None when there is none, and then `faults` says why."""
        if wrong := self.wrong_link(asked):
            faults += wrong
            return None
        theirs = self.known(recipient, asked)
        avoid = () if asked.data is None or asked.link is not None else self.network.unfit("octets")
        choice = self.network.choose(recipient, asked.link, avoid, now=now, known=theirs)
        if choice is None and avoid:
            choice = self.network.choose(recipient, now=now)  # which cannot carry it, and says so
        if choice is None:
            says = f"no link serves {recipient}: add one to the configuration, or widen the prefixes of one"
            if asked.link is not None:
                says = f"the link {asked.link} does not serve {recipient}: widen its prefixes, or name no link"
                if not self.network.links[asked.link].abilities.alphabets:
                    says = f"the link {asked.link} carries no texts: name another one, or none"
                if not self.network.links[asked.link].abilities.sends:
                    says = f"the link {asked.link} only receives: name another one, or none"
            faults.append(Fault("/to", "no_route", says))
        return choice

    def ready(self, asked: Asked, recipient: str, sender: str | None, cut: Cut, choice: Choice, now: datetime) -> Ready:
        """What is to be stored of a checked message: who gets it, from whom, in what parts, over which link."""
        on_unsure = asked.on_unsure or ("hold" if asked.purpose == "marketing" else self.terms.on_unsure)
        id = cut.id or new_id("msg", now)
        count, send_at = parts.count(cut.pieces), max(asked.send_at or now, now)
        if cut.size is None:
            self.network.plans.promise(choice.link.name, recipient, count)
        price, currency = self.network.estimate(choice.link.name, recipient, count, now, cut.size)
        # By the network, until then; never marketing, for a STOP that comes meanwhile must win.
        schedules = "schedule" in choice.link.abilities.optional and asked.purpose != "marketing"
        kept = schedules and send_at > now
        due_at = now if kept else send_at
        row = {
            "id": id,
            "client": asked.client,
            "client_ref": asked.client_ref,
            "recipient": recipient,
            "sender": sender,
            "text": cut.text,
            "ports": list(asked.ports) if asked.ports and asked.data is not None else None,
            "encoding": cut.encoding,
            "parts": count,
            "message_class": asked.message_class,
            "priority": PRIORITY[asked.purpose] if asked.priority is None else asked.priority,
            "purpose": asked.purpose,
            "on_unsure": on_unsure,
            "link": choice.link.name,
            "wanted_link": asked.link,
            "created_at": now,
            "due_at": due_at,
            "deliver_at": send_at if kept else None,
            "valid_until": send_at + timedelta(seconds=asked.expires_in or self.terms.validity),
            "attempts": 0,
            "reply_to": asked.reply_to,
            "metadata": dict(asked.metadata) if asked.metadata else None,
            "trace": choice.trace,
            "price": price,
            "currency": currency,
            "campaign_id": asked.campaign_id,
            "category": asked.category,
            "final_at": None,
        }
        candidate = gate.candidate_of(row, due_at, asked.allow_duplicate, stored=False)
        return Ready(asked, row, part_rows(id, cut.pieces), candidate)


def _decided(result: Accepted | Exception) -> Accepted | SmsgwError:
    """What the store made of a message. Raises what is no error of ours."""
    if isinstance(result, Exception) and not isinstance(result, SmsgwError):
        raise result
    return result


def _told(faults: list[Fault], pointer: str, read: Callable[[], T]) -> T | None:
    """Run `read`; when it raises BadInput put its faults on the list, at `pointer`."""
    try:
        return read()
    except BadInput as problem:
        faults += [Fault(pointer, fault.code, fault.detail) for fault in problem.faults]
        return None
