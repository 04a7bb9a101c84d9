"""What a server of ours shows those who connect by TLS: certificate and key, and in words why they cannot be used."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Protocol, runtime_checkable

from smsgw.errors import BadConfig


@runtime_checkable
class Shows(Protocol):
    """A part of the daemon, or a link, that says by a certificate who it is."""

    name: str

    def read_certificates(self) -> bool:
        """Show what is in the files now, from the next connection on; those that are open go on as they are.

        Returns whether it shows any. Raises BadConfig: then it goes on with what it had.
        """


def server_context(where: str, certificate: Path, key: Path | None) -> ssl.SSLContext:
    """A context for a server, TLS 1.2 at the least. where: the table that names the files, such as [web].

    Raises BadConfig when a file cannot be read, is no PEM, has a password, or the two do not belong together.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    for field, file in (("tls_certificate", certificate), ("tls_key", key)):
        if file is not None:
            _readable(f"{where} {field}", file)
    try:
        made.load_cert_chain(certificate, key, lambda: "")  # without a password here, the terminal would be asked
    except OSError as error:  # SSLError is one
        raise BadConfig([_no_pair(where, certificate, key, error)]) from None
    return made


def _readable(what: str, file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise BadConfig([f"{what} cannot be read: {file}: {error.strerror or error}"]) from None


def _no_pair(where: str, certificate: Path, key: Path | None, error: OSError) -> str:
    if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
        return f"{where} tls_key {key or certificate} does not belong to tls_certificate {certificate}"
    if b"CERTIFICATE-----" not in certificate.read_bytes():
        return f"{where} tls_certificate {certificate} holds no certificate in PEM form"
    kept = (key or certificate).read_bytes()
    if b"PRIVATE KEY-----" not in kept:
        also = "" if key else ": name the file that does as tls_key"
        field = "tls_key" if key else "tls_certificate"
        return f"{where} {field} {key or certificate} holds no private key in PEM form{also}"
    if b"ENCRYPTED" in kept:
        return f"{where} the private key in {key or certificate} has a password: take it off (openssl pkey)"
    return f"{where} tls_certificate and tls_key cannot be used: {getattr(error, 'reason', None) or error}"
