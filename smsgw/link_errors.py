"""Which error means what: why a link did not take a part, as values that say what follows. A part of `smsgw.link`.

Drivers and everybody else import them from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class LinkError:
    """Why a part was not taken. Each subclass answers: what becomes of it, when again, does the link rest, what to say.

    then: "put_back" (certainly not sent: again later), "lose" (may be sent: unsure) or "give_up" (never again).
    counts: whether this try counts against the attempts a message has (a link that is down is not its fault).
    after: seconds before the same part may be tried again; None: the retry policy decides.
    rest: seconds in which the link takes nothing more; 0: it goes on.
    """

    says: str
    code: str = ""
    after: float | None = None
    rest: float = 0.0

    @property
    def then(self) -> Literal["put_back", "lose", "give_up"]:
        return "put_back"

    @property
    def counts(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class LinkDown(LinkError):
    """There is no connection, and nothing of this part left."""

    @property
    def counts(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class Throttled(LinkError):
    """The network says: too fast. The link rests for `rest` seconds."""

    rest: float = 1.0

    @property
    def counts(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class NoAnswer(LinkError):
    """It was written and never answered: it may have gone out."""

    @property
    def then(self) -> Literal["put_back", "lose", "give_up"]:
        return "lose"


@dataclass(frozen=True, slots=True)
class RejectedForGood(LinkError):
    """The network refuses this part, and will always refuse it.

    A code that begins with `content-` says that only this content is refused: a smaller one may pass.
    """

    @property
    def then(self) -> Literal["put_back", "lose", "give_up"]:
        return "give_up"


@dataclass(frozen=True, slots=True)
class RejectedForNow(LinkError):
    """The network refuses this part at the moment."""


@dataclass(frozen=True, slots=True)
class RecipientUnreachable(LinkError):
    """The phone cannot be reached at the moment: worth another try, but not soon."""

    after: float | None = 300.0


@dataclass(frozen=True, slots=True)
class Misconfigured(LinkError):
    """The link itself is set up wrongly (no service centre, wrong password): a person must act; nothing is lost."""

    rest: float = 60.0

    @property
    def counts(self) -> bool:
        return False
