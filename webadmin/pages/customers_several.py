"""What is done with several customers at once, put into a group or given a tag; and taking it back."""

from __future__ import annotations

from collections.abc import Callable

from flask import request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from smsgw.customers import customers, groups
from smsgw.customers.customers import Person, Wish
from smsgw.errors import BadInput, Fault, SmsgwError

from ..auth import current_person, person_required
from ..context import the_gateway
from .blueprint import pages
from .customers import LIST, listed_page
from .desk import Did
from .language import Counted
from .one_by_one import nothing_picked, together

_Done = tuple[list[str], SmsgwError | None]


@pages.post("/customers/several", endpoint="several_customers")
@person_required
def several() -> Response:
    """Put those that were picked into a group, give them a tag or take it away; or take that back."""
    form = request.form
    try:
        if "undo" in form:
            verb, _, told = form["undo"].partition(" ")
            back = {"join": "leave", "tag": "untag", "untag": "tag"}.get(verb, "")
            changed, wrong = _do(back, told, form.getlist("was"))
            return listed_page(wrong, Did(gettext("It is as it was.")) if changed or not wrong else None)
        verb = form.get("do") or ("tag" if form.get("tag", "").strip() else "")
        told = form.get("group", "") if verb == "join" else form.get("tag", "").strip()
        changed, wrong = _do(verb, told, form.getlist("pick"))
    except SmsgwError as error:
        return listed_page(error)
    many = Counted(len(changed))
    says = {
        "join": lambda: ngettext(
            "%(num)d customer is in the group now.", "%(num)d customers are in the group now.", many),
        "tag": lambda: ngettext("%(num)d customer has the tag now.", "%(num)d customers have the tag now.", many),
        "untag": lambda: ngettext("%(num)d customer lost the tag.", "%(num)d customers lost the tag.", many),
    }[verb]()  # fmt: skip
    return listed_page(wrong, Did(says, f"{verb} {told}" if changed else "", changed))


def _do(verb: str, told: str, ids: list[str]) -> _Done:
    """Do it with whomever it changes; returns their ids, and what kept it from one of the others.

    Raises BadInput, NotFound.
    """
    ids = list(dict.fromkeys(ids))[:LIST]
    if not ids:
        raise nothing_picked()
    return {"join": _group, "leave": _group, "tag": _tag, "untag": _tag}.get(verb, _nothing)(verb, told, ids)


def _nothing(verb: str, told: str, ids: list[str]) -> _Done:
    raise BadInput([Fault("/do", "nothing_to_do", gettext("Say what is to be done: a group, or a tag."))])


def _group(verb: str, group: str, ids: list[str]) -> _Done:
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        found = groups.get(conn, group).id
        inside = groups.among(conn, found, ids)
    ids = [id for id in ids if (id in inside) == (verb == "leave")]
    wish = groups.Members(found, ids, current_person().id, gateway.clock(), verb == "leave")
    groups.set_members(gateway.database.writer, wish)
    return ids, None


def _tag(verb: str, tag: str, ids: list[str]) -> _Done:
    if not tag:
        raise BadInput([Fault("/tag", "tag_missing", gettext("Write the tag first."))])
    gateway, now = the_gateway(), the_gateway().clock()
    changes: Callable[[Person], bool] = (lambda one: tag not in one.tags) if verb == "tag" else (
        lambda one: tag in one.tags
    )  # fmt: skip
    with gateway.database.reading() as conn:
        those = [one for one in customers.many(conn, ids) if changes(one)]
    wishes = [
        Wish(
            {"tags": [*one.tags, tag] if verb == "tag" else [it for it in one.tags if it != tag]},
            current_person().id, now, gateway.config.sending.region, one.id, one.row.revision,
        )
        for one in those
    ]  # fmt: skip
    told = gateway.database.writer.do_all(customers.change_step, wishes)
    wrong = [done for done in told if isinstance(done, SmsgwError)]
    done = [one.id for one, how in zip(those, told, strict=True) if not isinstance(how, Exception)]
    return done, together(wrong)
