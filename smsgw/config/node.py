"""The table [node]: what this machine is called among several that share a PostgreSQL store."""

from __future__ import annotations

import socket

from pydantic import Field

from smsgw.config.links import Section


class NodeConfig(Section):
    """One of several nodes; nothing here matters where the store is a SQLite file."""

    name: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9]+([-_.][A-Za-z0-9]+)*$",
        max_length=64,
        description="What this node is called among those that share its PostgreSQL store; by default as its host.",
        examples=["alpha"],
    )
    lease: int = Field(
        default=8,
        ge=4,
        le=120,
        description="After how many seconds without a sign of life other nodes take over what this one has.",
    )

    @property
    def called(self) -> str:
        """`name`, or its default."""
        return self.name or socket.gethostname()[:64] or "smsgw"
