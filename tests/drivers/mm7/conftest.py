"""An MMSC, and links to it that end with the test."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from drivers.mm7 import Config, Mm7Link, open_link
from smsgw.link import Alphabet, Content, ContentPart, LinkError, WirePart
from tests.drivers.recorder import Recorder
from tests.emulators.mmsc import Mmsc, mm7_network

TO = "+4917000000001"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\r\n--\r\n\r\n\n\r\xff\xd9"
SMIL = b'<smil><body><par dur="5s"><img src="p.jpg"/><text src="t.txt"/></par></body></smil>'
CONTENT = Content(
    (
        ContentPart("application/smil", SMIL, "s.smil", "utf-8", "s"),
        ContentPart("image/jpeg", JPEG, "p.jpg"),
        ContentPart("text/plain", "Grüße, čau 🎉\n".encode(), "t.txt", "utf-8"),
    ),
    "Ihr Bild & <mehr>",
)


@pytest.fixture
def mmsc() -> Iterator[Mmsc]:
    with mm7_network() as made:
        yield made


@pytest.fixture
def link_to(events: Recorder) -> Iterator[Callable[..., Mm7Link]]:
    """Open a link to an MMSC, which is up then."""
    made: list[Mm7Link] = []

    def link_to(mmsc: Mmsc, **more: Any) -> Mm7Link:
        link = open_link("mms", Config.model_validate(mmsc.settings(**more)), events)
        mmsc.attach(link)
        made.append(link)
        link.start()
        events.wait_up()
        return link

    yield link_to
    events.leave()
    for link in made:
        link.stop(time.monotonic() + 1)


def mms(number: int = 1, to: str = TO, content: Content = CONTENT, **more: Any) -> WirePart:
    """An MMS as a driver is given it."""
    return WirePart(f"m{number}", 1, 1, to, more.pop("sender", None), Alphabet.OCTETS, b"", content=content, **more)


def outcome(link: Mm7Link, events: Recorder, part: WirePart) -> str | LinkError:
    """Send it; the answer."""
    link.send(part)
    events.wait(lambda: any(known is part for known, _ in events.answers))
    return events.answers_of([part])[0]
