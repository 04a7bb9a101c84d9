"""`smsgw campaign`: the right people, at the right hour; what it costs before, and what it brought after."""

from __future__ import annotations

import getpass
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from smsgw.campaigns import life, people, report, trial, writing
from smsgw.campaigns.leaving_out import WORDS
from smsgw.cli.moments import moment
from smsgw.cli.office import Office
from smsgw.cli.shell import Group, pass_office
from smsgw.cli.template import texts_of
from smsgw.cli.voice import local
from smsgw.errors import BadInput, Fault
from smsgw.money.rates import spelled

LIST = {"id": "ID", "name": "NAME", "state": "STATE", "starts_at": "BEGINS", "placed": "PLACED", "cost": "COST",
        "why": "WHY"}  # fmt: skip
PREVIEW = {
    "number": "NUMBER",
    "language": "LANGUAGE",
    "variant": "TEXT",
    "parts": "PARTS",
    "why": "WHY",
    "text": "SAYS",
}
SHOWN = (
    "id", "name", "state", "why", "kind", "purpose", "category", "audience", "texts", "terms", "starts_at", "placed",
    "by", "approved_by", "estimate",
)  # fmt: skip
TARGETS = {"address": "NUMBER", "left_out": "LEFT OUT", "state": "STATE", "says": "SAYS"}


def _by() -> str:
    """Who sits here: a second person is another one."""
    return f"cli:{getpass.getuser()}"


@click.group("campaign", cls=Group)
def campaign() -> None:
    """Messages to many: written, estimated, approved, begun, watched."""


@campaign.command("list")
@click.option("--state", metavar="STATE", help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many of the newest.")
@pass_office
def list_(office: Office, state: str | None, limit: int) -> None:
    """Show the newest campaigns."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        rows = [dict(row._mapping) for row in life.listing(conn, limit, state=state)]
    for row in rows:
        row["cost"] = _costs((row["estimate"] or {}).get("costs", ()))
    office.voice.rows(
        rows, LIST, "There is no campaign. To write one: smsgw campaign create NAME --to RULE --text sl=TEXT"
    )


@campaign.command("create")
@click.argument("name")
@click.option("--to", "rule", metavar="RULE", help='Who, in words: "bought in 90 days and allows school".')
@click.option("--numbers", metavar="FILE", help="Or a file of numbers, one a line.")
@click.option("--text", "written", multiple=True, metavar="LANGUAGE=TEXT|@FILE", help="What; may be repeated.")
@click.option("--template", metavar="NAME", help="Or a template to take the texts from.")
@click.option("--category", metavar="CODE", help="What its recipients agreed to; for marketing.")
@click.option("--purpose", type=click.Choice(["marketing", "service", "transactional"]), default="marketing",
              show_default=True, help="What it is for.")  # fmt: skip
@click.option("--from", "sender", metavar="SENDER", help="Its sender.")
@click.option("--link", metavar="LINK", help="The only link that it may go over.")
@click.option("--track-links", is_flag=True, help="Addresses in its texts go as short links that count who follows.")
@click.option("--terms", metavar="FILE", help="A JSON file: pace, canary, split, limits, repeat, follow_ups, …")
@pass_office
def create(
    office: Office, name: str, rule: str | None, numbers: str | None, written: tuple[str, ...], template: str | None,
    category: str | None, purpose: str, sender: str | None, link: str | None, track_links: bool, terms: str | None,
) -> None:  # fmt: skip
    """Write a campaign; nothing is sent before it is estimated, approved and scheduled."""
    told = ({} if terms is None else _json(terms)) | ({"track_links": True} if track_links else {})
    with office.gateway() as gateway:
        wish = writing.Wish(
            name=name, audience=_audience(rule, numbers), by=_by(), now=gateway.clock(), texts=texts_of(written),
            template=template, purpose=purpose, category=category, sender=sender, link=link,
            terms=told, links=tuple(gateway.network.links), region=gateway.config.sending.region,
            public=bool(gateway.short_links.base),
        )  # fmt: skip
        id = writing.create(gateway.database, wish)
    office.voice.chat(f"Next: smsgw campaign estimate {id}")
    office.voice.data({"id": id}, [id])


def _audience(rule: str | None, numbers: str | None) -> dict[str, Any]:
    if (rule is None) == (numbers is None):
        raise BadInput([Fault("/audience", "audience_missing", "say who: --to RULE, or --numbers FILE")])
    if rule is not None:
        return {"rule": rule}
    return {"numbers": _read(str(numbers), "/audience/numbers").split()}


def _read(name: str, pointer: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput([Fault(pointer, "file_unreadable", f"{name} cannot be read: {wrong}")]) from wrong


def _json(name: str) -> dict[str, Any]:
    try:
        told = json.loads(_read(name, "/terms"))
    except ValueError as wrong:
        raise BadInput([Fault("/terms", "file_unreadable", f"{name} is no JSON: {wrong}")]) from wrong
    if not isinstance(told, dict):
        raise BadInput([Fault("/terms", "file_unreadable", f"{name} must hold an object, such as {{}}")])
    return told


def _costs(costs: Any) -> str:
    return ", ".join(f"{spelled(one['amount'])} {one['currency']}" for one in costs) or "–"


@campaign.command("estimate")
@click.argument("id")
@pass_office
def estimate(office: Office, id: str) -> None:
    """Work out what a campaign costs, when it is done and who is left out."""
    with office.gateway() as gateway:
        told = gateway.campaigns.estimate(id, _by(), gateway.clock())
    office.voice.data(told, _estimated(told))
    office.voice.chat(f"Next: smsgw campaign approve {id}")


def _estimated(told: Mapping[str, Any]) -> list[str]:
    lines = [f"{told['people']} people, {told['messages']} messages in {told['parts']} parts: {_costs(told['costs'])}"]
    if told["sampled"]:
        lines.append(f"  worked out from {told['sampled']} of them by chance: give or take {told['give_or_take']} %")
    lines += [f"  over {one['link']}: {one['messages']} messages, {one['parts']} parts" for one in told["links"]]
    kinds = told.get("kinds", {})
    lines += [
        f"  as {name}: {kinds[kind]}" for kind, name in (("mms", "an MMS"), ("mail", "a mail")) if kinds.get(kind)
    ]
    lines += [
        f"  left out: {count} – {WORDS.get(code) or told['says'].get(code, code)}"
        for code, count in told["left_out"].items()
    ]
    if told["unpriced"]:
        lines.append(f"  for {told['unpriced']} messages no rate says what they cost")
    if told["longest"] is not None:
        parts = told["longest"]["parts"]
        lines.append(f"  the longest text takes {parts} part{'s' * (parts > 1)} ({told['longest']['encoding']})")
    advice = told["advice"]
    if advice and advice["parts_saved"]:
        swaps = ", ".join(f"{one['letter']} → {one['plainer']}" for one in advice["letters"] if one["plainer"])
        lines.append(f"  {advice['parts_saved']} parts fewer with plainer letters ({swaps}): {_costs(advice['saved'])}")
    lines += [f"  {one['who']} has no {', '.join(one['names'])}" for one in told["undefined"]["some"]]
    return [*lines, f"  done about {told['ends_at'][:16].replace('T', ' ')} UTC"]


@campaign.command("approve")
@click.argument("id")
@pass_office
def approve(office: Office, id: str) -> None:
    """Say yes to a campaign as it was estimated."""
    with office.gateway() as gateway:
        above = gateway.config.campaigns.approval_millionths
        life.approve(gateway.database.writer, life.Approval(id, _by(), gateway.clock(), above))
    office.voice.data({"id": id, "approved": True}, [f"approved: {id}"])
    office.voice.chat(f"Next: smsgw campaign schedule {id}")


@campaign.command("schedule")
@click.argument("id")
@click.option("--at", metavar="TIME", help="2026-12-01T09:00, 18:30 or +2h; by default now.")
@pass_office
def schedule(office: Office, id: str, at: str | None) -> None:
    """Have an approved campaign begin at a time, or now."""
    with office.gateway() as gateway:
        now = gateway.clock()
        when = None if at is None else moment(at, now, "/at")
        begins = life.schedule(gateway.database.writer, life.When(id, _by(), now, when))
    office.voice.data({"id": id, "starts_at": begins}, [f"{id} begins {local(begins)}"])


@campaign.command("pause")
@click.argument("id")
@click.option("--why", default="by hand", show_default=True, help="Why, for those who look later.")
@pass_office
def pause(office: Office, id: str, why: str) -> None:
    """Let nothing more leave from this moment on."""
    with office.gateway() as gateway:
        told = life.pause(gateway.database.writer, id, _by(), why, gateway.clock())
    office.voice.data({"id": id, **told}, [f"paused: {told['left']} had left, {told['wait']} wait"])


@campaign.command("resume")
@click.argument("id")
@pass_office
def resume(office: Office, id: str) -> None:
    """Go on."""
    with office.gateway() as gateway:
        life.resume(gateway.database.writer, id, _by(), gateway.clock())
    office.voice.data({"id": id}, [f"resumed: {id}"])


@campaign.command("stop")
@click.argument("id")
@click.option("--why", default="by hand", show_default=True, help="Why, for those who look later.")
@pass_office
def stop(office: Office, id: str, why: str) -> None:
    """End a campaign for good: what has not left never will."""
    with office.gateway() as gateway:
        told = life.stop(gateway.database.writer, id, _by(), why, gateway.clock())
    office.voice.data({"id": id, **told}, [f"stopped: {told['left']} had left, {told['wait']} never will"])


@campaign.command("copy")
@click.argument("id")
@pass_office
def copy(office: Office, id: str) -> None:
    """Write the same once more, as a draft with an audience of its own."""
    with office.gateway() as gateway:
        new = writing.copy(gateway.database, id, _by(), gateway.clock())
    office.voice.data({"id": new}, [new])


@campaign.command("test")
@click.argument("id")
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...")
@pass_office
def test(office: Office, id: str, numbers: tuple[str, ...]) -> None:
    """Send its texts to a few numbers of your own, through the ordinary door and gate."""
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            row = life.get(conn, id)
        told = trial.send_test(gateway.database, gateway.door, row, numbers, _by(), gateway.clock())
    lines = [f"{one['to']}, text {one['variant']}: {one['message_id'] or 'not sent: ' + one['says']}" for one in told]
    office.voice.data(told, lines)


@campaign.command("preview")
@click.argument("id")
@pass_office
def preview(office: Office, id: str) -> None:
    """Show the texts of twenty real recipients: the longest, one from right to left, and others."""
    with office.gateway() as gateway:
        with gateway.database.reading() as conn:
            row = life.get(conn, id)
        shown = trial.preview(gateway.database, gateway.door, row, gateway.clock())
    names = tuple(trial.Shown.__dataclass_fields__)
    rows = [{name: getattr(one, name) for name in names} for one in shown]
    office.voice.rows(rows, PREVIEW, "Nobody would get it: smsgw campaign estimate tells why.")


@campaign.command("show")
@click.argument("id")
@pass_office
def show(office: Office, id: str) -> None:
    """Show a campaign: how it stands, whom it is about, and what it says."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        row = life.get(conn, id)
        who = people.words(conn, row.audience)
    texts = [
        f"  {variant} {language}: {text}" for variant, said in row.texts.items() for language, text in said.items()
    ]
    head = [f"{row.name} is {row.state}: {row.why}", f"  to {who}", f"  for {row.category or row.purpose}"]
    office.voice.data({name: row._mapping[name] for name in SHOWN}, [*head, *texts])


@campaign.command("report")
@click.argument("id")
@pass_office
def report_(office: Office, id: str) -> None:
    """Show what became of a campaign, what it cost and what it brought."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        row, told = life.get(conn, id), report.report(conn, id)
    office.voice.data(told, [f"{row.name} is {row.state}: {row.why}", *_reported(told)])


def _reported(told: Mapping[str, Any]) -> list[str]:
    states = ", ".join(f"{count} {state}" for state, count in sorted(told["states"].items()))
    came = told["brought"]
    lines = [f"{told['people']} people; {told['placed']} messages: {states or 'none yet'}"]
    lines += [f"  left out: {one['count']} – {one['words']}" for one in told["left_out"]]
    lines.append(f"  estimated {_costs(told['planned']['estimate'])}, booked {_costs(told['booked'])}")
    if told["difference"]:
        lines.append(f"  why: {told['difference']}")
    worth = f" worth {spelled(came['value'])} {came['currency']}" if came["currency"] else ""
    lines.append(f"  {came['replied']} wrote, {came['orders']} orders{worth}, {came['opted_out']} said stop")
    lines += _followed(told)
    if told["control"] is not None:
        held = told["control"]
        lines.append(f"  of {held['people']} held out {held['orders']} ordered: {held['extra_orders']} orders more")
    if told["saved"] is not None:
        saved = told["saved"]
        worth = f", {spelled(saved['amount'])} {saved['currency']}" if saved["amount"] and saved["currency"] else ""
        lines.append(f"  {saved['messages']} messages to unreachable numbers saved{worth}")
    for name, each in sorted(told["variants"].items()):
        won = ", and won" if name == told["winner"] else ""
        got = f"{each['placed']} messages, {each['delivered']} delivered, {each['replied']} wrote"
        clicked = "" if each["clicked"] is None else f", {each['clicked']} followed a link"
        lines.append(f"  text {name}: {got}{clicked}, {each['orders']} orders, {each['opted_out']} said stop{won}")
    return lines


def _followed(told: Mapping[str, Any]) -> list[str]:
    """What came of its short links."""
    clicks, who = told["clicks"], told["brought"]["clicked"]
    if clicks is None:
        return []
    by = "" if who is None else f" by {who} recipients"
    lines = [f"  links followed {clicks['people']} times{by}, {clicks['bots']} times by programs"]
    return lines + [f"    {one['url']}: {one['people']}, programs {one['bots']}" for one in clicks["links"]]


@campaign.command("targets")
@click.argument("id")
@click.option("--left-out", metavar="CODE", help='Only those left out for this reason, or for "any".')
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="How many.")
@pass_office
def targets(office: Office, id: str, left_out: str | None, limit: int) -> None:
    """Show whom a campaign is about, and what became of each."""
    with office.gateway() as gateway, gateway.database.reading() as conn:
        life.get(conn, id)
        rows = [dict(row._mapping) for row in report.targets(conn, id, limit, left_out=left_out)]
    for row in rows:
        row["says"] = row["says"] or WORDS.get(row["left_out"], row["why"])
    office.voice.rows(rows, TARGETS, "Nobody: the audience is frozen when the campaign begins.")
