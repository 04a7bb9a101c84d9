"""The business's own rules about orders: from which sums on, and how many a day, a person must look."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from ...config import OrdersConfig
from ...store.ids import first_id
from ...store.tables import order
from ...text.hours import Hours, read_hours
from .orders import Priced, Times

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rules:
    """See [orders] of the configuration for each; amounts in millionths. A person looks at what lies outside."""

    language: str = "en"
    times: Times = field(default_factory=Times)
    minimum: int = 0
    maximum: int | None = None
    daily_orders: int | None = 10
    daily_amount: int | None = None
    trusted: frozenset[str] = frozenset()
    trusted_maximum: int = 0
    mail_to: tuple[str, ...] = ()
    remind_hours: Hours | None = None  # None: always

    def trusts(self, address: str, total: int | None) -> bool:
        """Whether this customer's order is confirmed as it comes."""
        return address in self.trusted and total is not None and total <= self.trusted_maximum


def rules_of(config: OrdersConfig, zone: str) -> Rules:
    """The rules of a configuration; zone: of the business."""
    times = Times(timedelta(seconds=config.lapse_after), config.remind, timedelta(seconds=config.renew_within))
    return Rules(
        language=config.language,
        times=times,
        minimum=config.millionths(config.minimum) or 0,
        maximum=config.millionths(config.maximum),
        daily_orders=config.daily_orders,
        daily_amount=config.millionths(config.daily_amount),
        trusted=frozenset(config.trusted),
        trusted_maximum=config.millionths(config.trusted_maximum) or 0,
        mail_to=tuple(config.mail_to),
        remind_hours=read_hours(config.remind_hours, zone),
    )


def reasons(conn: Connection, address: str, priced: Priced, rules: Rules, now: datetime, own: str = "") -> list[str]:
    """Why a person must look at an order of this customer, in stable words; own: its id, where it is stored already."""
    found = list(priced.reasons)
    total = priced.total
    if total is not None and total < rules.minimum:
        found.append("below the minimum")
    if total is not None and rules.maximum is not None and total > rules.maximum:
        found.append("above the maximum")
    o = order.c
    today = (
        o.address == address,
        o.id > first_id("ord", now - DAY),
        o.id != own,
        o.state.not_in(("cancelled", "lapsed")),
    )
    count, amount = conn.execute(select(func.count(), func.sum(o.total)).where(*today)).one()
    if rules.daily_orders is not None and count >= rules.daily_orders:
        found.append("too many orders within a day")
    if rules.daily_amount is not None and int(amount or 0) + (total or 0) > rules.daily_amount:
        found.append("too much within a day")
    return found
