"""The table [doors]: which other gateways' clients are served, each in its own words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from smsgw.config.links import Section

Door = Literal["kannel", "twilio", "android", "jasmin"]


class DoorsConfig(Section):
    """Addresses at which clients of other gateways find what they know; docs/compat.md tells what each can do."""

    open: list[Door] = Field(
        default=[],
        description="Which doors are open: kannel (/cgi-bin/sendsms), twilio (/2010-04-01), android (/3rdparty/v1), "
        "jasmin (/send); none by default.",
        examples=[["kannel", "twilio"]],
    )
    max_parts: int = Field(
        default=10, ge=1, le=255, description="The longest text that a door takes, in parts; longer ones are refused."
    )
