"""Who can show an MMS: what is known of a number, and the word of a person, which wins."""

from __future__ import annotations

from typing import Any

from flask import Response

from smsgw.media import capability

from ..context import the_gateway
from .media_shapes import NewCapability, ShownCapability
from .messages import number_of
from .routes import answer, client, route

AT = "/numbers/<number>/mms"


@route("GET", AT, scope="messages:read", answers={200: ShownCapability}, errors=("validation_failed",))
def mms_of_number(number: str) -> Response:
    """Show whether a number can show an MMS, as far as it is known."""
    return answer(capability_json(number_of(number, "/number")))


def capability_json(number: str) -> dict[str, Any]:
    """What is known of a number: media_shapes.ShownCapability."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        known = capability.of(conn, number, gateway.clock())
        sign = next((one for one in capability.signs(conn, number) if one.effect is not None), None)
    heard = sign if known is not capability.NOTHING else None
    return {
        "number": number,
        "state": known.state,
        "evidence": None if heard is None else heard.sign,
        "source": None if heard is None else heard.source,
        "why": known.why,
        "at": known.at,
        "expires_at": known.expires_at,
    }


@route("PUT", AT, scope="messages:send", takes=NewCapability, answers={200: ShownCapability}, audited="mms.set")
def set_mms_of_number(number: str, body: NewCapability) -> Response:
    """Say whether a number can show an MMS; what is said here wins over every sign, until it is taken back (null)."""
    gateway, plain = the_gateway(), number_of(number, "/number")
    sign = capability.set_by_hand(plain, body.state or "unknown", client().id, gateway.clock())
    gateway.database.writer.do(capability.hear, sign)
    return answer(capability_json(plain))
