"""Every second: imports of customers that are being read, applied or undone get a piece further."""

from __future__ import annotations

from datetime import datetime
from weakref import WeakKeyDictionary

from smsgw.customers.importing.importing import Importer
from smsgw.gateway import Gateway

PATIENCE = 2.0  # seconds in one run: a stop of the clock waits for it
_importers: WeakKeyDictionary[Gateway, Importer] = WeakKeyDictionary()  # each keeps the sheet open that it reads


def run(gateway: Gateway, now: datetime) -> None:
    """Go on with what there is, for a moment."""
    _importers.setdefault(gateway, Importer(gateway.database)).advance(gateway.clock, PATIENCE)
