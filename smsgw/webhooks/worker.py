"""Tell one webhook what waits for it: a few connections that are kept open, none of which waits for another webhook.

A receiver that fails is asked by one request at a time and then rests, longer and longer, up to a minute; when it
answers again it gets everything as fast as it takes it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from ..errors import SmsgwError
from ..store.database import Database
from . import retry
from .addresses import read_url
from .dialects.event import APART
from .exchange import KEPT, MOST, Answer, Line, NotConnected, Requests, Stale, connect, spoken
from .hooks import Hook
from .queue import Item, Queue
from .settle import Behind, Health, Outcome
from .signing import Signer, signed_headers
from .terms import Terms

log = logging.getLogger(__name__)

IDLE = 15.0  # seconds that a connection is kept without anything to say
GONE = 410  # RFC 9110 section 15.5.11; Standard Webhooks: the receiver wants no more
LOGGED_TRIES = 20  # failed tries that a delivery remembers


@dataclass(frozen=True, slots=True)
class Written:
    """An outcome to be written down, and what to do then."""

    outcome: Outcome
    then: Callable[[], None]


class Worker:
    """Sends to one webhook. For one event loop."""

    def __init__(
        self,
        hook: Hook,
        database: Database,
        terms: Terms,
        report: Callable[[Written | Behind | Health], None],
    ) -> None:
        """report: is told what is to be written down; it sees to it that it is, or tries until it is."""
        self.hook = hook
        self.queue = Queue(database, hook.id)
        self._terms = terms
        self._report = report
        self._carriers: set[asyncio.Task[None]] = set()
        self._idle: list[asyncio.Future[None]] = []
        self._failures = 0
        self._failing_since = hook.failing_since
        self._is_marked = hook.failing_since is not None  # the store has it that it fails
        self._rest_until = 0.0
        self._stopping = False
        self.set_up(hook)

    def set_up(self, hook: Hook) -> None:
        """Go on with another URL or other secrets; another URL is another receiver, which has not failed."""
        if hook.url != self.hook.url:
            self._failures, self._rest_until = 0, 0.0
        self.hook = hook
        self._target = read_url(hook.url)
        self._requests = Requests(self._target)
        self.secrets = hook.secrets_at(self._terms.clock())
        self._signer = Signer(self.secrets)

    def attend(self) -> None:
        """Read what there is to tell, if it is time to, and have it told."""
        now = self._terms.clock()
        try:
            while not self._stopping and self.queue.wants(now):
                for wait in self.queue.read(now):
                    self._report(wait)
        except SmsgwError as problem:
            log.error("webhook %s: what waits for it cannot be read: %s", self.hook.id, problem)
            self.queue.look()
        self._hire()

    def _hire(self) -> None:
        """Let as many work as there is work for: first those who wait, then new ones."""
        wanted = min(len(self.queue), self._limit())
        while wanted > 0 and self._idle:
            waiting = self._idle.pop()
            if not waiting.done():
                waiting.set_result(None)
                wanted -= 1
        busy = len(self._carriers) - len(self._idle)
        for _ in range(min(wanted, self._limit() - busy)):
            task = asyncio.get_running_loop().create_task(self._carry())
            self._carriers.add(task)
            task.add_done_callback(self._left)

    def _limit(self) -> int:
        return 0 if self._stopping else 1 if self._failures >= retry.PATIENCE else self._terms.connections

    def _left(self, task: asyncio.Task[None]) -> None:
        self._carriers.discard(task)
        if not task.cancelled() and (problem := task.exception()) is not None:
            log.error("webhook %s: sending broke off", self.hook.id, exc_info=problem)
        self._hire()  # more may have left than had to

    async def stop(self, within: float) -> None:
        """Begin nothing new; what is under way has `within` seconds."""
        self._stopping = True
        for waiting in self._idle:
            if not waiting.done():
                waiting.set_result(None)
        if self._carriers:
            _, late = await asyncio.wait(self._carriers, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _carry(self) -> None:
        """One who carries: takes the next, sends it over a connection of its own, tells how it ended."""
        line: Line | None = None
        target = self._target
        try:
            while (item := await self._next()) is not None:
                if line is not None and (target is not self._target or not line.open):
                    await line.gone()
                    line = None
                target = self._target
                try:
                    line, answer = await self._send(line, item)
                except asyncio.CancelledError:
                    self.queue.back(item)
                    raise
                self._judge(item, answer)
        finally:
            if line is not None:
                await line.gone()

    async def _next(self) -> Item | None:
        """The next to be told; None: there is nothing for a while, or others are enough."""
        while not self._stopping and len(self._carriers) - len(self._idle) <= self._limit():
            if (pause := self._rest_until - time.monotonic()) > 0:
                await asyncio.sleep(min(pause, 1.0))  # in steps, to see that we are to stop
                continue
            if (item := self.queue.next()) is not None:
                return item
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._idle.append(waiting)
            try:
                async with asyncio.timeout(IDLE):
                    await waiting
            except TimeoutError:
                return None
            finally:
                with suppress(ValueError):
                    self._idle.remove(waiting)
        return None

    async def _send(self, line: Line | None, item: Item) -> tuple[Line | None, Answer]:
        """One try. A connection that went stale while it was idle counts for nothing: there is a new one."""
        octets = self._signed(item)
        if line is not None:
            try:
                return line, await line.exchange(octets, self._terms.timeout, _kept(item))
            except Stale:
                await line.gone()
        try:
            line = await connect(self._target, self._terms.allowed, self._terms.tls, self._terms.timeout)
        except NotConnected as problem:
            return None, Answer(None, "", str(problem))
        try:
            return line, await line.exchange(octets, self._terms.timeout, _kept(item))
        except Stale:
            await line.gone()
            return None, Answer(None, "", "the connection was closed at once")
        except BaseException:
            await line.gone()
            raise

    def _signed(self, item: Item) -> bytes:
        id, timestamp = item.id.encode(), b"%d" % int(self._terms.clock().timestamp())
        if item.request is not None:
            headers = signed_headers(item.request.get("key", ""), id, timestamp, item.body)
            return spoken(self._target, item.request, headers, item.body)
        return self._requests.write(id, timestamp, self._signer.signature(id, timestamp, item.body), item.body)

    def _judge(self, item: Item, answer: Answer) -> None:
        """Decide what becomes of a delivery, and of the webhook."""
        answer = _expected(item, answer)
        if answer.good:
            if self._failures or self._failing_since is not None:
                self._recovered()
            self._end(item, self._outcome(item, answer, "deliver", f"answered {answer.status}"))
            return
        now = self._terms.clock()
        wish = retry.wish_of(answer.retry_after, now)
        if self.hook.dialect is None or answer.status is None or answer.status >= 500:
            self._failed(answer, wish, now)  # else it is one URL of many that is wrong
        outcome = self._failure(item, answer, wish, now)
        if outcome.event == "give_up":
            log.warning("webhook %s: %s is given up: %s", self.hook.id, item.id, outcome.why)
            self._end(item, outcome)
        else:
            self._report(Written(outcome, lambda: self._put_off(item, outcome)))

    def _end(self, item: Item, outcome: Outcome) -> None:
        if self.queue.ended(item):
            self._hire()
        self._report(Written(outcome, lambda: self._is_written(item)))

    def _is_written(self, item: Item) -> None:
        self.queue.written(item)
        if self.queue.wants(self._terms.clock()):
            self.attend()

    def _put_off(self, item: Item, outcome: Outcome) -> None:
        if self.queue.put_off(item) and outcome.due_at is not None:
            self._report(Behind(self.hook.id, item.record_id, item.line, outcome.due_at))

    def _failure(self, item: Item, answer: Answer, wish: float, now: datetime) -> Outcome:
        """What a failed try means for the delivery."""
        attempts = item.attempts + 1
        said = answer.error or f"answered {answer.status}"
        due = None if answer.status == GONE else self._terms.retry.next(attempts, wish, now)
        event = "give_up" if due is None else "put_off"
        then = f"given up after {attempts} tries" if due is None else f"tried again at {due:%Y-%m-%d %H:%M:%S}Z"
        url = (item.request or {}).get("url", self.hook.url)
        told = {
            "at": f"{now.isoformat()[:19]}Z", "url": url, "status": answer.status, "error": said,
            "said": answer.said[:KEPT], "ms": answer.ms,
        }  # fmt: skip
        tries = [*item.tries, told][-LOGGED_TRIES:]
        return replace(self._outcome(item, answer, event, f"{said}; {then}"), due_at=due, tries=tries)

    def _outcome(self, item: Item, answer: Answer, event: str, why: str) -> Outcome:
        return Outcome(
            item.id, self.hook.id, item.record_id, item.line, event, why, None, item.attempts + 1, answer.status,
            answer.said[:KEPT], reply=_reply(item, answer),
        )  # fmt: skip

    def _failed(self, answer: Answer, wish: float, now: datetime) -> None:
        """Note that the receiver fails, let it rest, and switch it off when it has failed for long."""
        at = time.monotonic()
        if at >= self._rest_until:  # else it was under way when the receiver was found failing: that counts once
            self._failures += 1
        self._rest_until = max(self._rest_until, at + retry.rest(self._failures, wish))
        why = answer.error or f"it answered {answer.status}"
        since = self._failing_since = self._failing_since or now
        disable = ""
        if answer.status == GONE:
            disable = "the receiver answered 410: it wants no more"
        elif now - since >= self._terms.give_up and self._failures >= retry.PATIENCE:
            disable = f"it has failed since {since:%Y-%m-%d %H:%M}Z, at last: {why}"
        if disable:
            self._stopping = True
            log.error("webhook %s to %s is switched off: %s", self.hook.id, self.hook.url, disable)
        fails = self._failures >= retry.PATIENCE and not self._is_marked
        if fails and not disable:
            log.warning("webhook %s to %s fails: %s", self.hook.id, self.hook.url, why)
        if disable or fails:
            self._is_marked = True
            self._report(Health(self.hook.id, since, now, disable))

    def _recovered(self) -> None:
        self._failures, self._rest_until, self._failing_since = 0, 0.0, None
        if self._is_marked:
            self._is_marked = False
            log.info("webhook %s works again", self.hook.id)
            self._report(Health(self.hook.id, None, self._terms.clock()))
        self._hire()


def _kept(item: Item) -> int:
    """How many octets of the answer matter: all of them if it may be a text for the phone."""
    return MOST if item.request is not None and item.request.get("replies") else KEPT


def _expected(item: Item, answer: Answer) -> Answer:
    """An answer that is not in the words that the dialect demands is none."""
    wanted = (item.request or {}).get("expects", "")
    if not wanted or not answer.good or answer.said.strip().startswith(wanted):
        return answer
    return replace(answer, status=None, error=f"answered {answer.status}, but not {wanted}")


def _reply(item: Item, answer: Answer) -> str | None:
    """What a receiver answers to the phone, if it is something to be read."""
    asked = item.request is not None and item.request.get("replies")
    if not asked or not answer.good or answer.status == 204 or not answer.said.strip():
        return None
    if not (answer.media.startswith("text/") or answer.media.endswith("xml")):
        return None
    if asked == "kannel" and answer.media == "text/plain":  # of HTML smsbox reads no headers
        return APART.join((answer.to, answer.sender, answer.said))
    return answer.said
