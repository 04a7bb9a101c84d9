"""How each text of a batch went, told as Jasmin tells it: GET with batchId, to, status and statusText.

As in its `rest/tasks.py`, callback_url hears of what was taken (status 1) and errback_url of what was not (status 0).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from smsgw.access.keys import Client
from smsgw.store.ids import new_id
from smsgw.webhooks import clients
from smsgw.webhooks.calling_back import Call, call
from smsgw.webhooks.dialects.event import form
from smsgw.webhooks.dialects.words import uuid

from ..context import the_gateway
from .sending import allowed


class Batch:
    """One batch: what is to be told is gathered, and told at its end."""

    def __init__(self, client: Client, config: Mapping[str, Any]) -> None:
        """config: the request's batch_config. Raises BadInput for a URL that may not be called."""
        gateway = the_gateway()
        self._client = client
        self._now = gateway.clock()
        self.id = new_id("bat", self._now)
        self._urls = {name: str(config[name]) for name in ("callback_url", "errback_url") if config.get(name)}
        self._origins = {
            name: clients.callback(gateway.database.writer, client.id, url, allowed(), self._now)
            for name, url in self._urls.items()
        }
        self._calls: list[Call] = []

    def went(self, to: str, says: str) -> None:
        """This text was taken."""
        self._gather("callback_url", to, 1, says)

    def failed(self, to: str, says: str) -> None:
        """This one was not."""
        self._gather("errback_url", to, 0, "HTTPAPI error: " + says.strip('"'))

    def _gather(self, name: str, to: str, status: int, says: str) -> None:
        if name in self._urls:
            told = [("batchId", uuid(self.id)), ("to", to), ("status", str(status)), ("statusText", says)]
            request = form("GET", self._urls[name], told)
            about = f"{self.id}:{len(self._calls)}"
            self._calls.append(Call(self._client.id, self._origins[name], about, request))

    def tell(self) -> None:
        """Have it told; returns when that is on disk."""
        if self._calls:
            call(the_gateway().database.writer, self._calls, self._now)
