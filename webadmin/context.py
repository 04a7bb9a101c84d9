"""What every view may ask for: the gateway, who the API's clients are, and whether the server is stopping."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from flask import current_app

from smsgw.access.idempotency import Once
from smsgw.gateway import Gateway

from .api.clients import KnownClients
from .api.quotas import Quotas
from .presence import Presence
from .streams import Streams


@dataclass(frozen=True)
class Context:
    """One for each app. stopping: set when the server ends; whoever waits in a view must look at it.

    waiters: how many requests may wait for something at a time, so that others are still answered.
    quotas: how many requests each client has left. streams: of events, which the front writes.
    presence: who is at which conversation.
    """

    gateway: Gateway
    clients: KnownClients
    once: Once
    waiters: threading.BoundedSemaphore
    quotas: Quotas
    streams: Streams
    presence: Presence
    stopping: threading.Event = field(default_factory=threading.Event)


def here() -> Context:
    """The context of the app that answers the present request."""
    context: Context = current_app.extensions["smsgw"]
    return context


def the_gateway() -> Gateway:
    """The gateway of the app that answers the present request."""
    return here().gateway
