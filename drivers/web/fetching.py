"""Fetch what a carrier's call names: over HTTP, with our account only at the carrier itself, bounded in all.

Where it leads is looked at before each step: never to a link-local address or a cloud's metadata, whoever says so.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

LARGEST = 20 * 1024 * 1024  # octets of one medium
STEPS = 4  # redirects, and one
_METADATA = {"fd00:ec2::254", "100.100.100.200"}


class Gone(Exception):
    """The carrier says that it is not there, or it is what we never take: to ask again is of no use."""


class NotFetched(Exception):
    """It could not be fetched now."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A medium as the carrier gave it. media_type: as its server says; "" if it says nothing."""

    octets: bytes
    media_type: str


def fetch(url: str, own_host: str, authorization: str, within: float) -> Fetched:
    """One medium. own_host: host:port of the carrier's API, the only one that is shown the authorization.

    within: seconds for all of it. Raises Gone, NotFetched.
    """
    end = time.monotonic() + within
    for _ in range(STEPS):
        split = urlsplit(url)
        if split.scheme not in ("http", "https") or not split.hostname:
            raise Gone(f"{url[:100]!r} is no address on the web")
        headers = {"User-Agent": "smsgw", "Accept": "*/*"}
        if authorization and split.netloc == own_host:
            headers["Authorization"] = authorization
        answer = _ask(url, headers, end)
        if isinstance(answer, Fetched):
            return answer
        url = urljoin(url, answer)
    raise Gone("it leads from one place to the next without end")


def _ask(url: str, headers: dict[str, str], end: float) -> Fetched | str:
    """The medium, or where it is now."""
    split = urlsplit(url)
    left = end - time.monotonic()
    if left <= 0:
        raise NotFetched("it took too long")
    connection: http.client.HTTPConnection
    try:
        port = split.port or (443 if split.scheme == "https" else 80)
        host = _checked(split.hostname or "", port)
        if split.scheme == "https":
            connection = http.client.HTTPSConnection(host, port, timeout=left, context=ssl.create_default_context())
        else:
            connection = http.client.HTTPConnection(host, port, timeout=left)
    except (OSError, ValueError) as problem:
        raise NotFetched(str(problem)) from problem
    try:
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        connection.request("GET", path, headers={**headers, "Host": split.netloc.rpartition("@")[2]})
        return _answered(connection, end)
    except (OSError, http.client.HTTPException, ValueError) as problem:
        raise NotFetched(str(problem) or type(problem).__name__) from problem
    finally:
        connection.close()


def _answered(connection: http.client.HTTPConnection, end: float) -> Fetched | str:
    answer = connection.getresponse()
    if answer.status in (301, 302, 303, 307, 308):
        return answer.getheader("Location") or ""
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise NotFetched(f"the carrier answered {answer.status}")
    if answer.status != 200:
        raise Gone(f"the carrier answered {answer.status}")
    octets = bytearray()
    while piece := answer.read(65536):
        octets += piece
        if len(octets) > LARGEST:
            raise Gone(f"it has more than {LARGEST} octets")
        if time.monotonic() > end:
            raise NotFetched("it took too long")
    media_type = (answer.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    return Fetched(bytes(octets), media_type[:80])


def _checked(host: str, port: int) -> str:
    """The host, if none of its addresses is one that is never asked. Raises Gone, OSError."""
    for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        address = ip_address(str(found[4][0]).partition("%")[0])
        if address.is_link_local or address.is_multicast or address.is_unspecified or str(address) in _METADATA:
            raise Gone(f"{host} is {address}, which is never asked")
    return host
