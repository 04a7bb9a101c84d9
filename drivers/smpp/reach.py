"""Open a connection to an SMSC, with TLS or without; every way in which that fails is said in words."""

from __future__ import annotations

import socket

from drivers.smpp import tls
from drivers.smpp.config import Config
from drivers.smpp.statuses import Trouble

TLS_ALERT = b"\x15\x03"  # how a server that wants TLS answers one who speaks without


def connect(config: Config) -> socket.socket:
    """A connection to `config.host`, ready for the bind. Raises Trouble."""
    connected = _connected(config)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return tls.wrap(connected, config) if config.tls else connected


def _connected(config: Config) -> socket.socket:
    host, port, place = config.host, config.port, config.place
    try:
        return socket.create_connection((host, port), config.connect_timeout)
    except socket.gaierror as error:
        raise Trouble(f"there is no host {host!r} ({error.strerror}): check host, and name resolution") from None
    except ConnectionRefusedError:
        raise Trouble(
            f"{place} refuses connections: check port, whether the SMSC is running and lets this host in"
        ) from None
    except TimeoutError:
        raise Trouble(
            f"{place} did not answer within {config.connect_timeout:g} seconds: check host, port and firewalls"
        ) from None
    except (OSError, UnicodeError) as error:
        raise Trouble(f"{place} cannot be reached: {error}") from None


def not_smpp(config: Config, said: bytes, why: object) -> Trouble:
    """What answers is no SMSC, by the octets it said."""
    if said.startswith(TLS_ALERT):
        return Trouble(f"{config.place} wants TLS: write tls = true", "tls", refused=True)
    return Trouble(
        f"what answers at {config.place} does not speak SMPP, it said {said[:32]!r} ({why}): check host and port"
    )


def hung_up(config: Config, how: object) -> Trouble:
    """It ended the connection before it let us in."""
    perhaps = "it may want a certificate from us (tls_certificate)" if config.tls else "it may want TLS on this port"
    return Trouble(
        f"{config.place} ended the connection instead of answering the bind ({how}): it may accept only "
        f"certain addresses, {perhaps}, or not speak SMPP"
    )
