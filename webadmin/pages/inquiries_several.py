"""What is decided about several inquiries at once, closed or given to somebody; and taking it back."""

from __future__ import annotations

from flask import request
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from smsgw.errors import SmsgwError
from smsgw.inbound.inquiries import inquiries as verbs
from smsgw.inbound.inquiries.inquiries import Assignment, Closing
from smsgw.inbound.inquiries.reopening import Reopening, reopen_step

from ..auth import current_person, person_required
from ..context import the_gateway
from . import inquiries
from .blueprint import pages
from .desk import Did
from .language import Counted
from .one_by_one import each, nothing_picked


@pages.post("/inquiries", endpoint="several_inquiries")
@person_required
def several() -> Response:
    """Close those that were picked, or give them to somebody; or take that back. What can be done of it is."""
    try:
        did, wrong = _take_back() if "undo" in request.form else _decide()
    except SmsgwError as error:
        return inquiries.listed(error)
    return inquiries.listed(wrong, did)


def _decide() -> tuple[Did | None, SmsgwError | None]:
    gateway, form, me = the_gateway(), request.form, current_person()
    ids, now = list(dict.fromkeys(form.getlist("pick")))[: inquiries.LIST], gateway.clock()
    if not ids:
        raise nothing_picked()
    writer = gateway.database.writer
    if "to" not in form:
        reason = form.get("reason", "")
        done, wrong = each(ids, lambda id: verbs.close(writer, Closing(id, reason, me.id, "", now)))
        says = ngettext("%(num)d inquiry is closed.", "%(num)d inquiries are closed.", Counted(len(done)))
        return Did(says, "close", done) if done else None, wrong
    to = form.get("to", "")
    owners: dict[str, str] = {}
    with gateway.database.reading() as conn:
        each(ids, lambda id: owners.update({id: verbs.require(conn, id).assigned_to or ""}))
    done, wrong = each(ids, lambda id: verbs.assign(writer, gateway.promise, Assignment(id, me.id, "", now, to)))
    many = Counted(len(done))
    if to:
        says = ngettext("%(num)d inquiry was given to %(name)s.", "%(num)d inquiries were given to %(name)s.", many,
                        name=to)  # fmt: skip
    else:
        says = ngettext("%(num)d inquiry is nobody's now.", "%(num)d inquiries are nobody's now.", many)
    return Did(says, "give", [f"{id} {owners[id]}" for id in done]) if done else None, wrong


def _take_back() -> tuple[Did | None, SmsgwError | None]:
    gateway, form, me = the_gateway(), request.form, current_person()
    were, now, writer = form.getlist("was")[: inquiries.LIST], gateway.clock(), gateway.database.writer
    if form["undo"] == "give":
        owners = {id: owner for id, _, owner in (one.partition(" ") for one in were)}
        done, wrong = each(
            list(owners),
            lambda id: verbs.assign(writer, gateway.promise, Assignment(id, me.id, "", now, owners[id])),
        )
    else:
        done, wrong = each(were, lambda id: _reopen(Reopening(id, me.id, now)))
    return Did(gettext("It is as it was.")) if done else None, wrong


def _reopen(wish: Reopening) -> None:
    [told] = the_gateway().database.writer.do_all(reopen_step, [wish])
    if isinstance(told, Exception):
        raise told
