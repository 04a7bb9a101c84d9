"""The table [webhooks]: how other programs are told what happened."""

from __future__ import annotations

from ipaddress import ip_network

from pydantic import Field, field_validator

from smsgw.config.links import Section


class WebhooksConfig(Section):
    """How other programs are told what happened; which ones is set up with smsgw webhook add, or over the API."""

    networks: list[str] = Field(
        default=["127.0.0.0/8", "::1/128"],
        description="The private networks that webhooks may call besides the Internet, such as 192.168.1.0/24; by "
        "default only programs on this machine. Cloud metadata and the gateway itself are never called.",
        examples=[["127.0.0.0/8", "::1/128", "192.168.1.0/24"]],
    )
    timeout: int = Field(default=15, ge=1, le=120, description="After how many seconds an answer is not waited for.")
    connections: int = Field(
        default=8, ge=1, le=100, description="How many requests one receiver is sent at the same time, at most."
    )
    give_up_days: int = Field(
        default=5, ge=1, le=365, description="After how many days of nothing but failures a webhook is switched off."
    )
    keep_days: int = Field(
        default=30, ge=1, le=3650, description="For how many days it is remembered what was sent and answered."
    )

    @field_validator("networks")
    @classmethod
    def _networks(cls, networks: list[str]) -> list[str]:
        for network in networks:
            try:
                ip_network(network, strict=False)
            except ValueError as wrong:
                raise ValueError(f"{network!r} is no network: write 192.168.1.0/24, or one address") from wrong
        return networks
