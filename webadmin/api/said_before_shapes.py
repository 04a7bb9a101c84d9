"""The shape of a text in whose place another was put, or was to be put."""

from __future__ import annotations

from pydantic import Field

from .fields import Moment, Shape


class SaidBefore(Shape):
    """A text, and who wanted another in its place, or this one in the place of another."""

    text: str = Field(description="What it says.")
    by: str = Field(description="Who: a person, a key, cli.")
    at: Moment = Field(description="When.")
