"""Estimates, cost reports and the proof over the API; a report is JSON, CSV, XLSX or PDF under the same address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Response, request

from smsgw.errors import BadInput, Fault
from smsgw.money import facts, proof, reconcile, report_tables, report_words, reports
from smsgw.money.estimate import Estimate
from smsgw.money.rates import money, spelled
from smsgw.text.number import read_number

from ..context import the_gateway
from .report_shapes import CostReport, EstimateTold, NewEstimate, ProofAsked, ProofTold, ReconciledTold, ReportAsked
from .routes import answer, route

READ = "money:read"
FILES = tuple(kind.partition(";")[0] for kind in report_tables.FORMATS.values())
_NAMED = 100  # numbers and letters that are told one by one
_LONGEST = 200_000  # lines of a file


@route("POST", "/estimates", scope=READ, takes=NewEstimate, answers={200: EstimateTold})
def estimate(body: NewEstimate) -> Response:
    """Tell what messages will cost, and which letters make them dear; nothing is sent or stored."""
    gateway = the_gateway()
    faults: list[Fault] = []
    texts: list[tuple[str, str]] = []
    for place, item in enumerate(body.messages):
        try:
            texts.append((read_number(item.to, gateway.config.sending.region), item.text))
        except BadInput as wrong:
            faults += [Fault(f"/messages/{place}/to", fault.code, fault.detail) for fault in wrong.faults]
    if faults:
        raise BadInput(faults)
    return answer(estimate_json(gateway.estimate(texts, body.at)))


def estimate_json(told: Estimate) -> dict[str, Any]:
    """An estimate as programs are told of it."""
    lines = [
        {"link": line.link, "country": line.country, "messages": line.messages, "parts": line.parts,
         "free": line.free, "cost": money(line.amount, line.currency or None)}
        for line in told.lines
    ]  # fmt: skip
    letters = [
        {"letter": one.letter, "plainer": one.plainer, "messages": one.messages, "parts": one.parts,
         "saved": _sums(one.saved)}
        for one in told.letters
    ]  # fmt: skip
    same = ("messages", "parts", "free", "unpriced", "encodings", "longest", "parts_swapped")
    return {
        **{name: getattr(told, name) for name in same},
        "cost": _sums(told.totals),
        "worst": _sums(told.worst),
        "swapped": _sums(told.swapped),
        "unroutable": list(told.unroutable[:_NAMED]),
        "unwritable": list(told.unwritable[:_NAMED]),
        "lines": lines,
        "letters": letters,
    }


def _sums(amounts: Mapping[str, int]) -> list[dict[str, str]]:
    return [{"amount": spelled(amount), "currency": currency} for currency, amount in sorted(amounts.items())]


@route("GET", "/reports/costs", scope=READ, query=ReportAsked, answers={200: CostReport}, files=FILES)
def costs(query: ReportAsked) -> Response:
    """Tell what messages cost, by link, country, key, campaign, customer and so on."""
    shape = query.shape or _accepted()
    asked = {name: value for name, value in query.model_dump().items() if value is not None}
    if shape == "json":
        return answer(report_json(report_of(asked)))
    return file_of(asked, shape, query.language or _language())


def report_of(told: Mapping[str, str], most: int = reports.MOST) -> reports.Report:
    """The report that these fields ask for. Raises BadInput."""
    gateway = the_gateway()
    now = gateway.clock()
    asked = reports.read_asked(told, now.astimezone(gateway.till.zone).date())
    with gateway.database.reading() as conn:
        return reports.costs(conn, asked, gateway.till, now, most)


def file_of(told: Mapping[str, str], shape: str, language: str) -> Response:
    """The same as a file."""
    report = report_of(told, _LONGEST)
    made = report_tables.written(report, shape, language, the_gateway().clock())
    name = f"costs-{report.asked.by}-{report.asked.first}-{report.asked.last}.{shape}"
    response = Response(made, mimetype=report_tables.FORMATS[shape].partition(";")[0])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _accepted() -> str:
    """What the client wants by its Accept header: JSON where it says nothing else."""
    by_type = {kind.partition(";")[0]: shape for shape, kind in report_tables.FORMATS.items()}
    best = request.accept_mimetypes.best_match(["application/json", *by_type], "application/json")
    return by_type.get(best, "json")


def _language() -> str:
    return request.accept_languages.best_match(report_words.LANGUAGES) or "en"


def report_json(report: reports.Report) -> dict[str, Any]:
    """A report as programs are told of it."""
    return {
        "since": report.asked.first.isoformat(),
        "until": report.asked.last.isoformat(),
        "by": report.asked.by,
        "currency": report.currency,
        "lines": [_line(line) for line in report.lines],
        "total": _line(report.total),
        "open_days": report.open_days,
        "notes": list(report.notes),
    }


def _line(line: reports.Line) -> dict[str, Any]:
    same = ("key", "name", "messages", "parts", "delivered", "replies", "orders")
    return {
        **{name: getattr(line, name) for name in same},
        "delivered_share": _decimal(line.delivered_share),
        "planned": spelled(line.planned),
        "amount": spelled(line.amount),
        "per_delivered": _decimal(line.cost_per("delivered")),
        "per_reply": _decimal(line.cost_per("replies")),
        "per_order": _decimal(line.cost_per("orders")),
        "others": {currency: spelled(amount) for currency, amount in line.others.items()},
    }


def _decimal(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:.6f}"


@route("GET", "/reports/campaigns/<id>", scope=READ, answers={200: ReconciledTold}, errors=("not_found",))
def reconciled(id: str) -> Response:
    """Tell what was planned for a campaign, what was booked, and in words why they differ."""
    with the_gateway().database.reading() as conn:
        found = reconcile.campaign(conn, id)
    reasons = [
        {"code": one.code, "messages": one.messages, "difference": _sums(one.difference), "says": one.says}
        for one in found.reasons
    ]
    sums = {"planned": _sums(found.planned), "booked": _sums(found.booked)}
    return answer({"messages": found.messages, **sums, "reasons": reasons, "says": found.says})


@route("GET", "/reports/proof", scope=READ, query=ProofAsked, answers={200: ProofTold})
def prove(query: ProofAsked) -> Response:
    """Prove that what was booked is what the parts must have cost."""
    gateway = the_gateway()
    yesterday = gateway.clock().astimezone(gateway.till.zone).date() - timedelta(days=1)
    first = _day("since", query.since, yesterday)
    begin, end = facts.span(first, _day("until", query.until, first), gateway.till.zone)
    with gateway.database.reading() as conn:
        found = proof.prove(conn, gateway.till.plans, begin, end)
    same = ("holds", "says", "messages", "entries")
    listed = [{"message_id": one.message_id, "link": one.link, "says": one.says} for one in found.differences[:1000]]
    sums = {"booked": _sums(found.booked), "counted": _sums(found.counted)}
    return answer({**{name: getattr(found, name) for name in same}, **sums, "differences": listed})


def _day(name: str, written: str | None, usual: date) -> date:
    try:
        return date.fromisoformat(written) if written else usual
    except ValueError as wrong:
        raise BadInput([Fault(f"/{name}", "day_invalid", f"{name} must be a day such as 2026-11-26")]) from wrong
