"""What a listener reads of its configuration, a `[[listen.smpp]]` table (see `smsgw.config`)."""

from __future__ import annotations

import ssl
from typing import Protocol


class Port(Protocol):
    """A [[listen.smpp]] table."""

    @property
    def system_id(self) -> str: ...

    @property
    def bind_within(self) -> float: ...

    @property
    def enquire_link(self) -> float: ...

    @property
    def answer_timeout(self) -> float: ...

    @property
    def deliver_window(self) -> int: ...

    @property
    def connections(self) -> int: ...

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    def server_context(self) -> ssl.SSLContext | None: ...
