"""What the door does with a message that carries a content: check it, choose its way, make it fit, say what to store.

An MMS or a mail is one part, built when it is handed over (`smsgw/media/building.py`). Where a phone shows no MMS, or
nothing of ours carries one, the message is a text with the link to its page. What has to be looked up is, here,
in the caller's thread; nothing of it is asked for a plain text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from sqlalchemy import Connection

from ..errors import BadInput, Fault, RefusedByPolicy
from ..media import building, capability, choice, pages, profiles, store
from ..media import contents as told
from ..media.adapt import Unfit
from ..media.bare import DRAWN_ANEW
from ..media.contents import Contents, Slide
from ..media.fitting import Fitting
from ..media.notice import notice
from ..media.pages import Page, PageTerms
from ..media.store import Medium
from ..store.database import Database
from ..store.ids import new_id
from ..store.tables.types import AnyRow
from ..text import number, parts
from ..text.mail_address import is_mail, read_mail
from .asked import Asked, Cut, Ready
from .cutting import CONTENT_PIECE, cut, encoding
from .preferring import language_of
from .routing import Choice

if TYPE_CHECKING:
    from .submit import Door


class Contenting(Protocol):
    """Reads what carries a content."""

    def read(self, door: Door, asked: Asked) -> Ready:
        """As `Door.read`."""


class NoContents:
    """A door that takes texts only."""

    def read(self, door: Door, asked: Asked) -> Ready:
        says = "this takes texts only: send a text to a number"
        raise BadInput([Fault("/content" if asked.content is not None else "/to", "content_unsupported", says)])


@dataclass(frozen=True)
class CarryTerms:
    """The settings about contents. patience: after how long without word from the phone a link goes out.

    company: who sends, as notices say; call: the number that they offer. without_mms: how numbers begin whose operators
    carry no MMS.
    """

    policy: str = "mms-first"
    profile: str = profiles.DEFAULT
    patience: timedelta = timedelta(minutes=60)
    language: str = "en"
    company: str = ""
    call: str = ""
    pages: PageTerms = field(default_factory=PageTerms)
    without_mms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wish:
    """A content on its way through the checks."""

    asked: Asked
    content: Contents
    media: Mapping[str, Medium]
    recipient: str
    sender: str | None
    language: str  # of what we say around it
    now: datetime


class Carrying:
    """Reads messages with a content. One for each process; safe from any thread."""

    def __init__(self, database: Database, fitting: Fitting, terms: CarryTerms) -> None:
        self._database = database
        self._fitting = fitting
        self.terms = terms

    def read(self, door: Door, asked: Asked) -> Ready:
        """Check a message with a content, choose its way, and make it fit; it is not stored, but what was made is.

        Raises BadInput with every fault, RefusedByPolicy (no_route, mms_impossible). May take seconds where a picture
        or video is made to fit for the first time.
        """
        wish = self._checked(door, asked)
        if is_mail(wish.recipient):
            return self._mail(door, wish)
        found = door.network.choose(
            wish.recipient, asked.link, now=wish.now, known=door.known(wish.recipient, asked), carries="mms"
        )
        with self._database.reading() as conn:
            known = capability.of(conn, wish.recipient, wish.now)
        if known.state == "unknown" and wish.recipient.startswith(self.terms.without_mms):
            known = capability.Known("no", "the operators of its country carry no MMS ([media] without_mms)")
        policy = wish.content.policy or self.terms.policy
        way = choice.choose(known, policy, found is not None, bool(self.terms.pages.base))
        if wish.content.pin is not None and self.terms.pages.base:  # an MMS would show it to whoever holds the phone
            way = choice.Way("link", "it asks for a code before it shows anything")
        if way.how == "mms" and found is not None:
            try:
                return self._mms(door, wish, found, way, known.profile)
            except Unfit as no:
                if not self.links(policy):
                    raise BadInput([Fault("/content", "media_unfit", f"{no}: {no.hint}")]) from no
                way = choice.Way("link", f"it does not fit into an MMS: {no}")
        if way.how is None:
            self._no_way(way.why, carried=found is not None)
        return self._link(door, wish, way)

    def _no_way(self, why: str, *, carried: bool) -> NoReturn:
        code = "mms_impossible" if carried else "no_route"
        hint = "set [pages] url or [web] public_url, so that a link to a page can be sent" if not carried else None
        raise RefusedByPolicy([Fault("/to", code, why)], hint=hint)

    def _checked(self, door: Door, asked: Asked) -> _Wish:
        faults: list[Fault] = []
        recipient = sender = None
        mail = is_mail(asked.to)
        try:
            recipient = read_mail(asked.to) if mail else number.read_number(asked.to, door.terms.region)
        except BadInput as problem:
            faults += [Fault("/to", fault.code, fault.detail) for fault in problem.faults]
        wished = asked.sender or (None if mail else door.terms.sender)
        if wished is not None:
            try:
                sender = read_mail(wished) if is_mail(wished) else number.read_sender(wished, door.terms.region)
            except BadInput as problem:
                faults += [Fault("/from", fault.code, fault.detail) for fault in problem.faults]
        faults += door.wrong_link(asked)
        content = asked.content if asked.content is not None else Contents((Slide(asked.text),))
        with self._database.reading() as conn:
            media = store.known(conn, content.media)
            language = None if recipient is None else language_of(conn, recipient)
        faults += told.faults(content, media, most_words=None if mail else told.WORDS)
        if asked.content is not None and asked.text:
            says = "words are told on the slides: leave the text out"
            faults.append(Fault("/text", "text_and_content", says))
        if asked.data is not None:
            faults.append(Fault("/data", "data_and_content", "a message is data or a content, not both"))
        if faults or recipient is None:
            raise BadInput(faults)
        language = language or content.language or self.terms.language
        return _Wish(asked, content, media, recipient, sender, language, door.now())

    def _mms(self, door: Door, wish: _Wish, found: Choice, way: choice.Way, phone: str | None) -> Ready:
        profile = profiles.smaller(wish.content.profile or self.terms.profile, phone)
        most = found.link.abilities.most_octets
        room = min(profile.room, int(most * profiles.HEADROOM)) if most else profile.room
        used = building.overhead(wish.content)
        fitted = self._fitting.all(list(wish.media.values()), room - used, profile, wish.now) if wish.media else {}
        if not wish.media and used > room:
            raise Unfit(f"its words take {used} octets, and {room} are the most")
        size = used + sum(one.size for one in fitted.values())
        made = self._with(door, wish, found, Cut(wish.content.words, "mms", [CONTENT_PIECE], size=size))
        row = self._row(wish, made, "mms", way.why, size, profile.name)
        row["fallback_at"] = made.row["due_at"] + self.terms.patience
        return replace(made, content=row, media=building.media_rows(wish.content, fitted, made.row["id"], "mms"))

    def _mail(self, door: Door, wish: _Wish) -> Ready:
        found = door.network.choose(wish.recipient, wish.asked.link, now=wish.now, carries="mail")
        if found is None:
            says = f"no link carries mail to {wish.recipient}: add one of kind mail to the configuration"
            raise RefusedByPolicy([Fault("/to", "no_route", says)])
        media = {id: self._for_mail(one, wish.now) for id, one in wish.media.items()}
        size = building.overhead(wish.content) + sum(one.size for one in media.values())
        most = found.link.abilities.most_octets
        if most and size * 4 // 3 > most:  # base64
            says = f"a mail with {size} octets is too large for {found.link.name}, which carries {most}"
            raise BadInput([Fault("/content", "content_too_large", says)])
        made = self._with(door, wish, found, Cut(wish.content.words, "mail", [CONTENT_PIECE], size=size))
        made.row.update(price=None, currency=None)
        row = self._row(
            wish, made, "mail", "it goes to a mail address", size, wish.content.profile or self.terms.profile
        )
        return replace(made, content=row, media=building.media_rows(wish.content, media, made.row["id"], "mail"))

    def _for_mail(self, medium: Medium, now: datetime) -> Medium:
        """A medium as it was given to us, or a JPEG of what tells its place and cannot keep that to itself."""
        if medium.media_type not in DRAWN_ANEW:
            return medium
        try:
            return self._fitting.one(medium, profiles.MAIL.octets, profiles.MAIL, now)
        except Unfit as no:
            raise BadInput([Fault("/content", "media_unfit", f"{no}: {no.hint}")]) from no

    def _link(self, door: Door, wish: _Wish, way: choice.Way) -> Ready:
        """A text with the link to the page: chosen, priced and cut as any other text."""
        faults: list[Fault] = []
        asked = wish.asked
        if asked.link is not None and (known := door.network.links.get(asked.link)) and not known.abilities.alphabets:
            asked = replace(asked, link=None)  # it carries MMS only, and this became a text
        found = door.route(wish.recipient, asked, faults, wish.now)
        if found is None:
            raise RefusedByPolicy(faults) if faults[0].code == "no_route" else BadInput(faults)
        id = new_id("msg", wish.now)
        page = pages.new(id, wish.now, self.terms.pages, wish.content.pin)
        text = self.notice_of(wish.content, wish.media, page, wish.language)
        most = min(asked.max_parts or door.terms.max_parts, parts.MAX_PARTS)
        pieces = cut(text, None, None, found.link.abilities, door.next_reference(), most)
        made = self._with(door, replace(wish, asked=asked), found, Cut(text, encoding(pieces), pieces, id))
        row = self._row(wish, made, "link", way.why, 0, wish.content.profile or self.terms.profile)
        rows = building.media_rows(wish.content, wish.media, id, "link")
        made.row["trace"] = [way.why, *made.row["trace"]]
        return replace(made, content=row, media=rows, page=page)

    def instead(self, door: Door, conn: Connection, row: AnyRow, why: str, now: datetime) -> Ready:
        """The text with the link to the page of a stored message, which goes out in its place.

        row: of tables `message` and `message_content`. Raises BadInput, RefusedByPolicy.
        """
        content = told.told(
            row.slides, row.attached, subject=row.subject, policy=row.policy, language=row.language,
            from_name=row.from_name,
        )  # fmt: skip
        asked = Asked(
            row.recipient, "", row.client, client_ref=f"instead of {row.id}", priority=row.priority,
            purpose=row.purpose, expires_in=max(3600, int((row.valid_until - now).total_seconds())),
            reply_to=row.reply_to, allow_duplicate=True, metadata={"instead_of": row.id},
            campaign_id=row.campaign_id, category=row.category, content=content,
        )  # fmt: skip
        media = store.known(conn, content.media)
        wish = _Wish(asked, content, media, row.recipient, door.terms.sender, row.language, now)
        ready = self._link(door, wish, choice.Way("link", why))
        assert ready.content is not None
        return replace(ready, content=ready.content | {"slides": [], "attached": None, "instead_of": row.id}, media=[])

    def links(self, policy: str) -> bool:
        """Whether a link may go out where an MMS of this policy did not arrive."""
        return policy != "never" and bool(self.terms.pages.base)

    def notice_of(self, content: Contents, media: Mapping[str, Medium], page: Page, language: str) -> str:
        """The text with the link to a page."""
        terms, families = self.terms, {one.family for one in media.values()}
        kind = next((family for family in ("video", "picture") if family in families), "message")
        return notice(
            language, kind, content.from_name, terms.company, terms.call, page.url,
            page.expires_at,
        )  # fmt: skip

    def _with(self, door: Door, wish: _Wish, found: Choice, made: Cut) -> Ready:
        sender = wish.sender if wish.asked.sender else found.sender or wish.sender or found.link.sender
        ready = door.ready(wish.asked, wish.recipient, sender, made, found, wish.now)
        return replace(ready, candidate=replace(ready.candidate, digest=wish.content.digest))

    def _row(self, wish: _Wish, made: Ready, way: str, why: str, size: int, profile: str) -> dict[str, Any]:
        content = wish.content
        return {
            "message_id": made.row["id"],
            "subject": content.subject,
            "slides": told.slides_told(content),
            "attached": told.files_told(content),
            "policy": content.policy or self.terms.policy,
            "profile": profile,
            "way": way,
            "why": why,
            "size": size,
            "digest": content.digest,
            "language": wish.language,
            "from_name": content.from_name,
            "read_report": content.read_report,
            "reply_to": content.reply_to,
            "fallback_at": None,
            "fallback_id": None,
            "instead_of": None,
            "shown_at": None,
            "read_at": None,
        }
