"""Fetch a medium from an address that a client named: over HTTP(S) only, bounded, and never where callbacks may not go.

Each name is looked up here and connected to by the address that was checked, so that nothing can change in between;
the same for every redirect. Link-local and metadata addresses and the gateway's own ports are refused, and private
networks unless [webhooks] networks names them.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from contextlib import suppress
from urllib.parse import urljoin

from .. import __version__
from ..errors import BadInput, Fault
from ..webhooks.addresses import AddressRefused, Allowed, Target, read_url

WITHIN = 15.0  # seconds for all of it
STEPS = 4  # three redirects
_MOVED = (301, 302, 303, 307, 308)


def fetch(url: str, allowed: Allowed, most: int, pointer: str, within: float = WITHIN) -> bytes:
    """The octets at this address. most: octets. pointer: where the address stands in what was asked.

    Raises BadInput: media_url_invalid, media_url_refused, media_not_fetched, media_too_large.
    """
    end = time.monotonic() + within
    for _ in range(STEPS):
        target = _target(url, pointer)
        answer = _ask(target, allowed, most, pointer, end)
        if isinstance(answer, bytes):
            return answer
        url = urljoin(url, answer)
    raise _bad(pointer, "media_not_fetched", f"{url[:100]} leads on and on: name the place itself")


def _target(url: str, pointer: str) -> Target:
    try:
        return read_url(url)
    except BadInput as wrong:
        raise _bad(pointer, "media_url_invalid", wrong.faults[0].detail) from wrong


def _ask(target: Target, allowed: Allowed, most: int, pointer: str, end: float) -> bytes | str:
    """The octets, or where they are now."""
    handle = None
    try:
        handle = _reach(target, allowed, end)
        if target.tls:
            handle = ssl.create_default_context().wrap_socket(handle, server_hostname=target.host)
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = handle
        headers = {"Host": target.authority, "User-Agent": f"smsgw/{__version__}", "Accept": "*/*"}
        connection.request("GET", target.path, headers=headers)
        return _answered(connection.getresponse(), most, pointer, end)
    except AddressRefused as refused:
        raise _bad(pointer, "media_url_refused", str(refused)) from refused
    except (OSError, http.client.HTTPException, ValueError) as problem:
        says = f"{target.host} gave nothing: {problem or type(problem).__name__}"
        raise _bad(pointer, "media_not_fetched", says) from problem
    finally:
        if handle is not None:
            with suppress(OSError):
                handle.close()


def _reach(target: Target, allowed: Allowed, end: float) -> socket.socket:
    """A connection to an address that may be called. Raises AddressRefused, OSError."""
    problem: Exception = OSError("its name has no address")
    for family, _, _, _, where in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM):
        try:
            allowed.check(str(where[0]), target.port)
            handle = socket.socket(family, socket.SOCK_STREAM)
            try:
                handle.settimeout(max(0.1, end - time.monotonic()))
                handle.connect(where)
                if handle.getsockname()[0] == handle.getpeername()[0]:  # ours, by another name
                    allowed.check_own(target.port)
                return handle
            except BaseException:
                handle.close()
                raise
        except (AddressRefused, OSError) as no:
            problem = no
    raise problem


def _answered(answer: http.client.HTTPResponse, most: int, pointer: str, end: float) -> bytes | str:
    if answer.status in _MOVED:
        return answer.getheader("Location") or ""
    if answer.status != 200:
        raise _bad(pointer, "media_not_fetched", f"its server answered {answer.status}")
    octets = bytearray()
    while piece := answer.read1(65536):
        octets += piece
        if len(octets) > most:
            raise _bad(pointer, "media_too_large", f"it has more than {most} octets")
        if time.monotonic() > end:
            raise _bad(pointer, "media_not_fetched", "it took too long")
    return bytes(octets)


def _bad(pointer: str, code: str, says: str) -> BadInput:
    return BadInput([Fault(pointer, code, says)])
