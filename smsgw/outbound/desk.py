"""What a link's sender works with: the gateway as it sees it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from typing import Protocol

from ..link import Call, Health, InboundContent, InboundPiece
from ..media.building import Builder
from ..store.database import Database
from .handover import Handover
from .receipts import Receipts
from .routing import Network


class Desk(Protocol):
    """What a sender works with: the gateway's steps, its links, its clock."""

    database: Database
    builder: Builder
    handover: Handover
    receipts: Receipts
    network: Network
    clock: Callable[[], datetime]

    def heard(self, name: str, health: Health) -> None:
        """A driver told how its link is."""

    def arrived(self, link: str, piece: InboundPiece) -> Future[None]:
        """A piece came in; the future is done when it is on disk."""

    def brought(self, link: str, inbound: InboundContent) -> Future[None]:
        """An MMS or a mail came in; the future is done when it is on disk."""

    def rang(self, link: str, call: Call) -> Future[None]:
        """Somebody rang; the future is done when it is on disk."""
