"""How a telephone will show the files of a draft: made to fit as they will go, with what was done to each.

It is a piece of a page. What is made here is kept, so that sending it makes nothing a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import render_template
from flask_babel import gettext

from smsgw.errors import SmsgwError
from smsgw.media import store
from smsgw.media.contents import Contents, Slide
from smsgw.media.store import Medium
from smsgw.outbound.submit import Asked, Ready

from ..auth import current_person
from ..context import the_gateway
from .sheets import told


@dataclass(frozen=True, slots=True)
class Fitted:
    """A medium of a draft. given: as it came; goes: as it goes out, the same where nothing is done to it."""

    given: Medium
    goes: Medium

    @property
    def done(self) -> str:
        """What was done to it, in words."""
        given, goes = self.given, self.goes
        if given.sha256 == goes.sha256:
            return str(gettext("goes as it is"))
        deeds = []
        if given.width and goes.width and max(goes.width, goes.height or 0) < max(given.width, given.height or 0):
            deeds.append(gettext("made smaller"))
        elif goes.size < given.size:
            deeds.append(gettext("packed more tightly"))
        if given.media_type != goes.media_type:
            deeds.append(gettext("turned into %(kind)s", kind=kind_of(goes)))
        if given.family == "picture":
            deeds.append(gettext("without what the camera wrote into it"))
        return ", ".join(deeds) or str(gettext("made anew"))


def kind_of(medium: Medium) -> str:
    """What it is called: JPEG, PNG, 3GPP."""
    return medium.media_type.partition("/")[2].upper()


def look(to: str, purpose: str, content: Contents | None, text: str = "") -> str:
    """The piece of a page. to: whom it is for, "" while nobody was named; content: None for `text` without files."""
    if content is None:
        return render_template("look.html", slides=(Slide(text),) if text else ())
    with the_gateway().database.reading() as conn:
        given = store.known(conn, content.media)
    ready, problem = None, None
    if to:
        try:
            asked = Asked(to, "", str(current_person().id), purpose=purpose, content=content, allow_duplicate=True)
            ready = the_gateway().door.read(asked)
        except SmsgwError as error:
            problem = told(error)
    facts = _facts(ready, given)
    goes = {id: one.goes for id, one in facts.items()}
    shown = tuple(
        replace(one, medium=goes[one.medium].sha256 if one.medium in goes else one.medium) for one in content.slides
    )
    families = {one.sha256: one.family for one in (*given.values(), *goes.values())}
    return render_template(
        "look.html", problem=problem, subject=content.subject, slides=shown, families=families, kind_of=kind_of,
        facts=list(facts.values()), way=None if ready is None else ready.content,
    )  # fmt: skip


def _facts(ready: Ready | None, given: Mapping[str, Medium]) -> dict[str, Fitted]:
    """What becomes of each medium, by its id; nothing for a text with a link, whose page shows them as they are."""
    if ready is None or ready.content is None or ready.content["way"] == "link":
        return {}
    made = {row["original"]: row["sha256"] for row in ready.media}
    with the_gateway().database.reading() as conn:
        found = store.known(conn, list(made.values()))
    return {id: Fitted(given[id], found[goes]) for id, goes in made.items() if id in given and goes in found}
