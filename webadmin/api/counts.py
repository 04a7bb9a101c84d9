"""Reports that count, over the API: what became of messages, what people agreed to; JSON, CSV, XLSX or PDF."""

from __future__ import annotations

from typing import Any, Literal

from flask import Response, request
from pydantic import Field

from smsgw.money import report_tables, report_words
from smsgw.outbound import counts
from smsgw.outbound.counts import Counted

from ..context import the_gateway
from .routes import answer, route
from .shapes import Shape, Words

FILES = tuple(kind.partition(";")[0] for kind in report_tables.FORMATS.values())
_SINCE = "The first day (UTC), such as 2026-11-01; by default the present month's."


class CountsAsked(Shape):
    """Which days, and as what."""

    since: Words | None = Field(None, max_length=10, description=_SINCE)
    until: Words | None = Field(None, max_length=10, description="The last day; by default today.")
    shape: Literal["json", "csv", "xlsx", "pdf"] | None = Field(None, description="Of the answer; else as Accept says.")
    language: Words | None = Field(None, max_length=12, description="Of a file; else as Accept-Language says.")


class DeliveryAsked(CountsAsked):
    """What became of which messages."""

    by: Literal["link", "purpose", "client", "campaign", "category", "sender", "day"] = Field(
        "link", description="What the lines are told apart by."
    )


class ConsentsAsked(CountsAsked):
    """What was said, and when."""

    by: Literal["scope", "source", "day"] = Field("scope", description="What the lines are told apart by.")


class CountLine(Shape):
    """A line of a report."""

    key: str = Field(description="What it is about; empty: none.")
    counts: dict[str, int] = Field(description="How many, by what is counted.")
    delivered_share: str | None = Field(description="Of messages that have an end: how much arrived, from 0 to 1.")


class CountReason(Shape):
    """Why messages did not arrive."""

    status: str = Field(description="Their state.")
    why: str = Field(description="Why, in words.")
    count: int = Field(description="How many.")


class CountReport(Shape):
    """A report that counts."""

    since: str = Field(description="The first day.")
    until: str = Field(description="The last day.")
    by: str = Field(description="What the lines are told apart by.")
    lines: list[CountLine] = Field(description="The lines, the longest first; days in their order.")
    total: CountLine = Field(description="All together.")
    reasons: list[CountReason] = Field(description="Why messages did not arrive, the most frequent first.")


@route("GET", "/reports/delivery", scope="messages:read", query=DeliveryAsked, answers={200: CountReport}, files=FILES)
def delivery_report(query: DeliveryAsked) -> Response:
    """Tell what became of messages, by link, purpose, key, campaign, category, sender or day."""
    gateway = the_gateway()
    first, last = counts.span(query.since, query.until, gateway.clock().date())
    with gateway.database.reading() as conn:
        return _told(counts.delivery(conn, query.by, first, last), query)


@route("GET", "/reports/consents", scope="consents:read", query=ConsentsAsked, answers={200: CountReport}, files=FILES)
def consents_report(query: ConsentsAsked) -> Response:
    """Tell what people said yes and no to, by category, by the way they said it, or by day."""
    gateway = the_gateway()
    first, last = counts.span(query.since, query.until, gateway.clock().date())
    with gateway.database.reading() as conn:
        return _told(counts.consents(conn, query.by, first, last), query)


def _told(report: Counted, query: CountsAsked) -> Response:
    shape = query.shape or _accepted()
    if shape == "json":
        return answer(_json(report), headers={"Vary": "Accept"})
    language = query.language or request.accept_languages.best_match(report_words.LANGUAGES) or "en"
    made = counts.written(report, shape, language, the_gateway().clock())
    response = Response(made, mimetype=report_tables.FORMATS[shape].partition(";")[0])
    name = f"{report.subject}-{report.by}-{report.first}-{report.last}.{shape}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _accepted() -> str:
    by_type = {kind.partition(";")[0]: shape for shape, kind in report_tables.FORMATS.items()}
    best = request.accept_mimetypes.best_match(["application/json", *by_type], "application/json")
    return by_type.get(best, "json")


def _json(report: Counted) -> dict[str, Any]:
    return {
        "since": report.first.isoformat(),
        "until": report.last.isoformat(),
        "by": report.by,
        "lines": [_line(report, key, told) for key, told in report.lines],
        "total": _line(report, "", report.total),
        "reasons": [{"status": state, "why": why, "count": count} for state, why, count in report.notes],
    }


def _line(report: Counted, key: str, told: Any) -> dict[str, Any]:
    arrived = counts.share(told) if report.subject == "delivery" else None
    return {"key": key, "counts": dict(told), "delivered_share": None if arrived is None else f"{arrived:.6f}"}
