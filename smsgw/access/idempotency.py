"""Do a request once, however often it is asked with the same Idempotency-Key, crashes included.

Three steps, each durable before the next: the key is *claimed* with the fingerprint of the request, the work is done,
the answer is *kept*. A crash in between leaves a claim without an answer. What whoever asks again then gets depends on
the work:

- `named`: the work is done again under the same `ref`, by which what was already done is recognised: messages carry it
  as their client_ref.
- `stored`: the transaction that did the first of it has marked the claim (see `_Mark`). Without the mark nothing was
  done, and it is done now; with it the answer is lost, and that is what is told.
- `outside`: it happens elsewhere, such as on a modem, so it is marked before: nobody can know whether it was done.

So nothing is locked, and nothing is done twice.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, delete, insert, select, update

from ..errors import BadInput, Conflict, Fault, QueueFull, RefusedByPolicy, StoreError
from ..store.database import Writer
from ..store.fences import Guard, under
from ..store.tables import idempotency

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
LONGEST = 255
REF = "idem:"  # what the refs made here begin with; nobody else's may
_NOTHING_DONE = (BadInput, RefusedByPolicy, Conflict, QueueFull)  # after these the key is free again


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that is to be done once: who asks, the key they chose, what the request says, and when.

    work: how it is told after a crash whether it was done (see above). look: where one sees that, as `GET /api/v1/…`.
    """

    client: str
    key: str
    fingerprint: bytes
    at: datetime
    work: Literal["named", "stored", "outside"] = "named"
    look: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What a request was answered with. answer: any JSON. replayed: it is the answer to an earlier one."""

    status: int
    answer: Any
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """Since when a key is taken for a request. fresh: nothing was done for it yet. done: the answer that was kept."""

    at: datetime
    fresh: bool = False
    done: Done | None = None


class Once:
    """Does requests once. One for each process; safe from any thread."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._lock = threading.Lock()
        self._busy: dict[tuple[str, str], tuple[bytes, Done | None]] = {}

    def do(self, wish: Wish, work: Callable[[str], Done]) -> Done:
        """Do `work`, or tell what it answered before. `work` is given a ref: the same for the same request.

        Raises Conflict (`idempotency_conflict` for another request with this key, `idempotency_in_progress`,
        `idempotency_outcome_unknown` where the answer was lost in a crash), and what `work` raises. After a refusal
        the key is free; after any other exception it stays claimed, for the work may have been done.
        """
        name = (wish.client, wish.key)
        with self._lock:
            earlier = self._busy.get(name)
            if earlier is None:
                self._busy[name] = (wish.fingerprint, None)
        if earlier is not None:
            return _told_again(wish, *earlier)
        try:
            claim = self._writer.do(_claim, wish)
            if claim.done is not None:
                self._free(name)
                return claim.done
            done = self._work(wish, claim, work)
        except BaseException:
            self._free(name)
            raise
        self._keep(wish, done)
        return done

    def _work(self, wish: Wish, claim: Claim, work: Callable[[str], Done]) -> Done:
        try:
            with under(_Mark(wish) if wish.work == "stored" else None):
                return work(_ref(wish, claim.at))
        except _NOTHING_DONE:
            if claim.fresh:  # a claim that was taken over stays: the one before us may have done something
                self._writer.do(_forget, wish)
            raise

    def _keep(self, wish: Wish, done: Done) -> None:
        """Write the answer down; until it is, this process remembers it."""
        name = (wish.client, wish.key)
        with self._lock:
            self._busy[name] = (wish.fingerprint, done)
        try:
            self._writer.put(_keep, (wish, done)).add_done_callback(lambda _: self._free(name))
        except StoreError as problem:  # the work is done, so say so: whoever asks again finds it by its ref
            log.warning("the answer for an Idempotency-Key could not be kept: %s", problem)
            self._free(name)

    def _free(self, name: tuple[str, str]) -> None:
        with self._lock:
            self._busy.pop(name, None)


def read_key(header: str) -> str:
    """The key in an Idempotency-Key header, quoted (a structured string, RFC 8941 section 3.3.3) or bare.

    Raises BadInput with the code `idempotency_key_invalid`.
    """
    key = header.strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if not 1 <= len(key) <= LONGEST or not key.isascii() or not key.isprintable():
        says = f"an Idempotency-Key is 1 to {LONGEST} printable ASCII letters: a random UUID is a good one"
        raise BadInput([Fault("", "idempotency_key_invalid", says)])
    return key


def fingerprint(what: str, body: Any) -> bytes:
    """What tells two requests apart: where they go, and their JSON, however it is laid out."""
    return sha256(json.dumps([what, body], sort_keys=True).encode()).digest()


def _ref(wish: Wish, claimed_at: datetime) -> str:
    """The work's own name. The time is in it because a key may be used anew when it is forgotten."""
    return REF + sha256(f"{claimed_at.isoformat()} {wish.key}".encode()).hexdigest()[:40]


def _told_again(wish: Wish, fingerprint: bytes, done: Done | None) -> Done:
    if fingerprint != wish.fingerprint:
        raise _another_request(wish)
    if done is None:
        raise Conflict(
            "a request with this Idempotency-Key is being worked on at this moment",
            code="idempotency_in_progress",
            hint="ask again in a second with the same key",
        )
    return Done(done.status, done.answer, replayed=True)


def _another_request(wish: Wish) -> Conflict:
    return Conflict(
        f"the Idempotency-Key {wish.key!r} was used for another request within the last 24 hours",
        code="idempotency_conflict",
        hint="use a new key for each new request, and the same key only to repeat one",
    )


def _unknown(wish: Wish) -> Conflict:
    what = "may have been done" if wish.work == "outside" else "was done, perhaps not to its end,"
    return Conflict(
        f"the request with this Idempotency-Key {what} before its answer was lost, so it is not done again",
        code="idempotency_outcome_unknown",
        hint=f"look whether it is there{f': {wish.look}' if wish.look else ''}; a new key does it again",
    )


class _Mark(Guard):
    """Rides with what a request writes: the transaction that does the first of its work marks the claim."""

    def __init__(self, wish: Wish) -> None:
        super().__init__("the request", 0, float("inf"))
        self._wish = wish

    def stands(self, conn: Connection) -> bool:
        """Always; and it leaves its mark."""
        unmarked = _row(self._wish) & idempotency.c.worked_at.is_(None)
        conn.execute(update(idempotency).where(unmarked).values(worked_at=self._wish.at))
        return True


def _row(wish: Wish) -> Any:
    return (idempotency.c.client == wish.client) & (idempotency.c.key == wish.key)


def _claim(conn: Connection, batch: list[Wish]) -> list[Claim | Conflict]:
    """Take the key for this request; Conflict if another request has it."""
    results: list[Claim | Conflict] = []
    for wish in batch:
        row = conn.execute(select(idempotency).where(_row(wish))).first()
        if row is not None and row.at <= wish.at - KEPT:
            conn.execute(delete(idempotency).where(_row(wish)))
            row = None
        if row is None:
            values = {"client": wish.client, "key": wish.key, "body_hash": wish.fingerprint, "at": wish.at}
            values["worked_at"] = wish.at if wish.work == "outside" else None
            conn.execute(insert(idempotency).values(values))
            results.append(Claim(wish.at, fresh=True))
        elif bytes(row.body_hash) != wish.fingerprint:
            results.append(_another_request(wish))
        elif row.status is not None:
            results.append(Claim(row.at, done=Done(row.status, row.answer, replayed=True)))
        elif row.worked_at is not None:
            results.append(_unknown(wish))
        else:
            results.append(Claim(row.at, fresh=wish.work == "stored"))
    return results


def _keep(conn: Connection, batch: list[tuple[Wish, Done]]) -> list[None]:
    for wish, done in batch:
        conn.execute(update(idempotency).where(_row(wish)).values(status=done.status, answer=done.answer))
    return [None] * len(batch)


def _forget(conn: Connection, batch: list[Wish]) -> list[None]:
    for wish in batch:
        conn.execute(delete(idempotency).where(_row(wish), idempotency.c.status.is_(None)))
    return [None] * len(batch)
