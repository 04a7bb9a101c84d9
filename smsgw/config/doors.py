"""The table [doors]: which other gateways' clients are served, each in its own words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from smsgw.config.links import Section
from smsgw.config.listen import split_address

Door = Literal["kannel", "twilio", "android", "jasmin"]


class DoorsConfig(Section):
    """Addresses at which clients of other gateways find what they know; docs/compat.md tells what each can do."""

    open: list[Door] = Field(
        default=[],
        description="Which doors are open: kannel (/cgi-bin/sendsms), twilio (/2010-04-01), android (/3rdparty/v1), "
        "jasmin (/send); none by default.",
        examples=[["kannel", "twilio"]],
    )
    listen: list[str] = Field(
        default=[],
        description="Further addresses and ports at which the web server listens, for clients whose port is fixed: "
        "Kannel's sendsms is at 13013, its status at 13000, Jasmin's at 1401.",
        examples=[["127.0.0.1:13013", "127.0.0.1:13000"]],
    )
    max_parts: int = Field(
        default=10, ge=1, le=255, description="The longest text that a door takes, in parts; longer ones are refused."
    )

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, listen: list[str]) -> list[str]:
        for one in listen:
            split_address(one)
        return listen

    @property
    def ports(self) -> set[int]:
        """The further ports."""
        return {split_address(one)[1] for one in self.listen}
