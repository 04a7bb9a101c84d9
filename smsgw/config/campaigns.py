"""The table [campaigns]: what it takes to send to many."""

from __future__ import annotations

from decimal import Decimal

from pydantic import Field

from smsgw.config.links import Section


class CampaignsConfig(Section):
    """What it takes to send to many."""

    approval_above: Decimal | None = Field(
        default=None,
        ge=0,
        max_digits=12,
        decimal_places=6,
        description="Above which cost, in the currency of the rates, a campaign must be approved by somebody other "
        "than the one who wrote it; without it anybody who may approve can approve what is theirs.",
        examples=[50],
    )
    ahead: int = Field(
        default=5_000,
        ge=100,
        le=1_000_000,
        description="How many messages of campaigns wait in the queue of a link at most; a link with a pace gets those "
        "of a minute.",
    )

    @property
    def approval_millionths(self) -> int | None:
        """approval_above in millionths."""
        return None if self.approval_above is None else int(self.approval_above * 1_000_000)
