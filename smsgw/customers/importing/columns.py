"""Which column of a sheet is what, and what a row of it says about a person: read by headings in seven languages.

Consent in a sheet needs its proof beside it: where it was given, when, and by which words. That somebody bought
something is none (AKOS 06106-252/2022/5 on ZEKom-2 article 226(1); GDPR article 7(1)), and such a row is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...errors import BadInput, Fault
from .. import details
from ..details import Reachable
from ..fields import Field, WrongValue, fold, read_value

SKIP = "-"
PLAIN = ("name", "first_name", "last_name", "language", "zone", "channel", "reference", "phone", "email", "tags")
CONSENT = ("consent", "consent_source", "consent_at", "consent_words")
TARGETS = (*PLAIN, *CONSENT, SKIP)
_WORDS: Mapping[str, str] = {
    "name": "name|full name|customer|ime in priimek|naziv|stranka|kunde|kundenname|nome e cognome|nominativo|ime i "
    "prezime|kupac|имя и фамилия|фио|клиент|покупатель|نام و نام خانوادگی|مشتری",
    "first_name": "first name|firstname|given name|ime|vorname|nome|имя|نام",
    "last_name": "last name|lastname|surname|family name|priimek|nachname|familienname|cognome|prezime|фамилия"
    "|نام خانوادگی",
    "phone": "phone|telephone|mobile|mobile phone|cell|number|phone number|msisdn|tel|gsm|telefon|mobitel"
    "|mobilni telefon|telefonska stevilka|stevilka|handy|handynummer|telefonnummer|mobilnummer|telefono|cellulare"
    "|numero"
    "|broj telefona|broj mobitela|телефон|мобильный|номер|номер телефона|تلفن|موبایل|شماره|شماره موبایل",
    "email": "email|e-mail|mail|e-posta|elektronska posta|e-mail naslov|email address|posta elettronica|mail adresse"
    "|почта|эл. почта|электронная почта|ایمیل",
    "language": "language|lang|jezik|sprache|lingua|язык|زبان",
    "zone": "time zone|timezone|zone|casovni pas|zeitzone|fuso orario|vremenska zona|часовой пояс|منطقه زمانی",
    "channel": "channel|preferred channel|kanal|canale|канал|کانال",
    "reference": "reference|external id|customer id|customer number|id|sifra|sifra stranke|kundennummer|codice cliente"
    "|sifra kupca|код клиента|номер клиента|کد مشتری",
    "tags": "tags|tag|labels|oznake|oznaka|schlagworte|etichette|метки|برچسب",
    "consent": "consent|consent category|soglasje|privolitev|einwilligung|consenso|privola|согласие|رضایت",
    "consent_source": "consent source|vir soglasja|vir privolitve|quelle der einwilligung|fonte del consenso"
    "|izvor privole|источник согласия",
    "consent_at": "consent date|consent at|datum soglasja|datum privolitve|datum der einwilligung|data del consenso"
    "|datum privole|дата согласия",
    "consent_words": "consent words|consent wording|consent text|besedilo soglasja|besedilo privolitve|wortlaut der "
    "einwilligung|testo del consenso|tekst privole|текст согласия",
}
_BY_HEADING = {fold(word): target for target, words in _WORDS.items() for word in words.split("|")}
_NUMBERED = re.compile(r"[ _]*\(?\d{1,2}\)?$")
_BOUGHT = re.compile(
    r"bought|buys|purchas|order(ed|s)?\b|invoice|customer since|existing customer|kupil|kupec|nakup|naroc|racun"
    r"|obstojec|gekauft|kauf|bestell|rechnung|bestandskund|acquist|ordin|fattur|kupnj|narudz|kupio|kupac|купил|покуп|заказ|счет"
    r"|خرید|سفارش"
)
_AGREED = re.compile(
    r"agree|consent|subscri|opt.?in|yes,|sogla|strinja|privol|zelim|einwillig|zustimm|einverstanden|accons|accett"
    r"|pristaj|suglas|соглас|موافق|رضایت"
)
LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Columns:
    """What each column of a sheet is: targets of ours, `field.NAME`, or SKIP; by their place. header: is there one?"""

    headings: tuple[str, ...]
    targets: tuple[str, ...]
    header: bool = True

    def shown(self) -> list[dict[str, str]]:
        """For people: every heading with what it is taken for."""
        return [{"heading": a, "is": b} for a, b in zip(self.headings, self.targets, strict=True)]


@dataclass(frozen=True)
class Said:
    """What a row says: `told` as details.read gives it, and the consent that it claims."""

    told: dict[str, Any]
    consent: dict[str, str] | None = None


def recognise(
    first: Sequence[str], fields: Mapping[str, Field], chosen: Mapping[str, str], region: str | None
) -> Columns:
    """What the columns are, by the first row. chosen: what a person said, heading by heading, in our words.

    Raises BadInput: `column_unknown`, `target_unknown`, `addresses_missing` when nothing says who the people are.
    """
    header = not any(_is_number(cell, region) for cell in first)
    headings = tuple(first) if header else tuple(f"{place + 1}" for place in range(len(first)))
    faults = [
        Fault(f"/columns/{name[:LONGEST_SHOWN]}", "column_unknown", f"the sheet has no column {name[:LONGEST_SHOWN]!r}")
        for name in chosen
        if name not in headings
    ]
    known = {*TARGETS, *(f"field.{name}" for name in fields)}
    faults += [
        Fault(
            f"/columns/{name[:LONGEST_SHOWN]}",
            "target_unknown",
            f"{target[:40]!r} is none of {', '.join(sorted(known))}",
        )
        for name, target in chosen.items()
        if target not in known
    ]
    guess = [
        _by_heading(heading, fields) if header else _by_cell(cell, region)
        for heading, cell in zip(headings, first, strict=True)
    ]
    targets = [chosen.get(heading, found) for heading, found in zip(headings, guess, strict=True)]
    if not faults and not {"phone", "email", "reference"} & set(targets):
        says = f"no column is a phone, email or reference; there are {', '.join(headings)[:300]}: say which is what"
        faults.append(Fault("/columns", "addresses_missing", says))
    if faults:
        raise BadInput(faults)
    return Columns(headings, tuple(targets), header)


def _by_heading(heading: str, fields: Mapping[str, Field]) -> str:
    plain = fold(heading).replace("_", " ").strip(" .:*#")
    for name, field in fields.items():
        if plain.removeprefix("field.") in (name.replace("_", " "), fold(field.label)):
            return f"field.{name}"
    found = _BY_HEADING.get(plain) or _BY_HEADING.get(_NUMBERED.sub("", plain))
    return found or SKIP


def _by_cell(cell: str, region: str | None) -> str:
    if "@" in cell:
        return "email"
    if _is_number(cell, region):
        return "phone"
    return "name" if cell and not any(letter.isdigit() for letter in cell) else SKIP


def _is_number(cell: str, region: str | None) -> bool:
    if sum(letter.isdigit() for letter in cell) < 7:
        return False
    try:
        return details.read_address(cell, region or "SI").kind == "phone"
    except BadInput:
        return False


def read_row(cells: Sequence[str], columns: Columns, fields: Mapping[str, Field], wish: Mapping[str, Any]) -> Said:
    """What a row says. wish: region, and consent for rows that say none themselves. Raises BadInput with every fault.

    An empty cell says nothing. Several phones may stand in one cell, with commas or semicolons between.
    """
    told: dict[str, Any] = {}
    names = {"first_name": "", "last_name": ""}
    addresses: list[str] = []
    values: dict[str, Any] = {}
    claimed: dict[str, str] = {}
    for target, cell in zip(columns.targets, cells, strict=False):
        if not cell or target == SKIP:
            continue
        if target in ("phone", "email"):
            addresses += [one for one in re.split(r"[;,\n]", cell) if one.strip()]
        elif target == "tags":
            told["tags"] = [one.replace(" ", "-") for one in re.split(r"[;,]\s*", cell) if one.strip()]
        elif target in names:
            names[target] = cell
        elif target in CONSENT:
            claimed[target] = cell
        elif target.startswith("field."):
            values[target[6:]] = cell
        else:
            told[target] = cell
    whole = " ".join(part for part in names.values() if part)
    if whole and "name" not in told:
        told["name"] = whole
    found, faults = _read({**told, "addresses": addresses, "fields": values}, fields, wish.get("region"))
    consent = None
    if claimed or wish.get("consent"):
        consent = _consent({**(wish.get("consent") or {}), **claimed}, faults)
    if not addresses and "reference" not in told:
        faults.append(Fault("/addresses", "person_empty", "neither a number nor a mail address nor a reference"))
    if faults:
        raise BadInput(faults)
    return Said(found, consent)


def _read(
    told: Mapping[str, Any], fields: Mapping[str, Field], region: str | None
) -> tuple[dict[str, Any], list[Fault]]:
    try:
        return details.read(told, fields, region), []
    except BadInput as wrong:
        return {}, list(wrong.faults)


def _consent(claimed: Mapping[str, str], faults: list[Fault]) -> dict[str, str] | None:
    """A consent with its proof. Empty or "no" in the column claims nothing."""
    category = claimed.get("consent", "").strip()
    if not category or fold(category) in ("no", "ne", "nein", "0", "нет", "false"):
        return None
    missing = [key for key in CONSENT[1:] if not claimed.get(key, "").strip()]
    if missing:
        says = f"consent needs its proof: {', '.join(missing)} is missing; without it import no consent"
        faults.append(Fault("/consent", "consent_unproven", says))
    proof = fold(f"{claimed.get('consent_source', '')} {claimed.get('consent_words', '')}")
    if _BOUGHT.search(proof) and not _AGREED.search(proof):
        says = "that somebody bought something is no consent: ask them, or record a soft opt-in as what it is"
        faults.append(Fault("/consent", "consent_by_purchase", says))
    at = _moment(claimed.get("consent_at", ""), faults)
    return {**{key: claimed.get(key, "").strip() for key in CONSENT}, "consent": category, "consent_at": at}


def _moment(written: str, faults: list[Fault]) -> str:
    if not written.strip():
        return ""
    try:
        day = read_value(Field("day", "day", "date"), written.strip()[:10])
    except WrongValue as wrong:
        faults.append(Fault("/consent_at", "consent_unproven", str(wrong)))
        return ""
    return f"{day}T00:00:00+00:00"


def in_future(consent: Mapping[str, str], now: datetime) -> bool:
    """Whether a consent claims to have been given later than now; the day itself may have begun elsewhere."""
    return bool(consent["consent_at"]) and datetime.fromisoformat(consent["consent_at"]) > now.astimezone(
        UTC
    ) + timedelta(days=1)


def spelled(told: Mapping[str, Any]) -> dict[str, Any]:
    """What a row says, as JSON."""
    addresses: Sequence[Reachable] = told.get("addresses") or ()
    return {**told, "addresses": [one.address for one in addresses]}
