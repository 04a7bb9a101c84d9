"""Mails as the console of a link shows them: from whom to whom, how large, and what the server said."""

from __future__ import annotations

from collections.abc import Iterator

from smsgw.link import LinkError
from smsgw.link_verbs import WireLine, text_told


def opened(host: str, port: int, encryption: str) -> Iterator[WireLine]:
    """A connection to the mail server is open, and we are known there."""
    yield WireLine(">", "connected", {"host": f"{host}:{port}", "encryption": encryption})


def given(sender: str, to: str, mail: bytes) -> Iterator[WireLine]:
    """A mail is handed over."""
    yield WireLine(">", "MAIL", {"from": sender, "to": to, "data": text_told(len(mail), "octets")})


def answered(outcome: str | LinkError | None) -> Iterator[WireLine]:
    """What the server said to it; None: it hung up before anything of the mail was sent."""
    if isinstance(outcome, str):
        yield WireLine("<", "250", {"reference": outcome})
    elif outcome is None:
        yield WireLine("<", "closed")
    else:
        yield WireLine("<", outcome.code or type(outcome).__name__, {"said": outcome.says})


def came(octets: bytes, sender: str, to: str | None, *, known: bool) -> Iterator[WireLine]:
    """A mail came in, by the listener or in the mailbox."""
    told = {"from": sender or "<>", "to": to or "", "data": text_told(len(octets), "octets")}
    yield WireLine("<", "MAIL", told | ({"handed in by": "somebody who logged in"} if known else {}))


def stored(problem: BaseException | None) -> Iterator[WireLine]:
    """Whether it is on disk, so that it is acknowledged."""
    yield WireLine(">", "stored" if problem is None else "not stored", {} if problem is None else {"why": str(problem)})
