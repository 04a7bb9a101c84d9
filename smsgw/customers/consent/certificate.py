"""The certificate of consent as a PDF to hand over: what holds, every statement with its proof, questions, wordings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...paper import pdf
from ...paper.table import Column, Table

_SCOPES = {"*": "everything", "marketing": "all marketing", "orders": "messages about orders"}


def as_pdf(certificate: Mapping[str, Any]) -> bytes:
    """The certificate (of `consent_proof.certificate`) as a PDF."""
    return pdf.write(tables(certificate), "en", certificate["made_at"])


def tables(certificate: Mapping[str, Any]) -> list[Table]:
    """The same as tables: what holds now; the statements; the questions of double opt-in; the texts they answered."""
    about = [
        f"Addresses: {', '.join(certificate['addresses'])}",
        f"Customer: {certificate['customer'] or 'not known by name'}",
        f"Made at {_time(certificate['made_at'])}",
    ]
    about += [f"{address} is suppressed: {no['why']}" for address, no in certificate["suppressed"].items()]
    standing = [
        [address, about_what, "yes" if one["allowed"] else "no", _number(one["by"])]
        for address, found in certificate["standing"].items()
        for about_what, one in found.items()
    ]
    statements = [
        [
            _number(row["id"]),
            row["address"],
            "yes" if row["statement"] == "granted" else "no",
            _SCOPES.get(row["scope"], row["scope"]),
            row["words"],
            _how(row),
            row["by"],
            _time(row["at"]),
            _number(row["wording_id"]),
        ]
        for row in certificate["statements"]
    ]
    questions = [
        [row["address"], _SCOPES.get(row["category"], row["category"]), _time(row["asked_at"]),
         row["outcome"] or "pending", _time(row["closed_at"]), _number(row["wording_id"])]
        for row in certificate["questions"]
    ]  # fmt: skip
    wordings = [
        [_number(row["id"]), row["name"], _number(row["version"]), row["text"], _time(row["since"])]
        for row in certificate["wordings"]
    ]
    return [
        Table(
            "Certificate of consent", _columns("Address", "About", "May be sent", "By statement"), standing, None, about
        ),
        Table(
            "Statements",
            _columns("No.", "Address", "Answer", "About", "Words", "How", "Written down by", "Said at", "Wording"),
            statements,
        ),
        Table(
            "Questions (double opt-in)",
            _columns("Address", "About", "Asked at", "Outcome", "Closed at", "Wording"),
            questions,
        ),
        Table("Wordings", _columns("No.", "Name", "Version", "Text", "Since"), wordings),
    ]


def _columns(*headings: str) -> list[Column]:
    return [Column(heading) for heading in headings]


def _how(row: Mapping[str, Any]) -> str:
    more = [
        "confirmed by the number itself" if row["double_opt_in"] else "",
        "existing customer (soft opt-in)" if row["basis"] else "",
        f"text {row['inbound_id']}" if row["inbound_id"] else "",
        f"until {_time(row['expires_at'])}" if row["expires_at"] else "",
        row["note"] or "",
    ]
    return "; ".join([row["source"], *(one for one in more if one)])


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _time(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
