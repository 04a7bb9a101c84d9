"""A gateway with a simulated network and a port for SMPP clients, in this process, for clients that others wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from smsgw.access import keys, smpp_clients
from smsgw.access.smpp_clients import Terms
from smsgw.config import Config
from smsgw.daemon import Daemon
from smsgw.gateway import Gateway
from smsgw.link_verbs import PhoneText, Simulated
from smsgw.listener import open_listener
from smsgw.store.tables import message

PHONE, OURS = "+38640111222", "+38640111000"


class Smsc:
    """The gateway as an SMSC: its port, an account, its one phone, and what it stored."""

    def __init__(self, folder: Path, **terms: Any) -> None:
        link = {"name": "phones", "kind": "fake", "handsets": [PHONE], "delay": 0.0, "receipt_delay": 0.05}
        config = Config.model_validate(
            {
                "store": {"url": f"sqlite:///{folder / 'store.db'}"},
                "sending": {"region": "SI", "duplicate_window": 0},
                "links": [link],
                "listen": {"smpp": [{"listen": "127.0.0.1:0"}]},
            }
        )
        self.gateway = Gateway(config)
        self._listener = open_listener("smpp", config.listen.smpp[0], self.gateway.reception)
        self._daemon = Daemon(self.gateway, [self._listener])
        self._daemon.start()
        writer = self.gateway.database.writer
        keys.create(writer, keys.NewKey("shop", ["messages:send", "messages:read"], self.gateway.clock()))
        self.system_id, self.password = smpp_clients.create(writer, "shop", Terms(inbound=("*",), **terms))

    @property
    def port(self) -> int:
        """Where clients connect."""
        return int(self._listener.name.rpartition(":")[2])

    @property
    def phone(self) -> Simulated:
        """The network with the phone."""
        link = self.gateway.links["phones"]
        assert isinstance(link, Simulated)
        return link

    def shown(self, many: int = 1) -> list[PhoneText]:
        """What the phone shows, when it is so many texts."""
        return eventually(lambda: len(texts := self.phone.texts(PHONE)) >= many and texts)

    def stored(self) -> list[Any]:
        """The rows of its messages, oldest first."""
        with self.gateway.database.reading() as conn:
            return list(conn.execute(select(message).order_by(message.c.id)))

    def stop(self) -> None:
        """End it."""
        self._daemon.stop()


def eventually(what: Callable[[], Any], seconds: float = 90) -> Any:
    """Wait until `what` gives something true, and return that."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)
    return found


@contextmanager
def running(folder: Path, **terms: Any) -> Iterator[Smsc]:
    """A gateway for the block."""
    smsc = Smsc(folder, **terms)
    try:
        yield smsc
    finally:
        smsc.stop()
