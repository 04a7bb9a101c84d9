"""TLS on the way to an SMSC: the context, the handshake, and every way in which it fails in words.

The surprise: TLS 1.3 lets us finish the handshake before the SMSC has looked at our certificate, so a refusal of it
comes with the first octets that are read, in the middle of the bind: `trouble` is asked about those errors too.
"""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

from drivers.smpp.config import Config
from drivers.smpp.statuses import Trouble

UNTIL = "certificate until"
_EXPIRED, _NOT_YET, _SELF_SIGNED = 10, 9, 18
_UNKNOWN_AUTHORITY = (2, 19, 20, 21, 27)
_OTHER_NAME = (62, 64)
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "UNEXPECTED_MESSAGE")
_OLD = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE")
_OURS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE", "DECRYPT_ERROR")  # in an alert


def wrap(connected: socket.socket, config: Config) -> ssl.SSLSocket:
    """Shake hands on a connection that blocks at most `connect_timeout`. Raises Trouble; the socket is closed then."""
    try:
        connected.settimeout(config.connect_timeout)
        return context(config).wrap_socket(connected, server_hostname=config.tls_name or config.host)
    except (ssl.SSLError, OSError, ValueError) as error:
        connected.close()
        raise trouble(error, config) from None
    except Trouble:
        connected.close()
        raise


def context(config: Config) -> ssl.SSLContext:
    """What we trust, and who we say we are. Raises Trouble when a file cannot be used."""
    made = ssl.create_default_context()
    if config.tls_ca is not None:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the file's authorities, and no others
        made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the SMSC's own certificate may stand in it
        try:
            made.load_verify_locations(config.tls_ca)
        except OSError as error:
            raise _unusable("tls_ca", config.tls_ca, error) from None
    if config.tls_certificate is not None:
        password = config.tls_key_password.get_secret_value() if config.tls_key_password else ""
        try:
            made.load_cert_chain(config.tls_certificate, config.tls_key, lambda: password)
        except ssl.SSLError as error:
            raise _no_pair(config, error) from None
        except OSError as error:
            named = Path(error.filename or config.tls_key or config.tls_certificate)
            raise _unusable("tls_certificate or tls_key", named, error) from None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _unusable(field: str, path: Path, error: OSError) -> Trouble:
    what = "holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror or str(error)
    return Trouble(f"{field} cannot be used: {path}: {what}", "tls", refused=True)


def _no_pair(config: Config, error: ssl.SSLError) -> Trouble:
    files = " and ".join(str(path) for path in (config.tls_certificate, config.tls_key) if path is not None)
    if error.reason == "KEY_VALUES_MISMATCH":
        says = f"the key does not belong to the certificate ({files}): check tls_certificate and tls_key"
    elif b"ENCRYPTED" in (config.tls_key or config.tls_certificate or Path()).read_bytes():
        says = f"the key has another password than the one that is given ({files}): check tls_key_password"
    else:
        says = f"certificate and key cannot be read from {files}: both must be in PEM form ({error.reason or error})"
    return Trouble(says, "tls", refused=True)


def trouble(error: Exception, config: Config) -> Trouble:
    """Why there is no TLS with the SMSC, and what to check. error: of the handshake, or of the first reads after it."""
    place = config.place
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_believed(error, config)
    reason = getattr(error, "reason", None) or ""
    if "ALERT" in reason and any(word in reason for word in _OURS):
        return _ours_refused(reason, config)
    if any(word in reason for word in _OLD):
        says = f"{place} speaks only a TLS that is too old to be safe ({reason}): ask the carrier for TLS 1.2"
        return Trouble(says, "tls", refused=True)
    if any(word in reason for word in _NO_TLS):
        says = f"what answers at {place} speaks no TLS: check port (TLS often has its own), or write tls = false"
        return Trouble(says, "tls", refused=True)
    if isinstance(error, TimeoutError):
        says = (
            f"{place} took the connection but no TLS handshake within {config.connect_timeout:g} seconds: "
            "it may speak no TLS at this port"
        )
        return Trouble(says, "tls")
    if isinstance(error, (ssl.SSLEOFError, ConnectionError)):
        says = f"{place} ended the connection in the TLS handshake: it may speak no TLS at this port, or not want us"
        return Trouble(says, "tls")
    return Trouble(f"TLS with {place} failed: {reason or error}", "tls")


def _not_believed(error: ssl.SSLCertVerificationError, config: Config) -> Trouble:
    place, code = config.place, error.verify_code
    name = config.tls_name or config.host
    if code in _OTHER_NAME:
        says = f"the certificate of {place} is not for {name!r}: write the name it has into tls_name, or check host"
    elif code == _EXPIRED:
        says = f"the certificate of {place} has expired: the carrier must renew it (or this host's clock is wrong)"
    elif code == _NOT_YET:
        says = f"the certificate of {place} is not valid yet: check this host's clock"
    elif code == _SELF_SIGNED:
        says = f"nobody signed the certificate of {place}: get it from the carrier and name its file as tls_ca"
    elif code in _UNKNOWN_AUTHORITY:
        says = (
            f"an authority that is not trusted here signed the certificate of {place}: get the authority's "
            "certificate from the carrier and name its file as tls_ca"
        )
    else:
        says = f"the certificate of {place} cannot be trusted"
    return Trouble(f"{says} ({error.verify_message})", "tls", refused=True)


def _ours_refused(reason: str, config: Config) -> Trouble:
    if config.tls_certificate is None:
        says = f"{config.place} wants a certificate from us: write its file as tls_certificate, and tls_key"
    else:
        says = (
            f"{config.place} refuses our certificate {config.tls_certificate}: ask the carrier whether it knows it, "
            "and check that it has not expired"
        )
    return Trouble(f"{says} ({reason})", "tls", refused=True)


def described(wrapped: ssl.SSLSocket) -> dict[str, str]:
    """The protocol, and the last day of the SMSC's certificate (in UTC), for the link's page and the doctor."""
    facts = {"tls": wrapped.version() or "TLS"}
    if (until := (wrapped.getpeercert() or {}).get("notAfter")) is not None:
        facts[UNTIL] = f"{datetime.fromtimestamp(ssl.cert_time_to_seconds(str(until)), UTC):%Y-%m-%d}"
    return facts
