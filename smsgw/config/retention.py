"""The `[retention]` table: for how long what is kept."""

from __future__ import annotations

from pydantic import Field

from smsgw.config.links import Section


class RetentionConfig(Section):
    """For how long what people wrote is kept; older things are forgotten each day."""

    bodies_months: int = Field(
        default=12, ge=1, le=1200, description="For how many months the words of texts and orders are kept."
    )
    metadata_months: int = Field(
        default=36,
        ge=1,
        le=1200,
        description="For how many months it is known that a text or call was, to whom and when; what it cost stays.",
    )
    consent_years: int = Field(
        default=5,
        ge=1,
        le=100,
        description="For how many years after somebody took a consent back its proof is kept; the no itself stays.",
    )
    traces_days: int = Field(
        default=14,
        ge=1,
        le=3650,
        description="For how many days it is kept why a link was chosen, and how networks worded their answers.",
    )
