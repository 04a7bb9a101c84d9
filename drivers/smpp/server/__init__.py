"""The other side of SMPP: client programs find an SMSC here. Implements `smsgw.listener`.

The PDUs are ours, like those of the link (see `drivers.smpp.pdu`): smpplib has no server side, and its generic decoder
takes longer over a submit_sm than everything else together. Tests hold that smpplib and node-smpp read and write the
same octets.
"""

from __future__ import annotations

from socket import socket

from drivers.smpp.server.listener import SmppListener
from drivers.smpp.server.port import Port
from smsgw.listener import Listener, Reception

__all__ = ["open_listener"]


def open_listener(config: Port, reception: Reception, held: socket | None = None) -> Listener:
    """A listener that can be started. config: a [[listen.smpp]] table. held: listens already at its address."""
    return SmppListener(config, reception, held)
