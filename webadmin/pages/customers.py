"""Customers: the list and the search, a card with everything that happened, and what people do with it."""

from __future__ import annotations

from itertools import islice
from typing import Any

from flask import redirect, request, url_for
from flask_babel import get_locale, gettext
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.wrappers import Response

from smsgw.customers import (
    audience,
    customers,
    duplicates,
    export,
    fields,
    finding,
    groups,
    listed,
    merging,
    own_page,
    privacy,
    segments,
    timeline,
)
from smsgw.customers.customers import Note, Wish
from smsgw.customers.privacy import Act
from smsgw.errors import BadInput, Conflict, Forbidden, SmsgwError
from smsgw.paper import csv, xlsx

from ..api.customers import XLSX
from ..auth import current_person, person_required
from ..context import the_gateway
from ..preference_links import own_page_of
from . import customers_mms
from .blueprint import pages
from .desk import Did, typed
from .sheets import sheet

LIST = 50  # customers on a page
PAST = 100  # of what happened


@pages.get("/customers")
@person_required
def customers_page() -> Response:
    """Customers, newest first, or those who are looked for."""
    return listed_page()


def listed_page(error: SmsgwError | None = None, did: Did | None = None) -> Response:
    """The list, with what went wrong, or was done to several."""
    gateway, words, rule = the_gateway(), request.args.get("q", ""), request.args.get("rule", "")
    after = request.args.get("before") or None
    with gateway.database.reading() as conn:
        checked = None
        try:
            checked = segments.read(conn, rule) if rule.strip() else None
        except BadInput as wrong:
            error = error or wrong
        wanted = finding.Wanted(words, checked, after)
        found = [] if rule.strip() and checked is None else finding.find(conn, wanted, LIST + 1, gateway.clock())
        people = customers.many(conn, found[:LIST])
        every_group = groups.listing(conn)
    older = found[LIST - 1] if len(found) > LIST else None
    admin = current_person().may("customers:privacy")
    return sheet("customers.html", error, people=people, older=older, q=words, rule=rule, admin=admin, did=did,
                 every_group=every_group)  # fmt: skip


@pages.post("/customers")
@person_required
def add_customer() -> Response:
    """Make a customer of a name and a number."""
    gateway = the_gateway()
    address = request.form.get("address", "").strip()
    told = {"name": request.form.get("name", ""), "addresses": [address] if address else []}
    try:
        wish = Wish(told, current_person().id, gateway.clock(), gateway.config.sending.region)
        id = customers.create(gateway.database.writer, wish)
    except SmsgwError as error:
        return listed_page(error)
    return redirect(url_for("pages.customer", id=id), 303)


@pages.get("/customers/<id>")
@person_required
def customer(id: str) -> Response:
    """The card of a customer, with everything that happened."""
    gateway = the_gateway()
    gateway.database.writer.put(privacy.seen, (id[:40], "seen", current_person().id, gateway.clock()))
    return _card(id)


@pages.post("/customers/of/<path:number>")
@person_required
def card_of(number: str) -> Response:
    """The card of whoever has this number; who has none yet gets one."""
    gateway = the_gateway()
    id = gateway.database.writer.do(customers.ensure_step, (number[:20], gateway.clock()))
    return redirect(url_for("pages.customer", id=id), 303)


def _card(id: str, error: SmsgwError | None = None, own_url: str | None = None) -> Response:
    gateway = the_gateway()
    before = request.args.get("before", timeline.END)
    if before != timeline.END and not timeline.is_place(before):
        raise NoPage
    with gateway.database.reading() as conn:
        person = customers.get(conn, id)
        past = timeline.read(conn, person, PAST, before)
        alike = duplicates.of(conn, person.id, gateway.config.sending.region)
        others = [pair.other if pair.one == person.id else pair.one for pair in alike]
        facts: dict[str, Any] = {
            "fields": fields.defined(conn),
            "mms": customers_mms.of(conn, person, gateway.clock()),
            "groups": groups.of(conn, person.id),
            "every_group": groups.listing(conn),
            "alike": list(zip(customers.many(conn, others), alike, strict=False)),
            "merges": [one for one in merging.listing(conn, person.id) if one.undone_at is None],
        }
    admin = current_person().may("customers:privacy")
    return sheet(
        "customer.html", error, one=person, told=person.told(), past=past, admin=admin, own_url=own_url, **facts
    )


@pages.post("/customers/<id>")
@person_required
def change_customer(id: str) -> Response:
    """Keep what was changed on the card, unless somebody else changed it meanwhile."""
    gateway, form = the_gateway(), request.form
    told: dict[str, Any] = {name: form.get(name, "").strip() or None for name in customers.PLAIN}
    told["addresses"] = typed("addresses").split()
    told["tags"] = form.get("tags", "").replace(",", " ").split()
    told["fields"] = {name[6:]: form[name].strip() or None for name in form if name.startswith("field.")}
    revision = form.get("revision", "")
    try:
        wish = Wish(
            told,
            current_person().id,
            gateway.clock(),
            gateway.config.sending.region,
            id,
            int(revision) if revision.isdigit() else None,
        )
        customers.change(gateway.database.writer, wish)
    except (BadInput, Conflict) as error:
        return _card(id, error)
    return redirect(url_for("pages.customer", id=id), 303)


@pages.post("/customers/<id>/note")
@person_required
def note_customer(id: str) -> Response:
    """Keep a note."""
    gateway = the_gateway()
    try:
        customers.note(gateway.database.writer, Note(id, typed("text"), current_person().id, gateway.clock()))
    except BadInput as error:
        return _card(id, error)
    return redirect(url_for("pages.customer", id=id), 303)


@pages.post("/customers/<id>/page")
@person_required
def own_link(id: str) -> Response:
    """Make the link to a customer's own page, and show it once."""
    try:
        with the_gateway().database.reading() as conn:
            number = own_page.number_of(customers.get(conn, id))
    except Conflict as error:
        return _card(id, error)
    return _card(id, own_url=own_page_of(number))


@pages.post("/customers/<id>/merge")
@person_required
def merge_customer(id: str) -> Response:
    """Make another customer a part of this one."""
    gateway = the_gateway()
    wish = merging.Merge(id, request.form.get("gone", ""), current_person().id, gateway.clock())
    try:
        merging.merge(gateway.database.writer, wish)
    except SmsgwError as error:
        return _card(id, error)
    return redirect(url_for("pages.customer", id=id), 303)


@pages.post("/customers/<id>/unmerge")
@person_required
def unmerge_customer(id: str) -> Response:
    """Take a merge back."""
    gateway = the_gateway()
    wish = merging.Undo(request.form.get("merge", ""), current_person().id, gateway.clock())
    try:
        merging.undo(gateway.database.writer, wish)
    except SmsgwError as error:
        return _card(id, error)
    return redirect(url_for("pages.customer", id=id), 303)


@pages.post("/customers/<id>/group")
@person_required
def group_customer(id: str) -> Response:
    """Put a customer into a group, or take it out."""
    gateway, leave = the_gateway(), request.form.get("leave") == "yes"
    wish = groups.Members(request.form.get("group", ""), [id], current_person().id, gateway.clock(), leave)
    try:
        groups.set_members(gateway.database.writer, wish)
    except SmsgwError as error:
        return _card(id, error)
    return redirect(url_for("pages.customer", id=id), 303)


@pages.get("/customers.<kind>")
@person_required
def customers_sheet(kind: str) -> Response:
    """Those whom the rule means as a sheet, CSV or XLSX; for administrators."""
    gateway = the_gateway()
    if kind not in ("csv", "xlsx"):
        raise NoPage
    if not current_person().may("customers:privacy"):
        raise Forbidden(gettext("Only an administrator may take customers away as a sheet"))
    with gateway.database.reading() as conn:
        rule = segments.read(conn, request.args.get("rule") or "everybody")
        table = listed.table(conn, islice(audience.ids(conn, rule, gateway.clock()), listed.MOST))
    content = csv.write(table, str(get_locale() or "en")) if kind == "csv" else xlsx.write([table])
    attached = {"Content-Disposition": f'attachment; filename="customers.{kind}"'}
    return Response(content, mimetype="text/csv" if kind == "csv" else XLSX, headers=attached)


@pages.get("/customers/<id>/copy.zip")
@person_required
def copy_customer(id: str) -> Response:
    """Everything that is kept of a person, to be handed over."""
    gateway = the_gateway()
    with gateway.database.reading() as conn:
        told = export.everything(conn, id, gateway.clock())
        files = export.files(conn, told)
    gateway.database.writer.do(privacy.seen, (told["customer"]["id"], "exported", current_person().id, gateway.clock()))
    attached = {"Content-Disposition": f'attachment; filename="{told["customer"]["id"]}.zip"'}
    return Response(export.as_zip(told, files), mimetype="application/zip", headers=attached)


@pages.post("/customers/<id>/erase")
@person_required
def erase_customer(id: str) -> Response:
    """Forget a person; for administrators, who say that they mean it."""
    gateway, person = the_gateway(), current_person()
    try:
        if not person.may("customers:privacy"):
            raise Forbidden(gettext("Only an administrator may have a person forgotten"))
        if not request.form.get("sure"):
            raise Conflict(gettext("Tick the box to say that you mean it: it cannot be taken back"))
        privacy.erase(gateway.database.writer, Act(id, person.id, gateway.clock()))
    except SmsgwError as error:
        return _card(id, error)
    return redirect(url_for("pages.customers_page"), 303)
