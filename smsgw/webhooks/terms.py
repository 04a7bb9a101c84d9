"""What all webhooks have in common: whom they may call, how long they wait, how often they try."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ssl import SSLContext

from ..config import WebhooksConfig
from .addresses import Allowed, read_networks
from .exchange import trusting
from .retry import PAUSES, Retry


@dataclass(frozen=True)
class Terms:
    """timeout: seconds for a connection, and for an answer. connections: to one receiver at a time. give_up: how long
    a receiver may fail before it is switched off.
    """

    allowed: Allowed
    tls: SSLContext
    retry: Retry
    clock: Callable[[], datetime]
    timeout: float = 15.0
    connections: int = 8
    give_up: timedelta = timedelta(days=5)


def utc_now() -> datetime:
    """The clock of a running gateway."""
    return datetime.now(UTC)


def allowed_of(config: WebhooksConfig, own_ports: Callable[[], Collection[int]]) -> Allowed:
    """Whom this configuration allows to be called. own_ports: tells where the gateway itself listens."""
    return Allowed(read_networks(config.networks), own_ports)


def terms_of(
    config: WebhooksConfig,
    own_ports: Callable[[], Collection[int]],
    clock: Callable[[], datetime] = utc_now,
    chance: Callable[[], float] = random.random,
    pauses: tuple[float, ...] = PAUSES,
) -> Terms:
    """The terms of this configuration. Raises OSError when the certificates of this host cannot be read."""
    return Terms(
        allowed_of(config, own_ports),
        trusting(),
        Retry(chance, pauses),
        clock,
        config.timeout,
        config.connections,
        timedelta(days=config.give_up_days),
    )
