"""May this be spent? What the gate asks about money, and what is kept of budgets with the message that it is for.

The gate only looks, for it is asked of what is never stored too. The transaction that stores or releases messages then
keeps the money (`keep`), and that is where two that ask for the last cent are told apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from ..money import plans
from ..money.brake import LOOK_AGAIN, Brake
from ..money.budget import Budgets, Over, Wish
from .gate.terms import Candidate, Check, Hold, Refuse, Rules, Verdict

PLAN_LOOK = timedelta(minutes=10)  # what a plan holds is routed anew so often


def budget_check(budgets: Budgets, brake: Brake) -> Check:
    """The gate's check about money: nothing passes that no budget has money for, or that the brake stops."""

    def ask(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
        held = brake.ask(batch, now)
        if not held and not budgets.some:
            return {}
        verdicts: dict[int, Verdict] = {place: Hold(now + LOOK_AGAIN, says) for place, says in held.items()}
        # What is stored already may have its money kept: the transaction that releases it decides.
        fresh = [place for place, c in enumerate(batch) if c.id is None] if budgets.some else []
        overs = budgets.look(conn, [_wish_of(batch[place]) for place in fresh], now) if fresh else []
        for place, over in zip(fresh, overs, strict=True):
            if over is not None:
                verdicts[place] = verdict_of(over)
        return verdicts

    return ask


def plan_check(known: plans.Plans) -> Check:
    """The gate's check of what is about to be claimed: a SIM sends what its plan allows, the rest waits."""

    def ask(conn: Connection, batch: Sequence[Candidate], rules: Rules, now: datetime) -> dict[int, Verdict]:
        verdicts: dict[int, Verdict] = {}
        for link in dict.fromkeys(c.link for c in batch if c.link is not None and known.guards(c.link)):
            plan = known.in_force(link, now)
            if plan is None or not plan.guards:
                continue
            mine = [place for place, c in enumerate(batch) if c.link == link]
            wishes = [plans.Wish(batch[place].recipient, batch[place].parts) for place in mine]
            for place, no in zip(mine, plans.allowed(conn, plan, wishes, now), strict=True):
                if no is not None:
                    verdicts[place] = Hold(min(no[0], now + PLAN_LOOK), no[1])
        return verdicts

    return ask


def verdict_of(over: Over) -> Verdict:
    """What the gate answers where a budget is spent."""
    if over.budget.beyond == "refuse":
        return Refuse("budget_exceeded", over.says)
    return Hold(over.until, over.says)


def keep(
    conn: Connection,
    budgets: Budgets | None,
    rows: Sequence[Mapping[str, Any]],
    verdicts: Sequence[Verdict | None],
    now: datetime,
    *,
    fresh: bool = False,
) -> list[Verdict | None]:
    """Keep what these messages will cost, but for those that are refused; returns the verdicts as they are then.

    rows: of the messages, which are about to be stored (fresh) or released. What waits for its hour has its money kept
    too; what waits for money has not.
    """
    answers = list(verdicts)
    if budgets is None or not budgets.some:
        return answers
    asks = [place for place, verdict in enumerate(verdicts) if not isinstance(verdict, Refuse)]
    overs = budgets.reserve(conn, [_wish_of_row(rows[place]) for place in asks], now, fresh=fresh)
    for place, over in zip(asks, overs, strict=True):
        before = answers[place]
        if over is None:
            continue
        verdict = verdict_of(over)
        longer = isinstance(before, Hold) and isinstance(verdict, Hold) and before.until >= verdict.until
        answers[place] = before if longer else verdict
    return answers


def _wish_of(c: Candidate) -> Wish:
    return Wish(c.id or "", c.recipient, c.purpose, c.client, c.campaign_id, c.link, c.price, c.currency)


def _wish_of_row(row: Mapping[str, Any]) -> Wish:
    return Wish(
        row["id"], row["recipient"], row["purpose"], row["client"], row["campaign_id"], row["link"], row["price"],
        row["currency"],
    )  # fmt: skip
