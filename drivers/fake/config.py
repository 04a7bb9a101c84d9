"""What a person writes about a simulated network, and the knobs that can be turned while it runs.

The surprise: every share (0 to 1) is drawn from `seed` in the order of submission, so a run can be repeated
exactly, whatever the timing. One draw decides between rejection, temporary, no_answer and loss: shares of
the same whole, at most 1 together.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, ValidationError

from smsgw.errors import BadInput, Fault

E164 = Annotated[str, Field(pattern=r"^\+[1-9][0-9]{4,14}$")]


class Knobs(BaseModel, extra="forbid"):
    """What goes wrong in the network, and how long things take; all of it can be changed while it runs."""

    delay: float = Field(
        0.05,
        description="Seconds until the network answers a part, or tells us a text of a phone.",
        ge=0,
        le=600,
    )
    receipt_delay: float = Field(
        0.5, description="Seconds between the answer to a part and its receipt.", ge=0, le=86_400
    )
    loss: float = Field(
        0.0, description="Share of parts that are taken and never delivered, without a receipt.", ge=0, le=1
    )
    rejection: float = Field(0.0, description="Share of parts that the network refuses for good.", ge=0, le=1)
    temporary: float = Field(0.0, description="Share of parts that the network refuses at the moment.", ge=0, le=1)
    no_answer: float = Field(
        0.0, description="Share of parts that reach the phone while their answer is lost.", ge=0, le=1
    )
    duplicate: float = Field(
        0.0, description="Share of receipts and pieces of phones' texts that are told twice.", ge=0, le=1
    )
    shuffle: float = Field(
        0.0,
        description="Share of parts that are overtaken and have their receipt before their answer, and of "
        "phones' texts whose pieces come in any order.",
        ge=0,
        le=1,
    )
    throttle: float = Field(
        0.0, description="Parts a second beyond which the network says: too fast; 0 is no limit.", ge=0
    )
    unrecognised: float = Field(
        0.0, description="Share of MMS of which the network says that the phone cannot show them.", ge=0, le=1
    )
    unfetched: float = Field(
        0.0, description="Share of MMS that no phone ever fetches, and of which nothing is heard.", ge=0, le=1
    )
    disconnected: bool = Field(False, description="Whether the connection to the network is cut.")

    def turned(self, changes: dict[str, float | int | bool]) -> Knobs:
        """The knobs after some are turned. Raises BadInput, one fault for each unknown knob or bad value."""
        try:
            return Knobs.model_validate(self.model_dump() | changes)
        except ValidationError as wrong:
            faults = [_fault(str(error["loc"][0]), error["type"], error["msg"]) for error in wrong.errors()]
            raise BadInput(faults, hint=f"The knobs are {', '.join(Knobs.model_fields)}.") from wrong


def _fault(knob: str, kind: str, says: str) -> Fault:
    """What is wrong with one knob, as a fault."""
    pointer = "/" + knob.replace("~", "~0").replace("/", "~1")  # RFC 6901 section 3
    if kind == "extra_forbidden":
        return Fault(pointer, "unknown_knob", f"The network has no knob {knob!r}.")
    return Fault(pointer, "out_of_range", f"The knob {knob} cannot be turned so: {says}.")


class Config(Knobs, extra="forbid"):
    """A simulated network with phones, and how its knobs stand at the start."""

    handsets: list[E164] = Field(
        ["+38641000001", "+38641000002"],
        description="Numbers of the phones of this network, international form.",
    )
    number: E164 = Field("+38641000000", description="The gateway's own number in this network.")
    window: int = Field(100, description="Parts on their way without an answer.", ge=1, le=10_000)
    seed: int = Field(1, description="What chance begins with; the same seed, the same faults.")
    answer_timeout: float = Field(10.0, description="Seconds to wait for the answer to a part.", gt=0)
    repeat_after: float = Field(5.0, description="Seconds until the network repeats what we could not store.", gt=0)
    unknown: Literal["deliver", "undeliverable"] = Field(
        "deliver", description="What becomes of parts to numbers that are not phones of this network."
    )
    mms: bool = Field(False, description="Whether this network carries MMS.")
    without_mms: list[E164] = Field(
        [], description="Phones that cannot show an MMS, as the network says.", examples=[["+38641000002"]]
    )
    largest: int = Field(
        307_200, description="The largest MMS that it carries, in octets of all its parts.", ge=1000, le=100_000_000
    )
    tape: Path | None = Field(
        None,
        description="The file (JSON lines) in which the network remembers what happened, beyond our own end; "
        "left out: it forgets.",
    )
