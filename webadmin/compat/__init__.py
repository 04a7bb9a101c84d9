"""Doors for other gateways' clients: Kannel, Twilio, the SMS Gateway for Android, Jasmin; thin over the same submit.

Each door is open by a setting ([doors] open), speaks its dialect byte for byte, also when it says no, and has no rules
of its own: keys, gate, history and callbacks are those of the native API.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask

from ..api.clients import KnownClients
from . import android, android_more, jasmin, kannel, kannel_status, twilio, twilio_media, twilio_numbers
from .entering import Entrance

DOORS = {
    "kannel": (kannel.door,),
    "twilio": (twilio.door,),
    "android": (android.door, android.local),
    "jasmin": (jasmin.door,),
}
ROUTED = (
    android_more,
    kannel_status,
    twilio_media,
    twilio_numbers,
)  # imported for the routes that they hang on the doors


def install(app: Flask, clients: KnownClients, opened: Sequence[str]) -> None:
    """Open these doors."""
    app.extensions["doors"] = Entrance(clients)
    for name in dict.fromkeys(opened):
        for door in DOORS[name]:
            app.register_blueprint(door)
