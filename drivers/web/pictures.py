"""The media of MMS: lent to the carrier that sends them, fetched from the one that brings them."""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable
from urllib.parse import quote, urljoin, urlsplit

from drivers.web.config import Config
from drivers.web.fetching import Fetched, Gone, NotFetched, fetch
from drivers.web.lending import LASTS, lend, lent
from drivers.web.mms import Mms
from drivers.web.notices import Brought
from smsgw.link import Content, ContentPart, InboundContent

log = logging.getLogger(__name__)

FETCHED_WITHIN = 12.0  # seconds for all media of a call: carriers wait 15 for its answer
AGAIN_AFTER = 1.0  # seconds between two tries to fetch a medium


class Pictures:
    """What a link does with media. mms: None for one that sends no MMS; it may still bring some."""

    def __init__(self, name: str, config: Config, mms: Mms | None, base: str) -> None:
        self._name = name
        self._place = f"{config.hook}/carriers/{quote(name)}/media"
        self._mms = mms
        self._secret = config.secret.get_secret_value() or config.password.get_secret_value()
        self._base = base
        self._host = urlsplit(base).netloc.rpartition("@")[2]

    def unfit(self, content: Content) -> str:
        """Why the carrier would not take this content; empty when it may."""
        if self._mms is None:
            return "this link carries no MMS: its carrier must be able to fetch media from us (hook)"
        media = media_of(content)
        if len(media) > self._mms.most_media:
            return f"it has {len(media)} media, and the carrier takes {self._mms.most_media}"
        others = {one.media_type for one in media if not one.media_type.startswith(self._mms.kinds)}
        return f"the carrier takes no {', '.join(sorted(others))}" if others else ""

    def lent(self, content: Content) -> list[tuple[ContentPart, str]]:
        """The media, and the addresses at which the carrier finds them for a while."""
        until = time.time() + LASTS
        return [
            (one, f"{self._place}/{lend(self._secret, sha, until)}/{quote(one.name or 'file')}")
            for one in media_of(content)
            for sha in [hashlib.sha256(one.data).hexdigest()]
        ]

    def medium(self, token: str) -> str | None:
        """The hash of what a token lends. See LendsMedia."""
        return lent(self._secret, token, time.time()) if self._secret else None

    def fetched(self, brought: Brought, authorization: Callable[[], str]) -> InboundContent:
        """An MMS with its media. Raises NotFetched when they are to be asked for later, by a call that comes again."""
        end = time.monotonic() + FETCHED_WITHIN
        parts: list[ContentPart] = []
        lost: list[str] = []
        for place, url in enumerate(brought.urls, 1):
            try:
                got = self._fetch(urljoin(self._base, url), authorization(), end)
                parts.append(ContentPart(got.media_type or "application/octet-stream", got.octets, _name(url, place)))
            except (Gone, NotFetched) as problem:
                if brought.repeats and isinstance(problem, NotFetched):
                    raise
                log.warning("%s: a medium of an MMS is lost: %s", self._name, problem)
                lost.append(f"[{url} could not be fetched: {problem}]")
        text = "\n".join(words for words in (brought.text, *lost) if words)
        if text:
            parts.insert(0, ContentPart("text/plain", text.encode("utf-8", "replace"), "text.txt", "utf-8"))
        content = Content(tuple(parts), brought.subject)
        return InboundContent(brought.reference, brought.sender, brought.to, content)

    def _fetch(self, url: str, authorization: str, end: float) -> Fetched:
        """One medium; asked for again while there is time, for the call may not come again."""
        while True:
            try:
                return fetch(url, self._host, authorization, end - time.monotonic())
            except NotFetched:
                if time.monotonic() + AGAIN_AFTER > end:
                    raise
                time.sleep(AGAIN_AFTER)


def media_of(content: Content) -> list[ContentPart]:
    """The parts that a carrier fetches: neither the words nor what arranges them."""
    return [one for one in content.parts if one.media_type not in ("text/plain", "application/smil")]


def _name(url: str, place: int) -> str:
    """A file name for what came from there."""
    last = re.sub(r"[^A-Za-z0-9._-]", "", urlsplit(url).path.rpartition("/")[2])[-60:].lstrip(".")
    return last or f"file-{place}"
