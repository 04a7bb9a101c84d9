"""Every exception that smsgw raises on purpose.

The tree::

    SmsgwError
    ├─ BadConfig           the configuration file is wrong; every mistake is in .mistakes
    ├─ BadInput            a value from outside is wrong; every fault is in .faults
    ├─ NotFound            no such message, key, user or link
    ├─ Conflict            the record is in a state that forbids this
    ├─ RefusedByPolicy     the gate said no: opted out, duplicate, no route
    ├─ Unauthenticated     no or wrong password, key or session
    ├─ Forbidden           known, but the scope is missing
    ├─ QueueFull           come back later; .retry_after seconds
    ├─ NotFetched          an MMS stays in the network; .for_good: for ever; .step: how far it came
    └─ StoreError          the database cannot be used
       ├─ StoreUnreachable it does not answer, is locked by another daemon, or cannot be opened
       ├─ StoreTooNew      a newer smsgw wrote it
       ├─ Fenced           another node has by now what was to be written
       └─ StoreFull        no space left; nothing was accepted

Each carries a sentence for the person in front of it (`str(error)`), a stable `code` for programs, and `hint`:
the next step. What a *network* answers is not an exception but a value: see `smsgw/link.py`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input: where (JSON pointer, such as `/to`), a stable code, and words."""

    pointer: str
    code: str
    detail: str


class SmsgwError(Exception):
    """The root: catch this to catch everything that smsgw raises on purpose."""

    code = "internal"
    hint = ""

    def __init__(self, says: str, *, code: str | None = None, hint: str | None = None) -> None:
        super().__init__(says)
        if code is not None:
            self.code = code
        if hint is not None:
            self.hint = hint


class BadConfig(SmsgwError):
    """The configuration cannot be used; `mistakes` holds one finished sentence for each mistake."""

    code = "bad_config"

    def __init__(self, mistakes: list[str], *, hint: str | None = None) -> None:
        super().__init__("\n".join(mistakes), hint=hint)
        self.mistakes = mistakes


class BadInput(SmsgwError):
    """A value from outside is wrong; all faults are told at once."""

    code = "validation_failed"

    def __init__(self, faults: list[Fault], *, hint: str | None = None) -> None:
        super().__init__("; ".join(f.detail for f in faults), hint=hint)
        self.faults = faults


class NotFound(SmsgwError):
    """There is no such record."""

    code = "not_found"


class Conflict(SmsgwError):
    """The record exists, but its state forbids what was asked."""

    code = "conflict"


class RefusedByPolicy(SmsgwError):
    """The gate said no; `faults` says which rule, `code` is the first rule's code."""

    code = "refused"

    def __init__(self, faults: list[Fault], *, hint: str | None = None) -> None:
        super().__init__("; ".join(f.detail for f in faults), code=faults[0].code, hint=hint)
        self.faults = faults


class Unauthenticated(SmsgwError):
    """Nobody we know: the key, the password or the session is missing or wrong."""

    code = "unauthenticated"


class Forbidden(SmsgwError):
    """Somebody we know, who may not do this."""

    code = "forbidden_scope"


class QueueFull(SmsgwError):
    """The queue is at its bound: nothing was accepted, try again after `retry_after` seconds."""

    code = "queue_full"

    def __init__(self, says: str, *, retry_after: int) -> None:
        super().__init__(says)
        self.retry_after = retry_after


class NotFetched(SmsgwError):
    """An MMS could not be fetched from the network, or the network could not be told that it was.

    for_good: trying again is of no use. step: how far it came: set-up, bearer, name, connection, request or answer.
    """

    code = "mms_not_fetched"

    def __init__(
        self, says: str, *, step: str = "answer", for_good: bool = False, code: str | None = None, hint: str = ""
    ) -> None:
        super().__init__(says, code=code, hint=hint)
        self.step = step
        self.for_good = for_good


class StoreError(SmsgwError):
    """The database cannot be used."""

    code = "store_error"


class StoreUnreachable(StoreError):
    """The database does not answer, cannot be opened, or belongs to another running daemon."""

    code = "store_unreachable"


class StoreTooNew(StoreError):
    """The database was written by a newer version of smsgw."""

    code = "store_too_new"


class Fenced(StoreError):
    """What was to be written belongs to another node by now; nothing was written."""

    code = "fenced"


class StoreFull(StoreError):
    """No space is left: the write was not done, and the caller was not told yes."""

    code = "store_full"
