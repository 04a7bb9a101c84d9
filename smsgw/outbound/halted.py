"""The check of campaigns: what a paused one has in the queue waits, what a stopped one has there is refused.

Asked also at the claim, so that a pause holds from the next moment on, however much stands in the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from ..store.prepared import Prepared, among
from ..store.tables import campaign
from .gate.terms import Candidate, Hold, Refuse, Rules, Verdict

PAUSED = "its campaign is paused"
UNTIL = timedelta(days=400)  # for what has no validity; whoever resumes a campaign releases what waits
_HALTED = Prepared(
    select(campaign.c.id, campaign.c.state, campaign.c.why).where(
        among(campaign.c.id), (campaign.c.state == "paused") | (campaign.c.state == "stopped")
    )
)


def halted(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
    """Hold what is of a campaign that pauses, for good until it is resumed; refuse what is of one that was stopped."""
    asked = {c.campaign_id for c in batch if c.campaign_id is not None}
    found = {id: (state, why) for id, state, why in _HALTED.run(conn, {"ids": list(asked)})} if asked else {}
    return {index: _verdict(c, *found[c.campaign_id], now) for index, c in enumerate(batch) if c.campaign_id in found}


def _verdict(c: Candidate, state: str, why: str, now: datetime) -> Verdict:
    if state == "stopped":
        return Refuse("campaign_stopped", f"its campaign was stopped: {why}")
    return Hold(c.valid_until or now + UNTIL, f"{PAUSED}: {why}")
