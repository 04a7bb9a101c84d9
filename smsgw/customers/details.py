"""What somebody says of a person, read: one spelling for each thing, and every mistake told at once.

Told is a mapping with some of these keys: name, language, zone, channel, reference, addresses, tags and fields. A key
that is missing says nothing, one that is None takes away (JSON Merge Patch, RFC 7396).
"""

from __future__ import annotations

import functools
import re
import zoneinfo
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import phonenumbers

from ..errors import BadInput, Fault
from ..store.storable import storable
from ..text.number import is_reachable, read_number
from .fields import Field, WrongValue, read_value

CHANNELS = ("sms", "mms", "email", "call")
MOST_ADDRESSES = 20
MOST_TAGS = 50
LONGEST_NAME = 120
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
_TAG = re.compile(r"[^\s,;\"'()]{1,40}")


@dataclass(frozen=True, slots=True)
class Reachable:
    """An address in its one spelling. kind: phone or email; region: a number's country, where it has one."""

    address: str
    kind: str
    region: str | None = None


def read_address(written: str, region: str | None) -> Reachable:
    """The number or mail address that somebody wrote. region: whose national spelling of numbers is understood.

    Raises BadInput, code `recipient_invalid`, `recipient_missing` or `mail_invalid`.
    """
    if "@" in written:
        mail = written.strip().removeprefix("mailto:").lower()
        if len(mail) > 254 or not _MAIL.fullmatch(mail):
            raise BadInput([Fault("", "mail_invalid", f"{written[:60]!r} is no mail address")])
        return Reachable(storable(mail, 254), "email")
    number = read_number(written, region)
    return Reachable(number, "phone", country_of(number))


def kept(address: str) -> Reachable:
    """What the gateway itself wrote down, such as the sender of a text: taken as it is."""
    if "@" in address:
        return Reachable(address, "email")
    return Reachable(address, "phone", country_of(address))


def country_of(number: str) -> str | None:
    """The country of an E.164 number in two letters; None for a short code, a name, or a number of no country."""
    if not is_reachable(number):
        return None
    for end in (2, 3, 4):
        regions = _regions(number[1:end])
        if regions:
            return _of_shared(number) if len(regions) > 1 else _real(regions[0])
    return None


@functools.cache
def _regions(code: str) -> tuple[str, ...]:
    return tuple(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()))


def _real(region: str | None) -> str | None:
    return None if region in (None, "001") else region


def _of_shared(number: str) -> str | None:
    """Of a code that several countries share, such as +1 and +7: the one whose it is, else the largest."""
    read = phonenumbers.parse(number)
    found: str | None = phonenumbers.region_code_for_number(read)
    return _real(found or phonenumbers.region_code_for_country_code(read.country_code or 0))


def read(told: Mapping[str, Any], fields: Mapping[str, Field], region: str | None) -> dict[str, Any]:
    """The same, each value in the one spelling that it is kept in; addresses as `Reachable`.

    fields: those that are defined. region: as for read_address. Raises BadInput with all faults.
    """
    faults: list[Fault] = []
    found: dict[str, Any] = {}
    for key, value in told.items():
        if key == "addresses":
            found[key] = _addresses(value or (), region, faults)
        elif key == "fields":
            found[key] = _fields(value or {}, fields, faults)
        elif key == "tags":
            found[key] = _tags(value or (), faults)
        elif key in _READERS:
            try:
                found[key] = None if value is None or value == "" else _READERS[key](value)
            except WrongValue as wrong:
                faults.append(Fault(f"/{key}", f"{key}_invalid", str(wrong)))
        else:
            faults.append(
                Fault(
                    f"/{key}",
                    "unknown_field",
                    f"there are only: {', '.join((*_READERS, 'addresses', 'tags', 'fields'))}",
                )
            )
    if faults:
        raise BadInput(faults)
    return found


def _addresses(written: Sequence[str], region: str | None, faults: list[Fault]) -> list[Reachable]:
    found: dict[str, Reachable] = {}
    for place, one in enumerate(written):
        try:
            address = read_address(one, region)
            found.setdefault(address.address, address)
        except BadInput as wrong:
            faults += [Fault(f"/addresses/{place}", fault.code, fault.detail) for fault in wrong.faults]
    if len(found) > MOST_ADDRESSES:
        faults.append(Fault("/addresses", "too_many", f"{len(found)} addresses are too many for one person"))
    return list(found.values())


def _fields(written: Mapping[str, Any], fields: Mapping[str, Field], faults: list[Fault]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in written.items():
        field = fields.get(name)
        if field is None:
            known = ", ".join(fields) or "none yet: smsgw customer field add defines one"
            faults.append(Fault(f"/fields/{name[:40]}", "field_unknown", f"there is no such field; there are: {known}"))
            continue
        try:
            found[name] = None if value is None or value == "" else read_value(field, value)
        except WrongValue as wrong:
            faults.append(Fault(f"/fields/{name}", "value_invalid", f"{field.label}: {wrong}"))
    return found


def _tags(written: Sequence[str], faults: list[Fault]) -> list[str]:
    found = []
    for place, tag in enumerate(written):
        plain = tag.strip().casefold()
        if _TAG.fullmatch(plain):
            found.append(storable(plain, 40))
        else:
            faults.append(
                Fault(f"/tags/{place}", "tag_invalid", f"{tag[:40]!r} is no tag: one word of at most 40 letters")
            )
    if len(found) > MOST_TAGS:
        faults.append(Fault("/tags", "too_many", f"{len(found)} tags are too many for one person"))
    return sorted(set(found))


def _name(value: Any) -> str:
    plain = storable(" ".join(str(value).split()), 1000)
    if len(plain) > LONGEST_NAME:
        raise WrongValue(f"the name has {len(plain)} letters; at most {LONGEST_NAME} are kept")
    return plain


def _language(value: Any) -> str:
    plain = str(value).strip().lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(plain):
        raise WrongValue(f"{str(value)[:20]!r} is no language: write two letters, such as sl or en")
    return plain


@functools.cache
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in zoneinfo.available_timezones()}


def _zone(value: Any) -> str:
    found = _zones().get(str(value).strip().casefold())
    if found is None:
        raise WrongValue(f"{str(value)[:40]!r} is no time zone: write it as Europe/Ljubljana")
    return found


_CHANNEL_WORDS = {"e-mail": "email", "mail": "email", "phone": "call", "text": "sms", "telephone": "call"}


def _channel(value: Any) -> str:
    plain = str(value).strip().casefold()
    plain = _CHANNEL_WORDS.get(plain, plain)
    if plain not in CHANNELS:
        raise WrongValue(f"{str(value)[:20]!r} is no channel: there are {', '.join(CHANNELS)}")
    return plain


def _reference(value: Any) -> str:
    plain = str(value).strip()
    if len(plain) > 120:
        raise WrongValue(f"the reference has {len(plain)} letters; at most 120 are kept")
    return storable(plain, 120)


_READERS: Mapping[str, Callable[[Any], str]] = {
    "name": _name, "language": _language, "zone": _zone, "channel": _channel, "reference": _reference,
}  # fmt: skip
