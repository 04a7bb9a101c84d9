"""What links do besides texts: calls that came, USSD codes, what is left on a SIM and what it sent; with their shapes.

Whoever asks by USSD waits for the network, up to two minutes; one link talks to one at a time.
"""

from __future__ import annotations

from typing import Any, Literal

from flask import Response
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from smsgw.errors import BadInput, Conflict
from smsgw.inbound import calls as missed
from smsgw.outbound import balances as money
from smsgw.outbound.usage import usage
from smsgw.store.lifecycle import CALL
from smsgw.store.tables.types import AnyRow

from ..context import the_gateway
from . import paging
from .messages import number_of
from .routes import answer, route
from .shapes import Moment, Page, Paging, Shape, Words

SCOPE = "links:ussd"
SHOWN = 100  # balances in one answer
_TALKING = ("not_found", "conflict", "modem_refuses", "ussd_failed", "modem_silent")


class CallFilter(Paging):
    """Which calls to list."""

    from_: Words | None = Field(None, alias="from", max_length=100, description="Only those from this number.")


class MissedCall(Shape):
    """Somebody rang, and was not answered: smsgw never picks up."""

    id: str = Field(description="Its id.")
    status: str = Field(description="Its state.", json_schema_extra={"enum": list(CALL.states)})
    why: str = Field(description="Why it is in this state, in words.")
    from_: str | None = Field(alias="from", description="Who rang; null: the caller hid the number.")
    link: str = Field(description="The link that rang.")
    at: Moment = Field(description="When.")
    answered_by: str | None = Field(description="The id of the text that went to the caller by itself.")


class CallPage(Page):
    """Calls, newest first."""

    data: list[MissedCall] = Field(description="The calls.")


class UssdAsk(Shape):
    """A USSD code, or the reply to what the network asked last: one of the two."""

    code: Words | None = Field(None, min_length=1, max_length=160, description="A code to begin with, such as *101#.")
    reply: Words | None = Field(None, min_length=1, max_length=160, description="An answer to the network's question.")
    timeout: int = Field(60, ge=1, le=120, description="How many seconds to wait for the network.")

    @model_validator(mode="after")
    def _one_of_them(self) -> UssdAsk:
        if (self.code is None) == (self.reply is None):
            raise PydanticCustomError("code_or_reply", "give either code or reply")
        return self


class UssdTold(Shape):
    """What the network said."""

    text: str = Field(description="Its words.")
    expects_reply: bool = Field(description="Whether it waits for a reply; DELETE ends that.")


class UssdEnded(Shape):
    """There is no USSD session any more."""

    status: Literal["ended"] = Field(description="Always ended.")


class KeptBalance(Shape):
    """What the network said of the money on a SIM at one time."""

    link: str = Field(description="The link.")
    at: Moment = Field(description="When it was asked.")
    amount: str | None = Field(description="The amount, exactly, such as 12.34; null: not found in what was said.")
    currency: str | None = Field(description="Its currency, as the network writes it.")
    said: str = Field(description="The network's own words.")
    trouble: str | None = Field(description="Why the network did not answer.")


class BalancePage(Page):
    """What is known of a SIM's money, newest first."""

    data: list[KeptBalance] = Field(description="The answers, the newest hundred.")


class SentParts(Shape):
    """How many parts a link sent, by the calendar of the gateway's machine."""

    link: str = Field(description="The link.")
    today: int = Field(description="Since midnight.")
    month: int = Field(description="Since the first of the month.")


@route("GET", "/calls", scope="messages:read", query=CallFilter, answers={200: CallPage})
def calls(query: CallFilter) -> Response:
    """List missed calls, newest first."""
    before = paging.after(query)
    with the_gateway().database.reading() as conn:
        rows = missed.listing(conn, query.limit + 1, before, _caller(query.from_))
    return paging.page(rows, query.limit, call_json, paging.after(query))


def _caller(written: str | None) -> str | None:
    """A caller in its one spelling."""
    try:
        return None if written is None else number_of(written, "/from")
    except BadInput:
        return written


def call_json(row: AnyRow) -> dict[str, Any]:
    """A call's row as the API shows it: MissedCall."""
    return {
        "id": row.id,
        "status": row.state,
        "why": row.why,
        "from": row.caller,
        "link": row.link,
        "at": row.at,
        "answered_by": row.message_id,
    }


def _known(name: str) -> None:
    """There is such a link, here or at another node, and it can talk to its operator. Raises NotFound, Conflict."""
    gateway = the_gateway()
    served = gateway.network.links.get(name)
    if name in gateway.links or served is None:
        gateway.balances.speaker(name)
    elif "ussd" not in served.abilities.optional:
        raise Conflict(f"{name} cannot send USSD codes: only modems can", code="no_ussd")


@route("POST", "/links/<name>/ussd", scope=SCOPE, takes=UssdAsk, answers={200: UssdTold}, errors=_TALKING, outside=True)
def ussd(name: str, body: UssdAsk) -> Response:
    """Send a USSD code over a modem, or reply to the network's question, and wait for the answer."""
    link = the_gateway().balances.speaker(name)
    if body.code is not None:
        told = link.ussd(body.code, body.timeout)
    else:
        told = link.ussd_reply(body.reply or "", body.timeout)
    the_gateway().balances.charge(name)
    return answer({"text": told.text, "expects_reply": told.expects_reply})


@route("DELETE", "/links/<name>/ussd", scope=SCOPE, answers={200: UssdEnded}, errors=_TALKING)
def ussd_end(name: str) -> Response:
    """End a USSD session that waits for a reply."""
    the_gateway().balances.speaker(name).ussd_cancel()
    return answer({"status": "ended"})


@route("POST", "/links/<name>/balance", scope=SCOPE, answers={200: KeptBalance}, errors=_TALKING, outside=True)
def ask_balance(name: str) -> Response:
    """Ask the network now what is left on the SIM, and keep its answer."""
    return answer(balance_json(the_gateway().balances.ask(name)))


@route("GET", "/links/<name>/balance", scope="links:read", answers={200: BalancePage}, errors=("not_found", "conflict"))
def balances(name: str) -> Response:
    """List what was heard of the money on a SIM, newest first."""
    gateway = the_gateway()
    _known(name)
    with gateway.database.reading() as conn:
        rows = money.history(conn, name, SHOWN)
    return answer({"data": [balance_json(row) for row in rows], "next_cursor": None})


def balance_json(row: AnyRow) -> dict[str, Any]:
    """A balance's row as the API shows it: KeptBalance."""
    amount = money.money(row).split(" ")[0] or None
    told = {name: getattr(row, name) for name in ("link", "at", "currency", "said", "trouble")}
    return told | {"amount": amount}


@route("GET", "/links/<name>/usage", scope="links:read", answers={200: SentParts}, errors=("not_found", "conflict"))
def sent_parts(name: str) -> Response:
    """Tell how many parts a SIM sent today and this month: its bundle is counted by that."""
    gateway = the_gateway()
    _known(name)
    with gateway.database.reading() as conn:
        sent = usage(conn, name, gateway.clock())
    return answer({"link": name, "today": sent.today, "month": sent.month})
