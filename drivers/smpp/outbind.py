"""The door at which an SMSC may call: it says outbind, and is bound back as receiver (SMPP 3.4 section 4.1.7).

The surprise: whoever calls is told our password, in the bind that follows. So only known addresses are let in.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from drivers.smpp.config import Config
from drivers.smpp.connection import listening
from smsgw.link import Health, LinkState

log = logging.getLogger(__name__)

PATIENCE = 0.2  # seconds between two looks whether we shall stop


class Door:
    """Listens in a thread of its own. called: is given each connection of a caller that may call.

    noted: is told how the door is: open, or why not; it is tried again every `reconnect_most` seconds.
    """

    def __init__(
        self, name: str, config: Config, called: Callable[[socket.socket], None], noted: Callable[[Health], None]
    ) -> None:
        assert config.outbind_listen is not None
        self._config = config
        self._called = called
        self._noted = noted
        self._address = listening(config.outbind_listen)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"smpp-{name}-outbind", daemon=True)
        self.port = 0  # where it listens, once it does

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5 * PATIENCE)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with _listener(self._address) as server:
                    self.port = server.getsockname()[1]
                    self._noted(Health(LinkState.UP, f"waits for the SMSC's call at {self._config.outbind_listen}"))
                    self._listen(server)
            except OSError as error:
                why = f"cannot listen for the SMSC at {self._config.outbind_listen}: {error.strerror or error}"
                self._noted(Health(LinkState.DOWN, why))
                self._stopping.wait(self._config.reconnect_most)

    def _listen(self, server: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connected, caller = server.accept()
            except TimeoutError:
                continue
            if self._may_call(caller[0]):
                self._called(connected)
            else:
                log.warning("a call from %s was not taken: it is not among outbind_from or the hosts", caller[0])
                connected.close()

    def _may_call(self, caller: str) -> bool:
        address = ip_address(caller.partition("%")[0])
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped or address
        if self._config.outbind_from:
            return any(address in ip_network(network) for network in self._config.outbind_from)
        return str(address) in {known for host, _ in self._config.places for known in _addresses(host)}


def _listener(address: tuple[str, int]) -> socket.socket:
    server = socket.create_server(address, family=socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
    server.settimeout(PATIENCE)
    return server


def _addresses(host: str) -> set[str]:
    """The addresses behind a name; looked up at each call, for they change."""
    with contextlib.suppress(OSError):
        return {str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    return set()
