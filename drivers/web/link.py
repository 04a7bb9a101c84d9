"""A link over HTTP: some workers ask the carrier to send, and its calls become receipts and texts.

A carrier that gives a part no name of its own is given ours, in the address that its receipts come to.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from drivers import _http_lines as trace
from drivers._http_ends import NotWritten, Reply, Unanswered
from drivers.web import notices
from drivers.web.config import Config
from drivers.web.fetching import NotFetched
from drivers.web.mms import MMS
from drivers.web.pictures import Pictures
from drivers.web.profiles import PROFILES
from drivers.web.signatures import is_signed
from drivers.web.wire import Wire, reachable
from drivers.web.words import LONGEST, filled, found, media_words, parsed, told, words_of
from smsgw.link import (
    Abilities,
    Alphabet,
    Events,
    Health,
    InboundPiece,
    LinkDown,
    LinkError,
    LinkState,
    Misconfigured,
    NoAnswer,
    Receipt,
    RejectedForGood,
    RejectedForNow,
    Throttled,
    WirePart,
)
from smsgw.link_verbs import Noted, Notice, Tap

log = logging.getLogger(__name__)

DOWN = LinkDown("the carrier cannot be reached", code="down")
STORED_WITHIN = 60.0  # seconds


class WebLink:
    """See smsgw.link.Link and TakesNotices."""

    def __init__(self, name: str, config: Config, events: Events) -> None:
        self.name = name
        self.tap = Tap()  # see smsgw.link_verbs.Traced
        self._config = config
        self._events = events
        self._profile = PROFILES[config.profile]
        self._base = config.url or self._profile.url
        self._mms = MMS.get(config.profile) if config.mms and config.hook is not None else None
        self._pictures = Pictures(name, config, self._mms, self._base)
        self._state = Health(LinkState.CONNECTING, "starting")
        self._turn = threading.Condition()
        self._waiting: deque[WirePart] = deque()
        self._wires: list[Wire] = []
        self._given = 0  # parts without an answer
        self._noticing = 0  # notices that are being stored
        self._stopping = False
        self._threads: list[threading.Thread] = []

    @property
    def window(self) -> int:
        """Requests on their way at a time."""
        return self._config.window

    @property
    def abilities(self) -> Abilities:
        """Parts with headers and octets, or whole texts; receipts only where they can come in."""
        reports = "all" if self._config.hook or self._config.profile in ("smsgw", "android") else "none"
        if self._profile.parts:
            return Abilities(alphabets=frozenset(Alphabet), reports="all" if self._config.hook else "none")
        if self._mms is None:
            return Abilities(whole=True, reports="all" if reports == "all" else "none")
        most = self._config.mms_octets or self._mms.most_octets
        return Abilities(whole=True, reports="all", content=frozenset({"mms"}), most_octets=most)

    # Life

    def start(self) -> None:
        """Look whether the carrier can be reached, and go on looking."""
        names = [f"{self.name}-{number}" for number in range(self.window)]
        self._threads = [threading.Thread(target=self._work, name=name, daemon=True) for name in names]
        self._threads.append(threading.Thread(target=self._watch, name=f"{self.name}-watch", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self, deadline: float) -> None:
        """Let what is on its way be answered until `deadline`, then hang up."""
        with self._turn:
            self._stopping = True
            self._turn.notify_all()
            while (self._given or self._noticing) and (wait := deadline - time.monotonic()) > 0:
                self._turn.wait(wait)
            left, wires = list(self._waiting), list(self._wires)
            self._waiting.clear()
        for wire in wires:
            wire.cut()
        for part in left:
            self._failed(part, DOWN)
        for thread in self._threads:
            thread.join(2.0)
        self._tell(LinkState.DOWN, "stopped")

    def health(self) -> Health:
        """How it is now."""
        return self._state

    def _watch(self) -> None:
        """Look now and then whether the carrier can be reached."""
        while True:
            why = reachable(self._base, min(5.0, self._config.answer_timeout))
            self._tell(LinkState.DOWN if why else LinkState.UP, f"{_host(self._base)}: {why}" if why else "")
            with self._turn:
                if self._stopping or self._turn.wait_for(lambda: self._stopping, self._config.probe_every):
                    return

    def _tell(self, state: LinkState, why: str) -> None:
        resting = self._state.state is LinkState.RESTING and state is LinkState.UP and not why
        if (state, why) == (self._state.state, self._state.why) or (resting and not self._stopping):
            return
        self._state = Health(state, why, {"profile": self._config.profile, "carrier": _host(self._base)})
        self._events.health(self._state)

    # Sending

    def send(self, part: WirePart) -> None:
        """Have a worker ask for it; blocks while all are busy."""
        with self._turn:
            while not self._stopping and self._given >= self.window:
                self._turn.wait(1.0)
            stopped = self._stopping
            if not stopped:
                self._given += 1
                self._waiting.append(part)
                self._turn.notify_all()
        if stopped:
            self._events.failed(part, DOWN)

    def _work(self) -> None:
        wire = Wire(self._base, self._config.answer_timeout, self.tap)
        with self._turn:
            self._wires.append(wire)
        try:
            while (part := self._next()) is not None:
                self._hand_over(wire, part)
        finally:
            wire.cut()

    def _next(self) -> WirePart | None:
        with self._turn:
            while not self._waiting:
                if self._stopping:
                    return None
                self._turn.wait()
            return self._waiting.popleft()

    def _hand_over(self, wire: Wire, part: WirePart) -> None:
        ref = self._ref(part)
        try:
            outcome = self._asked(wire, part, ref)
        except NotWritten as problem:
            self._tell(LinkState.DOWN, f"{_host(self._base)}: {problem}")
            outcome = LinkDown(f"the carrier cannot be reached: {problem}", code="down")
        except Unanswered as problem:
            outcome = NoAnswer(f"the carrier did not answer: {problem}", code="silent")
        except Exception as problem:  # one odd part must not end a worker
            log.exception("%s: a part could not be written", self.name)
            outcome = RejectedForGood(f"it cannot be written: {problem}", code="unwritable")
        if isinstance(outcome, str):
            if self._state.state is LinkState.RESTING:
                self._state = Health(LinkState.CONNECTING)
            self._tell(LinkState.UP, "")
            self._events.taken(part, outcome)
            self._answered()
        else:
            self._failed(part, outcome)

    def _failed(self, part: WirePart, error: LinkError) -> None:
        self._events.failed(part, error)
        self._answered()

    def _answered(self) -> None:
        with self._turn:
            self._given -= 1
            self._turn.notify_all()

    def _ref(self, part: WirePart) -> str:
        """Our own name for a part: the same when it is asked for again, where the carrier then knows it."""
        if self._profile.reference:
            return hashlib.sha256(f"{part.message_id}:{part.position}".encode()).hexdigest()[:32]
        return secrets.token_urlsafe(16)

    def _asked(self, wire: Wire, part: WirePart, ref: str) -> str | LinkError:
        config = self._config
        if self._state.state is LinkState.DOWN and (why := reachable(self._base, 2.0)):
            raise NotWritten(why)
        password = config.password.get_secret_value()
        words = words_of(part, ref, config.sender or "", config.user, password, self._hook())
        if part.content is not None:
            if why := self._pictures.unfit(part.content):
                return RejectedForGood(why, code="unfit")
            words |= media_words(part, self._pictures.lent(part.content))
        method, path, headers, body = self._request(words, is_mms=part.content is not None)
        return self._judge(wire.ask(method, path, headers, body), ref, is_mms=part.content is not None)

    def medium(self, token: str) -> str | None:
        """See LendsMedia."""
        return self._pictures.medium(token)

    def _hook(self) -> str:
        """Where the carrier is to call us."""
        if self._config.hook is None:
            return ""
        secret = self._config.secret.get_secret_value()
        token = f"?token={quote(secret, safe='')}" if self._profile.signed == "token" else ""
        return f"{self._config.hook}/carriers/{quote(self.name)}{token}"

    def _request(self, words: Mapping[str, Any], *, is_mms: bool = False) -> tuple[str, str, dict[str, str], bytes]:
        """Method, path, headers and body of the request for a part."""
        profile, mms = self._profile, self._mms if is_mms else None
        fields = filled(dict(profile.fields if mms is None else mms.fields), words)
        fields = {self._config.fields.get(name, name): value for name, value in fields.items()}
        headers = {name: str(value) for name, value in filled(dict(profile.headers), words).items()}
        headers["User-Agent"], headers["Accept"] = "smsgw", "application/json, text/plain"
        if authorization := self._authorization(words):
            headers["Authorization"] = authorization
        told_path = profile.path if mms is None or mms.path is None else mms.path
        split = urlsplit(self._base + str(filled(told_path, words) or ""))
        path = split.path or "/"
        if profile.body == "json":
            return profile.method, path, {**headers, "Content-Type": "application/json"}, json.dumps(fields).encode()
        said = urlencode(fields, doseq=True)
        if profile.body == "query":
            return profile.method, f"{path}?{said}", headers, b""
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return profile.method, path, headers, said.encode()

    def _authorization(self, words: Mapping[str, Any] | None = None) -> str:
        words = words or {"user": self._config.user, "password": self._config.password.get_secret_value()}
        auth, password = self._profile.auth, str(words["password"])
        if auth == "basic":
            pair = f"{words['user']}:{password}"
            return f"Basic {b64encode(pair.encode()).decode()}" if pair != ":" else ""
        if auth == "bearer":
            return f"Bearer {password}"
        return "" if auth == "none" else str(filled(auth, words))

    def _judge(self, reply: Reply, ref: str, *, is_mms: bool = False) -> str | LinkError:
        """What an answer means: the reference, or an error."""
        profile, said = self._profile, parsed(reply.body)
        if is_mms and self._mms is not None:
            profile = replace(
                profile,
                reference=profile.reference if self._mms.reference is None else self._mms.reference,
                good=profile.good if self._mms.good is None else self._mms.good,
            )
        words = reply.body.decode("utf-8", "replace").strip()
        path, good = profile.good
        if 200 <= reply.status < 300:
            yes = not good or (found((path,), said) in good if path else words.lower().startswith(good))
            if yes and profile.reference:
                plain = words if words and not words.startswith(("{", "[", "<")) and len(words) <= 120 else None
                return found(profile.reference, said) or plain or ref
            if yes:
                return ref
        code = found(profile.code, said) or str(reply.status)
        says = f"the carrier answered {reply.status}: {words[:LONGEST]}"
        if reply.status == 429 or code in profile.throttled:
            return Throttled(says, code=code, rest=_rest(reply.headers.get("retry-after", "")))
        if reply.status in (401, 403):
            self._tell(LinkState.RESTING, f"{_host(self._base)} refuses the account: check user and password")
            return Misconfigured(says, code=code)
        if reply.status >= 500 or code in profile.later:
            return RejectedForNow(says, code=code)
        return RejectedForGood(says, code=code)

    # What the carrier tells

    def notice(self, notice: Notice) -> Noted:
        """See the contract: 503 for what could not be stored, so that the carrier says it again."""
        with self._turn:
            self._noticing += 1
        if self.tap.tell is not None:
            self.tap.put(trace.request, "<", notice.method, notice.url, notice.headers, notice.body)
        try:
            noted = self._noted(notice)
            if self.tap.tell is not None:
                self.tap.put(trace.answer, ">", noted.status, {"content-type": noted.media}, noted.body.encode())
            return noted
        finally:
            with self._turn:
                self._noticing -= 1
                self._turn.notify_all()

    def _noted(self, notice: Notice) -> Noted:
        try:
            words = told(notice)
        except ValueError:
            return Noted(400, body="this cannot be read")
        secret = self._config.password if self._profile.signed_by_password else self._config.secret
        if not is_signed(self._profile.signed, notice, words, secret.get_secret_value()):
            log.warning("%s: a call without the carrier's signature is refused", self.name)
            return Noted(403, body="the signature is missing or wrong")
        try:
            rows, mms = notices.rows_of(self._profile, words), MMS.get(self._config.profile)
            futures = [
                self._taken_in(one) for row in rows if (one := notices.read(self._profile, row, mms)) is not None
            ]
            for future in futures:
                future.result(STORED_WITHIN)
        except NotFetched as problem:
            log.warning("%s: a medium could not be fetched, the carrier is to say it again: %s", self.name, problem)
            return Noted(503, body="try again")
        except Exception:  # whatever it is, the carrier says it again
            log.exception("%s: what the carrier told could not be stored", self.name)
            return Noted(503, body="try again")
        return Noted(200, *self._profile.answer)

    def _taken_in(self, one: Receipt | InboundPiece | notices.Brought) -> Future[None]:
        if isinstance(one, notices.Brought):
            return self._events.content(self._pictures.fetched(one, self._authorization))
        return self._events.inbound(one) if isinstance(one, InboundPiece) else self._events.receipt(one)


def _rest(written: str) -> float:
    return min(float(written), 3600.0) if written.isdigit() and written != "0" else 1.0


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]
