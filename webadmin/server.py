"""The web server as a part of the daemon: the front and waitress, a loop each, which end without cutting anybody off.

The front (see front.py) has the connections and lends them to waitress, until the next message. Waitress has two
differences here. What breaks HTTP itself is answered with a problem, like everything else. And a body that is too large
is read and thrown away before the 413, for a client that is cut off while it sends never sees why.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import BaseWSGIServer, create_server
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge

from smsgw.config.listen import split_address
from smsgw.errors import SmsgwError
from smsgw.gateway import Gateway
from smsgw.passed_sockets import WEB, passed

from .catalogue import BY_CODE
from .front import Front
from .front_head import START
from .front_tls import context_of
from .hot import HotVerb
from .problems import MEDIA_TYPE, Problem, as_json
from .streams import BEGIN, STREAM, Listener, Stream, Streams, head_of

log = logging.getLogger(__name__)

TURN = 1.0  # seconds that one turn of the loop may wait
FILES_MB = 32  # forms with files, and media: their views say themselves how much they take
SWALLOWED = 64 * 1024 * 1024  # the largest body that is read only to be thrown away
_FOLD = re.compile(rb"\n[ \t]")
CLOSING = 0.5  # seconds before the deadline in which what is left is closed


class AddressUnavailable(SmsgwError):
    """The server cannot listen where the configuration says."""

    code = "address_unavailable"


class WebServer:
    """Serves an app at [web] listen. A part of the daemon: see smsgw.daemon.Part."""

    name = "web server"

    def __init__(self, gateway: Gateway, app: Flask) -> None:
        self._web = gateway.config.web
        self._further = gateway.config.doors.listen
        self._files_mb = max(FILES_MB, gateway.config.media.largest + 1)
        self._app = app
        self._stopping: threading.Event = app.extensions["smsgw"].stopping
        self._streams: Streams = app.extensions["smsgw"].streams
        self._map: dict[int, Any] = {}
        self._listeners: list[Any] = []
        self._borrowed: deque[tuple[socket.socket, Any, int, bytes]] = deque()  # not yet in the map
        self._front: Front | None = None
        self._dispatcher: Any = None
        self._deadline = float("inf")
        self._beat = 0.0
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self.port = 0

    def start(self) -> None:
        """Listen; returns when requests are taken. Raises AddressUnavailable, BadConfig (of its certificate)."""
        tls = context_of(self._web)
        sockets = passed(WEB) or self._bind_all()
        self.port = int(sockets[0].getsockname()[1])
        server = create_server(
            self._app,
            map=self._map,
            sockets=sockets,
            threads=self._web.threads,
            max_request_body_size=max(self._web.max_body_mb, self._files_mb) * 1024 * 1024 + 1,
            connection_limit=1000,
            ident=None,
            url_scheme=self._web.scheme,
        )
        self._dispatcher = server.task_dispatcher
        self._dispatcher.queue_logger = logging.getLogger("webadmin.queue")
        self._dispatcher.queue_logger.setLevel(logging.ERROR)  # that requests wait for a thread is no news
        self._listeners = [one for one in self._map.values() if isinstance(one, BaseWSGIServer)]
        for listener in self._listeners:
            listener.accepting = False  # that is what the front does
        self._front = Front(sockets, HotVerb(self._app), self._borrow, self._count, self._streams, tls)
        self._beat = time.monotonic()
        self._thread.start()
        self._front.start()
        log.info("listening at %s://%s", self._web.scheme, self.address)

    @property
    def address(self) -> str:
        """Where it listens, as host:port with the real port."""
        host = self._web.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def _bind_all(self) -> list[socket.socket]:
        """Sockets at [web] listen, and at what [doors] listen adds."""
        bound: list[socket.socket] = []
        try:
            for listen in (self._web.listen, *self._further):
                bound += self._bind(listen)
        except AddressUnavailable:
            for one in bound:
                one.close()
            raise
        return bound

    def _bind(self, listen: str) -> list[socket.socket]:
        """Sockets that listen at every address that a host has, all at one port."""
        bound: list[socket.socket] = []
        try:
            found = socket.getaddrinfo(*split_address(listen), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            for family, _, _, _, address in dict.fromkeys(found):
                host, port = str(address[0]), int(address[1])
                if bound and port == 0:
                    port = int(bound[0].getsockname()[1])
                one = socket.socket(family, socket.SOCK_STREAM)
                bound.append(one)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                one.bind((host, port))
                one.listen(1024)
        except OSError as problem:
            for one in bound:
                one.close()
            raise self._unavailable(listen, problem) from problem
        return bound

    def _unavailable(self, listen: str, problem: OSError) -> AddressUnavailable:
        port = split_address(listen)[1]
        return AddressUnavailable(
            f"the web server cannot listen at {listen}: {problem.strerror or problem}",
            hint=f"another program may hold it, perhaps another smsgw (ss -ltnp 'sport = :{port}' shows "
            "which): end that one, or choose another address in [web] listen or [doors] listen",
        )

    def stop(self, deadline: float) -> None:
        """Take no more connections, answer what was asked until `deadline` (monotonic seconds), then close."""
        if not self._thread.is_alive():
            return
        self._deadline = deadline - CLOSING
        self._stopping.set()
        with suppress(OSError):  # the loop saw it by itself, and has closed the trigger already
            self._listeners[0].pull_trigger()
        self._thread.join(max(0.1, deadline - time.monotonic()))

    def read_certificates(self) -> bool:
        """See smsgw.config.certificates.Shows."""
        tls = context_of(self._web)
        if tls is None or self._front is None:
            return False
        self._front.show(tls)
        return True

    def alive(self) -> bool:
        """Whether both loops turn and their threads live."""
        turns = self._thread.is_alive() and time.monotonic() - self._beat < 30
        return turns and self._front is not None and self._front.alive()

    def _run(self) -> None:
        assert self._front is not None
        while not self._stopping.is_set():
            self._turn(TURN)
        self._front.stop(self._deadline)  # from here, so that nothing is given back to what has ended
        while (self._busy() or not self._front.ended) and time.monotonic() < self._deadline:
            self._turn(0.05)
        self._dispatcher.shutdown(timeout=max(0.0, self._deadline - time.monotonic()))
        wasyncore.close_all(self._map)

    def _turn(self, seconds: float) -> None:
        self._beat = time.monotonic()
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _channels(self) -> list[_Channel]:
        return [one for one in list(self._map.values()) if isinstance(one, _Channel)]

    def _count(self) -> int:
        """How many connections the front has lent us."""
        return len(self._map) - 2 * len(self._listeners) + len(self._borrowed)

    def _borrow(self, connection: socket.socket, address: Any, listener: int, octets: bytes) -> None:
        """Take a connection over, with what was read from it already. For any thread."""
        self._borrowed.append((connection, address, listener, octets))
        try:
            self._listeners[listener].trigger.pull_trigger(self._adopt)
        except OSError:  # the loop has ended
            connection.close()

    def _adopt(self) -> None:
        """Run by waitress's loop, for only that may change the map."""
        while self._borrowed:
            connection, address, index, octets = self._borrowed.popleft()
            listener = self._listeners[index]
            try:
                channel = _Channel(listener, connection, listener.fix_addr(address), listener.adj, map=self._map)
            except OSError:  # it is broken already
                connection.close()
                continue
            channel.become = partial(self._become, channel)
            channel.take(octets, partial(self._give_back, channel, address, index))

    def _give_back(self, channel: _Channel, address: Any, listener: int, octets: bytes) -> bool:
        """A message has begun on a connection on which everything is answered: whether the front has it now."""
        if self._front is None or self._stopping.is_set():
            return False
        channel.del_channel()
        connection, channel.socket = channel.socket, None
        channel.handle_close()  # all but the connection
        self._front.take_back(connection, address, listener, octets)
        return True

    def _become(self, channel: _Channel, listener: Listener, head: bytes) -> None:
        """A connection has become a stream of events: the front has it from now on. Run by waitress's loop."""
        if channel.socket is None or channel.total_outbufs_len or self._front is None or self._stopping.is_set():
            self._streams.leave(listener.who)
            channel.will_close = True
            return
        channel.del_channel()
        connection, channel.socket = channel.socket, None
        channel.handle_close()  # all but the connection
        self._front.take_stream(Stream(connection, listener, listener.upto, bytearray(head + BEGIN + listener.begin)))

    def _busy(self) -> bool:
        """Close the connections on which nothing happens; whether there are others."""
        busy = bool(self._borrowed)
        for channel in self._channels():
            if channel.busy():
                busy = True
            else:
                channel.will_close = True
        return busy


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Reads a request; one whose body is too large is complete only when the body is through."""

    path = ""  # which waitress forgets for a request that it cannot read, and wants when its client has gone
    _left = 0
    expect_continue: bool

    def parse_header(self, header_plus: bytes) -> None:
        """As waitress does; but what two readers may understand differently is no request (RFC 9112, 3.2, 5.2, 6.1)."""
        if _FOLD.search(header_plus):
            raise ParsingError("a field goes on in a second line")
        super().parse_header(header_plus)
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("Content-Length and Transfer-Encoding are both there")
        if "," in self.headers.get("HOST", ""):
            raise ParsingError("Host is there more than once")

    def received(self, data: bytes) -> int:
        if self._left:
            taken = min(self._left, len(data))
            self._left -= taken
            self.completed = not self._left
            return taken
        taken = int(super().received(data))
        if self.completed and isinstance(self.error, RequestEntityTooLarge) and not self.chunked:
            if self.expect_continue:
                self.expect_continue = False  # it waits for our word before it sends the body: no
            elif self.content_length <= SWALLOWED:
                self._left = self.content_length
                self.completed = False
        return taken


class _Task(WSGITask):  # type: ignore[misc]
    """Answers by the app; an answer that begins a stream of events is not written here, but by the front."""

    def get_environment(self) -> Any:
        environ = super().get_environment()
        environ[STREAM] = self.channel.wish
        return environ

    def write(self, data: bytes) -> None:
        wished: Listener | None = self.channel.listener
        if wished is None:
            super().write(data)
        elif not self.status.startswith("200"):  # the view went wrong after it had wished
            self.channel.refuse()
            super().write(data)

    def finish(self) -> None:
        if self.channel.listener is None:
            super().finish()
            return
        self.close_on_finish = False
        self.channel.head = head_of(dict(self.response_headers))


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """Answers what never reached the app."""

    def execute(self) -> None:
        body = _problem(self.request.error)
        self.status = f"{self.request.error.code} {self.request.error.reason}"
        self.response_headers.extend([("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body)))])
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


def _problem(error: Error) -> bytes:
    if isinstance(error, RequestEntityTooLarge):
        problem = Problem(
            BY_CODE["body_too_large"], "body_too_large", "the body is larger than [web] max_body_mb allows"
        )
        return as_json(problem.members())
    code = "internal" if error.code == 500 else "bad_request"
    told = Problem(BY_CODE[code], code, f"{error.reason}: {error.body}").members()
    return as_json(told | {"status": error.code})


class _NotYet(Exception):
    """Something came, and nothing can be read of it yet."""


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser
    task_class = _Task
    error_task_class = _ErrorTask
    become: Callable[[Listener, bytes], None]
    listener: Listener | None = None
    head = b""
    _give_back: Callable[[bytes], bool]
    _leave: Callable[[str], None]

    def wish(self, listener: Listener, leave: Callable[[str], None]) -> None:
        """The request that is being answered wants to become a stream. leave: gives its place back."""
        self.listener, self._leave = listener, leave

    def refuse(self) -> None:
        """It does not become one."""
        if self.listener is not None:
            self._leave(self.listener.who)
            self.listener = None

    def service(self) -> None:
        """As waitress does; then a connection that has become a stream leaves waitress."""
        super().service()
        if self.listener is not None:
            wished, self.listener = self.listener, None
            if self.head:
                self.server.trigger.pull_trigger(partial(self.become, wished, self.head))
            else:  # its task broke off
                self._leave(wished.who)

    def take(self, octets: bytes, give_back: Callable[[bytes], bool]) -> None:
        """Begin with what the front has read. give_back(octets): asks the front to go on; False if it does not."""
        self._give_back = give_back
        super().received(octets)

    def recv(self, size: int) -> bytes:
        """As waitress does; but half a record of TLS is no error, for which it would close."""
        try:
            return bytes(super().recv(size))
        except BlockingIOError as nothing:
            raise _NotYet from nothing

    def handle_read(self) -> None:
        """Read what is there, if it can be read already."""
        with suppress(_NotYet):
            super().handle_read()

    def received(self, data: bytes) -> bool:
        """Read on; but a connection whose next request may be the hot verb goes back to the front."""
        if self.request is None and not self.requests and data.startswith(START) and self._give_back(data):
            return True
        return bool(super().received(data))

    def busy(self) -> bool:
        """Whether a request is half here, or being answered."""
        with self.requests_lock:
            return bool(self.requests or self.request is not None or self.total_outbufs_len)
