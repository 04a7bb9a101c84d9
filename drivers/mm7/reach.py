"""How an MMSC is reached: the name, the connection, TLS; and which of these fails, in words."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.mm7.config import Config


class Unusable(Exception):
    """A file that TLS needs cannot be used."""


def context(config: Config) -> ssl.SSLContext:
    """What we trust, and who we say we are. Raises Unusable when a file cannot be used."""
    made = ssl.create_default_context()
    field, path = "tls_ca", config.tls_ca
    try:
        if path is not None:
            made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the file's authorities, and no others
            made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the MMSC's own certificate may stand in it
            made.load_verify_locations(path)
        field, path = "tls_certificate", config.tls_certificate
        if path is not None:
            secret = config.tls_key_password
            password = secret.get_secret_value() if secret is not None else ""
            made.load_cert_chain(path, config.tls_key, password)
    except (OSError, ValueError) as wrong:
        says = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise Unusable(f"{field} cannot be used: {path}: {says}") from None
    return made


class Context:
    """The context of a link: made when it is first needed, and anew when somebody says so."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._made: ssl.SSLContext | None = None

    def get(self) -> ssl.SSLContext | None:
        """What a connection begins with now; None where there is no TLS. Raises Unusable."""
        if self._made is None and self._config.url.startswith("https:"):
            self._made = context(self._config)
        return self._made

    def read_again(self) -> bool:
        """Use what is in the files now; whether there is TLS. Raises Unusable: then it is as it was."""
        if not self._config.url.startswith("https:"):
            return False
        self._made = context(self._config)
        return True


def unreachable(config: Config, tls: Context | None = None) -> str:
    """Why an MMSC cannot be reached now: its name, the connection, or TLS; empty when it can.

    tls: what its link has in use, for the files may be half of a renewal; without it the files say.
    """
    patience = min(5.0, config.connect_timeout)
    try:
        socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
    except OSError as problem:
        return f"the name {config.host} is not known: {problem.strerror or problem}"
    try:
        connected = socket.create_connection((config.host, config.port), patience)
    except OSError as problem:
        return f"{config.place} takes no connection: {problem.strerror or problem}"
    with connected:
        if not config.url.startswith("https:"):
            return ""
        try:
            in_use = tls.get() if tls is not None else None
            (in_use or context(config)).wrap_socket(connected, server_hostname=config.host).close()
        except Unusable as problem:
            return str(problem)
        except ssl.SSLCertVerificationError as problem:
            return f"the certificate of {config.place} cannot be trusted: {problem.verify_message} (see tls_ca)"
        except (OSError, ValueError) as problem:
            return f"TLS with {config.place} failed: {getattr(problem, 'reason', None) or problem}"
    return ""
