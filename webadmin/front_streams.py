"""The front's part of streams of events: what its loop does with connections on which only we speak."""

from __future__ import annotations

import selectors
import time
from functools import partial

from .front_line import IDLE
from .streams import HEARTBEAT, Stream, Streams

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Flow:
    """Writes to every stream as far as its client takes it. All of it runs in the front's loop."""

    def __init__(self, chooser: selectors.BaseSelector, streams: Streams) -> None:
        self.streams = streams
        self._chooser = chooser
        self._over = False

    def begin(self, stream: Stream) -> None:
        """A connection has become a stream."""
        stream.socket.setblocking(False)
        stream.moved = time.monotonic()
        self.streams.enter(stream)
        self._go_on(stream)

    def spread(self, told: list[tuple[Stream, bytes | None]]) -> None:
        """Write what was read for streams; None ends one."""
        for stream, octets in told:
            if octets is None:
                self._end(stream)
            elif not stream.gone:
                stream.unsent += octets
                self._go_on(stream)

    def sweep(self, now: float) -> None:
        """Say something to those who heard nothing for long, and end those who do not read."""
        for stream in self.streams.present():
            quiet = now - stream.moved
            if stream.unsent and quiet > IDLE:
                self._end(stream)
            elif not stream.unsent and quiet > HEARTBEAT:
                self.spread([(stream, b":\n\n")])

    def end_all(self) -> None:
        """End every stream, and read for none any more."""
        self._over = True
        self.streams.stop()
        for stream in self.streams.present():
            self._end(stream)

    def _go_on(self, stream: Stream) -> None:
        """Write, and wait for what may be next: room to write more, or the end."""
        try:
            if stream.write():
                stream.moved = time.monotonic()
        except OSError:
            self._end(stream)
            return
        if self._over:
            self._end(stream)
            return
        wanted = READ | (WRITE if stream.unsent else 0)
        if wanted != stream.watched:
            change = self._chooser.modify if stream.watched else self._chooser.register
            change(stream.socket, wanted, partial(self._moved, stream))
            stream.watched = wanted

    def _moved(self, stream: Stream) -> None:
        """Something can be read or written."""
        if stream.gone:
            return
        try:
            there = stream.hears_us()
        except OSError:
            there = False
        if there:
            self._go_on(stream)
        else:
            self._end(stream)

    def _end(self, stream: Stream) -> None:
        if stream.gone:
            return
        self.streams.lost(stream)
        if stream.watched:
            self._chooser.unregister(stream.socket)
        stream.socket.close()
