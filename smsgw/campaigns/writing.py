"""Write a campaign: what it says, to whom, and on which terms; every mistake is told at once.

A campaign keeps the texts as they are when it is written, also those of a template. A change makes it a draft again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, select

from ..customers import fields
from ..customers.consent import categories as consent_categories
from ..errors import BadInput, Fault, NotFound
from ..outbound.short_links import NO_BASE
from ..store import history
from ..store.database import Database
from ..store.ids import new_id
from ..store.lifecycle import CAMPAIGN
from ..store.outcomes import attempt
from ..store.tables import product
from ..store.tables.types import AnyRow
from ..text import template as grammar
from . import facts, people, slides, templates
from .life import get, move
from .occurrences import check_rule
from .terms import VARIANTS, Terms


@dataclass(frozen=True)
class Wish:
    """A campaign as somebody wants it. texts: by language; template: the name or id of one to take them from.

    terms: JSON, see `terms.Terms`. links, region: what this gateway knows of. public: whether phones reach it, so that
    short links can be written.
    """

    name: str
    audience: Any
    by: str
    now: datetime
    texts: Mapping[str, str] = field(default_factory=dict)
    template: str | None = None
    language: str | None = None
    purpose: str = "marketing"
    category: str | None = None
    sender: str | None = None
    link: str | None = None
    terms: Mapping[str, Any] = field(default_factory=dict)
    links: Sequence[str] = ()
    region: str | None = None
    public: bool = True


def create(database: Database, wish: Wish) -> str:
    """Store a campaign as a draft; returns its id. Raises BadInput with every fault, NotFound for its template."""
    return database.writer.do(_create, wish)


def _create(conn: Connection, batch: list[Wish]) -> list[str | Exception]:
    return [attempt(_create_one, conn, wish) for wish in batch]


def _create_one(conn: Connection, wish: Wish) -> str:
    values = checked(conn, wish)
    id = new_id("cam", wish.now)
    born = {**values, "id": id, "by": wish.by, "created_at": wish.now, **UNBEGUN}
    history.begin(conn, CAMPAIGN, [history.Birth(born, [("create", "it is being written")])], by=wish.by, now=wish.now)
    return id


UNBEGUN = {"wave": 0, "placed": 0, "planned": 0}  # what a campaign has before it begins


def revision_of(row: AnyRow) -> int:
    """A number that is another one after every change."""
    return int(row.changed_at.timestamp() * 1_000_000)


def copy(database: Database, id: str, by: str, now: datetime) -> str:
    """The same once more as a draft; its audience will be frozen anew. Returns its id. Raises NotFound."""
    return database.writer.do(_copy, (id, by, now))


def _copy(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[str | Exception]:
    return [attempt(_copy_one, conn, *one) for one in batch]


def _copy_one(conn: Connection, id: str, by: str, now: datetime) -> str:
    row = get(conn, id)
    new = new_id("cam", now)
    kept = ("purpose", "category", "audience", "texts", "language", "template_id", "sender", "link", "terms")
    born = {name: getattr(row, name) for name in kept} | UNBEGUN
    born |= {"id": new, "name": row.name, "kind": Terms.model_validate(row.terms).kind, "by": by}
    born |= {"created_at": now, "changed_at": now}
    history.begin(conn, CAMPAIGN, [history.Birth(born, [("create", f"a copy of {id}")])], by=by, now=now)
    return new


def checked(conn: Connection, wish: Wish) -> dict[str, Any]:
    """The columns of a campaign as somebody wants it. Raises BadInput with every fault, NotFound for its template."""
    faults: list[Fault] = []
    terms = _terms(wish.terms, faults)
    if not wish.name.strip() or len(wish.name) > 120:
        faults.append(Fault("/name", "name_missing", "give the campaign a name of at most 120 letters"))
    try:
        audience = people.check(conn, wish.audience, wish.region)
    except BadInput as wrong:
        audience = {}
        faults += wrong.faults
    texts, language, template_id = _texts(conn, wish, faults)
    told = (
        {"a": texts} | {VARIANTS[n]: more for n, more in enumerate(terms.split.against, 1)}
        if terms.split
        else {"a": texts}
    )
    faults += check_texts(conn, told, language)
    faults += _one_sided(told, language)
    for number, follow_up in enumerate(terms.follow_ups):
        faults += check_texts(conn, {"a": follow_up.texts}, language, f"/terms/follow_ups/{number}")
    if terms.shown is not None:
        spoken = {spoken for by_language in told.values() for spoken in by_language}
        faults += slides.faults(conn, terms.shown, facts.known(conn), spoken, language)
    faults += _purpose(conn, wish)
    faults += _offer(conn, terms)
    faults += _tracking(wish, terms)
    if wish.link is not None and wish.link not in wish.links:
        known = ", ".join(sorted(wish.links)) or "none"
        faults.append(Fault("/link", "link_unknown", f"there is no link {wish.link!r}; there are: {known}"))
    faults += _series(conn, terms, audience)
    if faults:
        raise BadInput(faults)
    return {
        "name": wish.name.strip(), "kind": terms.kind, "purpose": wish.purpose, "category": wish.category,
        "audience": dict(audience), "texts": told, "language": language, "template_id": template_id,
        "sender": wish.sender, "link": wish.link, "terms": terms.model_dump(mode="json"), "changed_at": wish.now,
    }  # fmt: skip


def _terms(told: Mapping[str, Any], faults: list[Fault]) -> Terms:
    try:
        return Terms.model_validate(dict(told))
    except ValidationError as wrong:
        for error in wrong.errors():
            place = "/".join(["", "terms", *map(str, error["loc"])])
            faults.append(Fault(place, "terms_wrong", str(error["msg"])))
        return Terms()


def _purpose(conn: Connection, wish: Wish) -> list[Fault]:
    """What is wrong with what it is for: marketing needs a category that people can agree to."""
    if wish.purpose not in ("marketing", "service", "transactional"):
        return [Fault("/purpose", "purpose_unknown", "a campaign is marketing, service or transactional")]
    if wish.purpose != "marketing":
        return []
    try:
        consent_categories.known(conn, wish.category or "")
    except BadInput as wrong:
        return wrong.faults
    return []


def _tracking(wish: Wish, terms: Terms) -> list[Fault]:
    """Links that cannot be made short, and clicks by which nothing can win."""
    if terms.track_links and not wish.public:
        return [Fault("/terms/track_links", "no_public_url", NO_BASE)]
    if (
        terms.split is not None
        and terms.split.by == "clicks"
        and not (terms.track_links and wish.purpose == "marketing")
    ):
        says = "who follows a link is known of marketing with track_links only: choose the winner by something else"
        return [Fault("/terms/split/by", "clicks_unknown", says)]
    return []


def _offer(conn: Connection, terms: Terms) -> list[Fault]:
    """Products of an offer that nobody sells."""
    choices = terms.offer.choices if terms.offer else []
    known = set(conn.scalars(select(product.c.sku).where(product.c.sku.in_([one.sku for one in choices]))))
    return [
        Fault(f"/terms/offer/choices/{place}/sku", "product_unknown", f"there is no product {one.sku!r}")
        for place, one in enumerate(choices)
        if one.sku not in known
    ]


def _series(conn: Connection, terms: Terms, audience: Mapping[str, Any]) -> list[Fault]:
    if terms.repeat is not None:
        return check_rule(terms.repeat.rule, terms.repeat.first, terms.repeat.zone, terms.repeat.holidays)
    if terms.relative is None:
        return []
    faults = _date_field(conn, terms.relative.field)
    if audience and "rule" not in audience:
        says = 'a series by a date is about customers: say {"rule": {"everybody": true}}'
        faults.append(Fault("/audience", "audience_wrong", says))
    return faults


Change = Wish | Callable[[AnyRow], Wish]


def change(database: Database, id: str, wish: Change) -> None:
    """Write a campaign anew: it is a draft then. wish: or what makes one of the campaign's row, in the transaction.

    Raises NotFound, BadInput, Conflict once it has begun.
    """
    database.writer.do(_change, (id, wish))


def _change(conn: Connection, batch: list[tuple[str, Change]]) -> list[Exception | None]:
    return [attempt(_change_one, conn, id, wish) for id, wish in batch]


def _change_one(conn: Connection, id: str, wanted: Change) -> None:
    row = get(conn, id)
    wish = wanted if isinstance(wanted, Wish) else wanted(row)
    values = checked(conn, wish) | {"estimate": None, "estimated_at": None, "approved_by": None, "approved_at": None}
    move(conn, id, "edit", "it was changed, so it must be estimated and approved again", values, wish.by, wish.now)


def _texts(conn: Connection, wish: Wish, faults: list[Fault]) -> tuple[dict[str, str], str, str | None]:
    """The texts by language, whose text is for everybody else, and the id of the template they are from."""
    if wish.template is not None:
        if wish.texts:
            faults.append(Fault("/texts", "text_and_template", "give texts or a template, not both"))
        try:
            row = templates.find(conn, wish.template)
        except NotFound as unknown:
            faults.append(Fault("/template", "template_unknown", str(unknown)))
            return {}, "en", None
        return dict(row.texts), wish.language or row.language, row.id
    if not wish.texts:
        faults.append(Fault("/texts", "text_missing", 'say what to send, by language: {"sl": "…"}; or name a template'))
        return {}, "en", None
    return dict(wish.texts), wish.language or next(iter(wish.texts)), None


def check_texts(
    conn: Connection, told: Mapping[str, Mapping[str, str]], language: str, pointer: str = ""
) -> list[Fault]:
    """What is wrong with texts by variant and language: their grammar, their variables, the language of everybody."""
    faults: list[Fault] = []
    known = facts.known(conn)
    for variant, texts in told.items():
        where = f"{pointer}/texts" if variant == "a" else f"{pointer}/terms/split/against/{VARIANTS.index(variant) - 1}"
        if texts and language not in texts:
            says = f"there is no text in {language}, the language of those without one of their own"
            faults.append(Fault(where, "language_missing", says))
        for spoken, text in texts.items():
            faults += grammar.faults(text, known, f"{where}/{spoken}")
    return faults


def _one_sided(told: Mapping[str, Mapping[str, str]], default: str) -> list[Fault]:
    """Texts against each other that are not in the same languages: somebody would read one of them in a foreign one."""
    spoken = sorted({language for texts in told.values() for language in texts} - {default})
    return [
        Fault(
            "/texts" if variant == "a" else f"/terms/split/against/{VARIANTS.index(variant) - 1}",
            "language_missing",
            f"text {variant} is not in {language}, and another text is: write each of them in the same languages",
        )
        for variant, texts in told.items()
        for language in spoken
        if texts and language not in texts
    ]


def _date_field(conn: Connection, name: str) -> list[Fault]:
    defined = fields.defined(conn)
    if name in defined and defined[name].kind == "date":
        return []
    dates = ", ".join(one.name for one in defined.values() if one.kind == "date") or "none yet"
    says = f"{name!r} is no field of customers that holds a date; there are: {dates}"
    return [Fault("/terms/relative/field", "field_unknown", says)]
