"""What MM7 says inside its requests as the console of a link shows it: whom a message is for, and the status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from drivers.mm7.requests import Answer
from smsgw.link import WirePart
from smsgw.link_verbs import WireLine, text_told


def submitted(given: Sequence[WirePart], transaction: str, octets: int) -> Iterator[WireLine]:
    """A SubmitReq, for one or several."""
    first, more = given[0], len(given) - 1
    to = first.to if not more else f"{first.to} and {more} more"
    yield WireLine(">", "SubmitReq", {"TransactionID": transaction, "to": to, "content": text_told(octets, "octets")})


def answered(answer: Answer) -> Iterator[WireLine]:
    """The answer to it."""
    status = "" if answer.status is None else str(answer.status)
    told = {"StatusCode": status, "StatusText": answer.says, "message_id": answer.message_id}
    told["failed"] = f"{len(answer.failed)} recipients" if answer.failed else ""
    yield WireLine("<", "SubmitRsp", {name: value for name, value in told.items() if value})
