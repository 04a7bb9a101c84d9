"""One request and its answer over a connection that is kept open, HTTP/1.1 (RFC 9112), with a bound on everything.

asyncio carries the octets and httptools (llhttp, the parser of Node and uvicorn) reads the answers: a third of the CPU
of http.client, and no thread for a receiver that does not answer. A library that also resolves, redirects and uses
proxies by itself would do what must not happen here: we connect to the address that was checked, and to no other.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httptools

from .. import __version__
from ..store.storable import storable
from .addresses import AddressRefused, Allowed, Target, read_url

MOST = 64 * 1024  # octets of one answer that are read; then the connection is closed
LONGEST = 60_000  # letters of a URL with a text in it
KEPT = 500  # octets of an answer's body that are kept for the log
ONE_ADDRESS = 5.0  # seconds for one of several addresses to take a connection


@dataclass(frozen=True, slots=True)
class Answer:
    """How a request ended. status: None if no answer came, then `error` says why. said: how the body begins.

    retry_after: what the header of that name says, seconds or a date. ms: how long it took. media: its content type.
    to, sender: where a text in it is to go and from whom (Kannel's X-Kannel-To and X-Kannel-From), if it says.
    """

    status: int | None
    said: str = ""
    error: str = ""
    retry_after: str | None = None
    ms: int = 0
    media: str = ""
    to: str = ""
    sender: str = ""

    @property
    def good(self) -> bool:
        """Whether the receiver took it (2xx). A redirect is none: it may lead where nobody allowed us to go."""
        return self.status is not None and 200 <= self.status < 300


class NotConnected(Exception):
    """No connection could be made; the reason is in words."""


class Stale(Exception):
    """A connection that was kept open is closed, and nothing was answered: another one may be tried at once."""


class Line(asyncio.Protocol):
    """A connection to a receiver. One exchange at a time. Made by `connect`."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: Any = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._gone = asyncio.Event()
        self._used = False
        self._begun = 0.0
        self._keep = KEPT
        self._forget()

    def _forget(self) -> None:
        self._octets = 0
        self._status: int | None = None
        self._said = b""
        self._retry_after: str | None = None
        self._media = ""
        self._redirected: dict[bytes, str] = {}

    @property
    def open(self) -> bool:
        """Whether it can be used."""
        return self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes, within: float, keep: int = KEPT) -> Answer:
        """Send a request and wait for its answer, at most `within` seconds. keep: octets of its body. Raises Stale."""
        if self._transport is None or self._transport.is_closing():
            raise Stale
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Answer] = loop.create_future()
        self._waiting, self._keep = waiting, keep
        self._begun = time.monotonic()
        alarm = loop.call_later(within, self._give_up, f"no answer within {within:g} seconds")
        self._transport.write(request)
        try:
            return await waiting
        finally:
            alarm.cancel()
            self._waiting = None
            self._used = True

    def close(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    async def gone(self) -> None:
        """Hang up, and wait until the socket is closed."""
        self.close()
        await self._gone.wait()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The connection is there."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Octets of an answer came."""
        if self._waiting is None:
            self.close()  # nobody asked: it says that it hangs up, or is no web server
            return
        self._octets += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as wrong:
            self._give_up(f"the answer is not HTTP: {wrong}")
            return
        if self._octets > MOST and self._waiting is not None:
            self._end_early(f"the answer's head is larger than {MOST} octets")

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side hung up, or we did."""
        self._gone.set()
        if self._waiting is None or self._waiting.done():
            return
        if self._used and not self._octets:
            self._waiting.set_exception(Stale())
        else:
            self._end_early(f"the connection was closed before there was an answer{f': {exc}' if exc else ''}")

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the answer."""
        if len(name) == 11 and name.lower() == b"retry-after":
            self._retry_after = value.decode("latin-1")[:60]
        elif len(name) == 12 and name.lower() == b"content-type":
            self._media = value.decode("latin-1")[:60].partition(";")[0].strip().lower()
        elif name.lower() in (b"x-kannel-to", b"x-kannel-from"):
            self._redirected[name.lower()] = storable(value.decode("latin-1").strip(), 60)

    def on_headers_complete(self) -> None:
        """The answer's head is whole."""
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        """A piece of the answer's body."""
        if len(self._said) < self._keep:
            self._said += body[: self._keep - len(self._said)]

    def on_message_complete(self) -> None:
        """The answer is whole; 1xx only announces one (RFC 9110 section 15.2)."""
        if self._status is not None and self._status < 200:
            self._forget()
            return
        keep = self._parser.should_keep_alive()
        self._answer()
        if not keep:
            self.close()

    def _answer(self) -> None:
        answer = Answer(
            self._status,
            storable(self._said.decode(errors="replace"), self._keep) if self._said else "",
            "",
            self._retry_after,
            int((time.monotonic() - self._begun) * 1000),
            self._media,
            self._redirected.get(b"x-kannel-to", ""),
            self._redirected.get(b"x-kannel-from", ""),
        )
        self._forget()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(answer)

    def _end_early(self, why: str) -> None:
        """The answer ends here: its status counts if it came, and the connection is of no more use."""
        if self._status is None:
            self._give_up(why)
        else:
            self._answer()
            self.close()

    def _give_up(self, why: str) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(Answer(None, "", why, None, int((time.monotonic() - self._begun) * 1000)))
        self.close()


async def connect(target: Target, allowed: Allowed, tls: ssl.SSLContext, within: float) -> Line:
    """A connection to a receiver, by an address that is allowed. Raises NotConnected."""
    try:
        async with asyncio.timeout(within):
            return await _connect(target, allowed, tls)
    except TimeoutError as late:
        raise NotConnected(f"{target.host} took no connection within {within:g} seconds") from late


async def _connect(target: Target, allowed: Allowed, tls: ssl.SSLContext) -> Line:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as unknown:
        raise NotConnected(f"the name {target.host} is not known: {unknown}") from unknown
    why = f"the name {target.host} has no address"
    for family, _, _, _, where in dict.fromkeys(found):
        try:
            allowed.check(str(where[0]), target.port)
            handle = await _reach(family, where, target.port, allowed)
            return await _speak(handle, target, tls)
        except AddressRefused as refused:
            why = str(refused)
        except ssl.SSLError as wrong:
            why = f"TLS with {target.host} failed: {getattr(wrong, 'verify_message', '') or wrong.reason or wrong}"
        except TimeoutError:
            why = f"{where[0]} port {target.port} does not answer"
        except OSError as problem:
            why = f"{where[0]} port {target.port} took no connection: {problem.strerror or problem}"
    raise NotConnected(why)


async def _reach(family: int, where: Any, port: int, allowed: Allowed) -> socket.socket:
    """Connect to one address. One of our own is told by both ends being the same."""
    handle = socket.socket(family, socket.SOCK_STREAM)
    try:
        handle.setblocking(False)
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        async with asyncio.timeout(ONE_ADDRESS):
            await asyncio.get_running_loop().sock_connect(handle, where)
        if handle.getsockname()[0] == handle.getpeername()[0]:
            allowed.check_own(port)
        return handle
    except BaseException:
        handle.close()
        raise


async def _speak(handle: socket.socket, target: Target, tls: ssl.SSLContext) -> Line:
    loop = asyncio.get_running_loop()
    secure: dict[str, Any] = {"ssl": tls, "server_hostname": target.host} if target.tls else {}
    try:
        _, line = await loop.create_connection(Line, sock=handle, **secure)
        return line
    except BaseException:
        with suppress(OSError):
            handle.close()
        raise


class Requests:
    """Writes requests to one target; what is the same in all of them is written once."""

    def __init__(self, target: Target) -> None:
        self._head = (
            f"POST {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nUser-Agent: smsgw/{__version__}\r\n"
            "Accept: */*\r\nContent-Type: application/json\r\nwebhook-id: "
        ).encode()

    def write(self, id: bytes, timestamp: bytes, signature: bytes, body: bytes) -> bytes:
        """A whole request."""
        return b"".join(
            (
                self._head, id, b"\r\nwebhook-timestamp: ", timestamp, b"\r\nwebhook-signature: ", signature,
                b"\r\nContent-Length: %d\r\n\r\n" % len(body), body,
            )
        )  # fmt: skip


def spoken(target: Target, request: Mapping[str, Any], headers: Mapping[str, str], body: bytes) -> bytes:
    """A whole request of a dialect: its own method, path and headers, `headers` beside them."""
    path = read_url(request["url"], LONGEST).path
    fields = {
        "Host": target.authority, "User-Agent": f"smsgw/{__version__}", "Accept": "*/*",
        **request.get("headers", {}), **headers,
    }  # fmt: skip
    if body or request["method"] != "GET":
        fields["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {_line(value)}\r\n" for name, value in fields.items())
    return f"{request['method']} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def _line(value: str) -> str:
    """A value that stays in its line."""
    return value.replace("\r", " ").replace("\n", " ")


def trusting() -> ssl.SSLContext:
    """TLS that verifies receivers with the certificates of this host (or those of $SSL_CERT_FILE)."""
    return ssl.create_default_context()
