"""What pages, jobs and the command line are given: the store and every verb over it, for one configuration.

It can be built without starting a link, which is what the command line does.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from .campaigns.desk import Campaigns
from .clients.reception import Reception
from .clients.replies import Replies
from .config import Config, LinkConfig, Origin, own_addresses
from .console import Consoles
from .inbound.calls import Answering, Calls, Rang
from .inbound.contents import Brought, Contents
from .inbound.dialogue.made import understanding
from .inbound.inbox import Arrived, Inbox
from .inbound.mail_post import Post
from .inbound.mms_fetching import Fetching
from .inbound.mms_notices import Notices
from .inbound.mms_unfetched import Telling, recipients_of
from .inbound.readers import readers
from .inbound.remote import remote_control
from .link import Call, Health, InboundContent, InboundPiece, Link, LinkState, Receipt, open_link
from .media.building import Builder
from .media.fitting import Fitting
from .media.mail_addition import Addition, ready
from .media.mail_boxes import Boxes
from .media.pages import PageTerms
from .money.estimate import Estimate, of
from .money.till import Till
from .outbound.asking import Asking
from .outbound.balances import Balances, plans_of
from .outbound.carrying import Carrying, CarryTerms
from .outbound.fallback import Fallback
from .outbound.familiar import Familiar, familiar
from .outbound.gate import rules as gate_rules
from .outbound.gate.terms import Rules
from .outbound.handover import Handover
from .outbound.pace import Pace
from .outbound.preferring import Preferring
from .outbound.recall import Recall
from .outbound.receipts import Receipts
from .outbound.replacing import Replacing
from .outbound.retry import Retry
from .outbound.routing import Served
from .outbound.sender import Sender
from .outbound.sequel import Sequel
from .outbound.serving import network_of, over_of, served_of
from .outbound.set_back import due_again
from .outbound.short_links import Shortening
from .outbound.showing import Showing
from .outbound.silence import Silence
from .outbound.smaller import Smaller
from .outbound.spending import budget_check, plan_check
from .outbound.submit import Door, Terms
from .outbound.unsure import Unsure
from .outbound.usage import arriving, usage
from .outbound.waiting import Waiting
from .store import links
from .store.database import Database
from .store.fences import Alone
from .store.wake import Silent

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The clock of a running gateway."""
    return datetime.now(UTC)


class Gateway:
    """The store and every verb over it, for one configuration."""

    settings: Sequence[Origin] = ()  # with their origins, as whoever read the file knows them

    def __init__(
        self,
        config: Config,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Open the store (without touching its schema). Raises StoreUnreachable, BadConfig."""
        self.config = config
        self.clock = clock
        sending = config.sending
        self.database = Database(config.store.full_url, synchronous=config.store.synchronous)
        self.holdings = Alone()  # what this process holds of what nodes share; its daemon may put another here
        self.bell = Silent()  # wakes other nodes
        self.hears: dict[str, Callable[[str], None]] = {}  # who wants words of theirs, by what stands before the colon
        self.paces_elsewhere: dict[str, float | None] = {}  # of links that other nodes hold
        receiving = config.receiving
        remote = remote_control(config.watch)
        first = () if remote is None else (remote,)
        self.inbox = Inbox((*first, *readers(stop_words=receiving.stop_words, understand=receiving.understand)))
        self.senders: dict[str, Sender] = {}
        self.halted: set[str] = set()  # links that somebody stopped
        self.links: dict[str, Link] = {}
        self.till = Till(config.money, {link.name: ZoneInfo(link.zone) for link in config.links})
        self.rates = self.till.rates
        self.consoles = Consoles(clock, show_numbers=config.log.show_numbers)
        served = self._open_links([link for link in config.links if link.enabled])
        self.network = network_of(config, served, self.till, clock(), chance)
        rules = gate_rules.rules_of(config)
        rules.more["budget"] = budget_check(self.till.budgets, self.till.brake)
        rules.more["plan"] = plan_check(self.till.plans)
        self.door = Door(self.database.writer, self.network, terms_of(config, rules, self.till), clock, self.senders)
        self.door.familiar = self._familiar
        self.door.admission.elsewhere = self.wake
        self.door.instead = Preferring(self.database, self.network, sending.region).instead
        self.reception = Reception(self.database, self.door, clock)
        self.replies = Replies(self.database, self.door)
        self.campaigns = Campaigns(self.database, self.door, self.paces, config.campaigns.ahead, self.estimate)
        self.waiting = Waiting(
            self.network, rules, self.door.next_reference, frozenset(sending.may_double), frozenset(sending.sticky)
        )
        self.waiting.missing = sending.receipt_missing
        self.silence = Silence(self.waiting.moving)
        sequel = Sequel(self.waiting.moving)
        self.retry = Retry(sending.attempts, sending.retry_first, most=sending.retry_most, sequel=sequel)
        self.receipts = Receipts(self.retry, chance, over_of(config))
        self.silence.over = lambda: self.receipts.over
        self.handover = Handover(self.receipts, self.retry, chance, rules)
        self.unsure = Unsure(self.receipts, self.retry, chance)
        self._carry_contents(config)
        self._ask_around(config)
        self.calls = Calls(answering_of(config), sending.region, self.own_numbers)
        self._more: dict[str, dict[str, str]] = {}  # facts of ours beside those that the drivers tell
        self.inbox.books = self.balances.books = self.till.books
        made = understanding(config, self.database, self.door, clock, self.own_numbers)
        self.reading, self.orders, self.waiting_orders = made.reading, made.orders, made.waiting_orders
        self.promise, self.proposer = made.promise, made.proposer

    def _ask_around(self, config: Config) -> None:
        """What asks networks: to take a message back or replace it, what became of one, what is left on a SIM."""
        self.recall = self.reception.recall = Recall(self.links, self.database, self.receipts)
        self.replacing = self.reception.replacing = Replacing(self.links, self.database, self.door)
        after = timedelta(seconds=config.sending.ask_after) if config.sending.ask_after else None
        self.asking = Asking(self.links, self.database, self._told, after)
        self.balances = Balances(plans_of(config), self.links, self.database, self.clock, self.tell)

    def _carry_contents(self, config: Config) -> None:
        """What brings MMS and mails in and out."""
        self.fitting = Fitting(self.database)
        self.page_terms = PageTerms(config.pages.url or config.web.public_url or "", config.pages.lasts)
        self.door.shortening = self.short_links = Shortening(self.database, self.page_terms.base, config.web.public_url)
        self.contents = Contents(self.inbox)
        self.builder = Builder(addition=Addition(config.web.public_url))
        self.door.contents = self.carrying = Carrying(self.database, self.fitting, carry_terms(config, self.page_terms))
        self.receipts.showing = Showing(self.network.carries_contents)
        self.fallback, self.smaller = Fallback(self.door, self.carrying), Smaller(self.database, self.door)
        self.inbox.notices = Notices(self.links, self.receipts)
        self.inbox.boxes = Boxes(config.mail, config.media.language)
        own = own_addresses(config.links, config.mail)
        self.post = Post(config.mail, self.database, self.door, self.contents, self.clock, own)
        unfetched = Telling(recipients_of(config.mail), self.number_of)
        self.fetching = Fetching(self.database, self.links, self.brought, unfetched, self.clock)

    def _open_links(self, configured: list[LinkConfig]) -> list[Served]:
        served: list[Served] = []
        for link in configured:
            self.senders[link.name], driver = self.open_link(link)
            self.links[link.name] = driver
            served.append(served_of(link, driver.abilities))
        return served

    def open_link(self, link: LinkConfig) -> tuple[Sender, Link]:
        """A new sender and driver for a configured link, not connected. Raises what the driver raises (BadConfig)."""
        sender = Sender(link.name, self)
        driver = open_link(link.name, link.kind, with_folder(link.driver, self.config.store.folder), sender)
        sender.pace = Pace(link.rate, time.monotonic(), link.burst)
        self.consoles.attach(link.name, driver, link.driver)
        return sender, driver

    def _familiar(self, number: str, reply_to: str | None) -> Familiar | None:
        """The link and number that somebody knows of us."""
        with self.database.reading() as conn:
            return familiar(conn, number, reply_to)

    def paces(self) -> dict[str, float | None]:
        """How many parts a second each link may send now; None for as many as it takes."""
        here = {name: one.pace.reading(time.monotonic()).allowed for name, one in list(self.senders.items())}
        return self.paces_elsewhere | here

    def read_money(self) -> None:
        """Read what parts cost, what SIMs have left and what may be spent, if it is not what was read last."""
        with self.database.reading() as conn:
            if self.till.read(conn, self.clock()):
                log.info("the rates were read")

    def watch_money(self, now: datetime) -> None:
        """Tell the owner what must be told of money, and give back what is kept for what has ended."""
        self.till.watch(self.database, now, for_all=self.holdings.holds("clock"))

    def close_due(self, now: datetime) -> None:
        """Add up and prove the oldest day that is over and not closed; see how much arrives over each link of late."""
        self.till.close_due(self.database, now)
        with self.database.reading() as conn:
            self.network.learn(arriving(conn, now))

    def estimate(self, texts: Iterable[tuple[str, str]], at: datetime | None = None) -> Estimate:
        """What it will cost to send each text to its recipient, at a time or now; nothing is stored.

        texts: (E.164 number, rendered text), in the order in which they would go.
        """
        now = self.clock()

        def route(recipient: str) -> Served | None:
            choice = self.network.choose(recipient, now=now)
            return None if choice is None else choice.link

        return of(texts, route, self.rates, self.till.plans, at or now, serving=self.network.serving)

    def _told(self, link: str, receipt: Receipt) -> Future[None]:
        """What a network said when it was asked goes the way of what it says by itself."""
        return self.senders[link].receipt(receipt)

    def wake(self, link: str) -> None:
        """Messages wait for this link, wherever it is."""
        if (sender := self.senders.get(link)) is not None:
            sender.wake()
        else:
            self.bell.ring(f"link:{link}")

    def heard(self, name: str, health: Health) -> None:
        """A driver told how its link is: routing knows at once, the store soon."""
        now = self.clock()
        served = self.network.links.get(name)
        if served is None:  # a reload took the link away
            return
        sender = self.senders.get(name)
        guard = None if sender is None else sender.guard
        if self.holdings.several and guard is None:  # its last word here: another node has it, or will
            return
        if changed := self.network.heard(name, health, now):
            log.info("link %s is %s%s", name, health.state, f": {health.why}" if health.why else "")
        _, since = self.network.health(name)
        where = {"node": self.holdings.node} if self.holdings.several else {}
        health = replace(health, facts=health.facts | self._more.get(name, {}) | where)
        written = self.database.writer.put(links.write_down, links.Heard(name, served.kind, health, since), guard)
        if changed:
            written.add_done_callback(lambda _: self.bell.ring("links"))

    def set_back(self, by: timedelta) -> None:
        """The time of day was set back: what is queued for a time that comes once more goes now. Raises StoreError."""
        self.database.writer.do(due_again, (self.clock(), by))
        for sender in self.senders.values():
            sender.wake()

    def tell(self, name: str, facts: dict[str, str | None]) -> None:
        """Put facts beside those that the driver tells of its link; None takes one away."""
        before = self._more.get(name, {})
        now = {key: value for key, value in {**before, **facts}.items() if value is not None}
        if now != before and name in self.senders:
            self._more[name] = now
            self.database.writer.put(links.add_facts, (name, facts), self.senders[name].guard)

    def tell_usage(self, now: datetime) -> None:
        """Put beside each link with a SIM how much it sent: its bundle and fair use are counted by that."""
        for name in [name for name, link in list(self.links.items()) if "ussd" in link.abilities.optional]:
            with self.database.reading() as conn:
                sent = usage(conn, name, now)
            self.tell(name, {"parts today": str(sent.today), "parts this month": str(sent.month)})

    def own_numbers(self) -> set[str]:
        """The numbers that our links are known to have."""
        told = {self.network.health(name)[0].facts.get("number") for name in list(self.network.links)}
        configured = {self.config.sending.sender, *(link.sender for link in self.config.links)}
        return {number for number in told | configured if number is not None}

    def number_of(self, link: str) -> str | None:
        """The number that a link is known to have."""
        return self.network.health(link)[0].facts.get("number") if link in self.network.links else None

    def brought(self, link: str, inbound: InboundContent) -> Future[None]:
        """An MMS or a mail came in over a link: the future is done when it is on disk."""
        stored: Future[Any]
        if inbound.envelope is not None:
            stored = self.post.take(link, inbound)
        else:
            stored = self.database.writer.put(self.contents.take, Brought(link, inbound, self.clock()))
        stored.add_done_callback(lambda _: self._to_read())
        return stored

    def _to_read(self) -> None:
        """A text was stored: whoever reads is woken."""
        self.reading.wake()
        if not self.holdings.holds("reading"):
            self.bell.ring("reading")

    def rang(self, link: str, call: Call) -> Future[None]:
        """Somebody rang a link: the future is done when it is on disk."""
        return self.database.writer.put(self.calls.take, Rang(link, call, self.clock()))

    def arrived(self, link: str, piece: InboundPiece) -> Future[None]:
        """A piece came in over a link: the future is done when it is on disk."""
        stored = self.database.writer.put(self.inbox.take, Arrived(link, piece, self.clock()))
        stored.add_done_callback(lambda _: self.fetching.wake() if piece.kind == "data" else self._to_read())
        return stored

    def start_links(self) -> None:
        """Clear up what the last run left in the air, then connect every link."""
        self.read_money()
        names = sorted(set(links.sending_somewhere(self.database)) | set(self.senders))
        for name in names:
            lost = self.database.writer.do(self.handover.recover, (name, self.clock()))
            if lost:
                log.warning("%s: %d messages were in the air when the gateway stopped: they are unsure", name, lost)
        links.forget_others(self.database.writer, list(self.senders))
        self.balances.recall()
        self.database.writer.do(ready, None)
        for name, sender in self.senders.items():
            self.heard(name, Health(LinkState.CONNECTING, "starting"))
            sender.start(self.links[name])

    def stop_links(self, deadline: float) -> None:
        """Stop every link at once; what is in flight is settled or put back until `deadline` (monotonic seconds)."""
        stopping = [
            threading.Thread(target=sender.stop, args=(deadline,), name=f"stop-{name}")
            for name, sender in self.senders.items()
        ]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join(max(0.1, deadline + 1 - time.monotonic()))
        for name, sender in self.senders.items():
            if sender.started:  # else nothing was told of it, and the store may be one that we must not write to
                self.heard(name, Health(LinkState.DOWN, "the gateway is stopped"))

    def close(self) -> None:
        """Write what is waiting and close the store."""
        self.reception.close()
        self.database.close()


def terms_of(config: Config, rules: Rules, till: Till) -> Terms:
    """On which terms the door takes messages in."""
    sending = config.sending
    return Terms(
        region=sending.region,
        sender=sending.sender,
        max_parts=sending.max_parts,
        validity=sending.validity,
        queue_bound=sending.queue_bound,
        on_unsure=sending.resend_unsure,
        sticky=frozenset(sending.sticky),
        rules=rules,
        budgets=till.budgets,
    )


def with_folder(driver: BaseModel, folder: Path) -> BaseModel:
    """A driver's configuration with the gateway's own folder, if it keeps files (`state_dir`) and none is named."""
    if getattr(driver, "state_dir", folder) is None:
        return driver.model_copy(update={"state_dir": folder})
    return driver


def answering_of(config: Config) -> dict[str, Answering]:
    """How the links answer missed calls, by name: those that do."""
    return {
        link.name: Answering(link.missed_call_text, timedelta(seconds=link.missed_call_every), link.missed_call_most)
        for link in config.links
        if link.missed_call_text is not None
    }


def carry_terms(config: Config, terms: PageTerms) -> CarryTerms:
    """How contents go out, by the sections [media] and [pages]."""
    media = config.media
    own = config.pages.company, config.pages.call or ""
    where = tuple(media.without_mms)
    return CarryTerms(media.policy, media.profile, media.patience, media.language, *own, terms, where)
