"""How clients of other gateways are told: the same events in the words of Kannel, Twilio and so on, and in our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import android, jasmin, kannel, native, twilio
from .event import Event, Request

__all__ = ["CALLBACK", "DIALECTS", "NATIVE", "Event", "Request", "render"]

CALLBACK = "callback"  # a hook that each message brings its own URL and dialect for
NATIVE = "smsgw"

DIALECTS: Mapping[str, Callable[[Event], Request | None]] = {
    "kannel": kannel.render,
    "twilio": twilio.render,
    "jasmin": jasmin.render,
    "android": android.render,
    NATIVE: native.render,
}


def render(dialect: str, event: Event) -> Request | None:
    """The request that tells an event; None when this dialect has no word for it, or nobody asked to be told."""
    speak = DIALECTS.get(dialect)
    return None if speak is None else speak(event)
