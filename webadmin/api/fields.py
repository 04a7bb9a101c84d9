"""The kinds of fields that the shapes are made of: words, octets, times, names; and what all shapes have in common."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from smsgw.access.idempotency import REF

HALF = "must not hold half a character (a lone surrogate)"
BASE64: dict[str, Any] = {"contentEncoding": "base64"}
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as wrong:
        raise PydanticCustomError("text_undecodable", HALF) from wrong
    if "\x00" in text:
        raise PydanticCustomError("text_undecodable", "must not hold the NUL character")
    return text


def _moment(value: Any) -> Any:
    """RFC 3339 with a zone (section 5.6), as an aware datetime in UTC."""
    if isinstance(value, datetime) or value is None:
        return value
    try:
        if isinstance(value, str) and _RFC3339.fullmatch(value):
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    says = "must be a time with its zone as in RFC 3339, such as 2026-11-23T08:00:00Z"
    raise PydanticCustomError("time_invalid", says)


def _own_ref(ref: str) -> str:
    if ref.startswith(REF):
        raise PydanticCustomError("client_ref_reserved", f"must not begin with {REF}, which the gateway uses itself")
    return ref


def _octets(form: str, read: Callable[[str], bytes]) -> BeforeValidator:
    """Reads octets, or None, that JSON holds as a string of this form."""

    def look(value: Any) -> bytes | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "must be a string")
        try:
            return read(value)
        except ValueError as wrong:
            raise PydanticCustomError("data_undecodable", f"must be {form}") from wrong

    return BeforeValidator(look)


Words = Annotated[str, AfterValidator(_storable)]
_BASE64 = _octets("base64 (RFC 4648 section 4)", partial(base64.b64decode, validate=True))
_HEXADECIMAL = _octets("an even number of hexadecimal digits", bytes.fromhex)
Base64 = Annotated[bytes | None, _BASE64, WithJsonSchema({"type": ["string", "null"], **BASE64})]
Hexadecimal = Annotated[bytes | None, _HEXADECIMAL, WithJsonSchema({"type": ["string", "null"]})]
Port = Annotated[int, Field(ge=0, le=65535)]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Ref = Annotated[Words, Field(min_length=1, max_length=120), AfterValidator(_own_ref)]
Purpose = Literal["transactional", "service", "conversational", "marketing", "otp"]


class Shape(BaseModel):
    """What all shapes have in common: nothing unknown passes, and nothing is taken for another type.

    What checks them is built when the first value comes: most gateways use a tenth of them, and each is a cost of every
    start. (pydantic builds under a lock since 2.14.)
    """

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False, defer_build=True)
