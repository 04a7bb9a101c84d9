"""What the owner must hear of before it breaks: a link that stays down, a backlog, a disk, questions nobody answers.

They are alerts as those of money are: one life for all. What is no more so ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from ..gateway import Gateway
from ..money import alerts
from ..money.alerts import Alarm
from ..webhooks import hooks
from . import figures

LINK, BACKLOG, DISK, UNANSWERED, WEBHOOK, MAIL = LOOKED_AT = (
    "link.down", "queue.backlog", "disk.low", "inquiry.unanswered", "webhook.off", "mail.lost",
)  # fmt: skip
BACKUP = "backup.failed"
KINDS = (*LOOKED_AT, BACKUP)
ENDINGS = {
    LINK: "it is up again",
    BACKLOG: "nothing is late any more",
    DISK: "there is room again",
    UNANSWERED: "all were answered",
    WEBHOOK: "it is on again, or gone",
    MAIL: "for a day every mail has arrived, or they were sent again",
    BACKUP: "a backup was made and tried",
}

# Since when each link has not been well, over all the states in which it was not. Forgotten by a restart, which is
# when a link gets its time anew.
_unwell: WeakKeyDictionary[Gateway, dict[str, datetime]] = WeakKeyDictionary()


def watch(gateway: Gateway, now: datetime) -> None:
    """Tell what is wrong at `now` and was not, end what was told and is so no more."""
    found = list(_links(gateway, now)) + list(_disk(gateway))
    with gateway.database.reading() as conn:
        found += _backlog(conn, gateway, now)
        found += _unanswered(conn, gateway, now)
        found += _webhooks(conn)
        found += _mails(conn, now)
        standing = {(row.kind, row.subject) for row in alerts.standing(conn, 1000) if row.kind in LOOKED_AT}
    now_wrong = {(alarm.kind, alarm.subject) for alarm in found}
    fresh = [alarm for alarm in found if (alarm.kind, alarm.subject) not in standing]
    gone = sorted(standing - now_wrong)
    if fresh or gone:
        _note(gateway, fresh, gone, now)


def _note(gateway: Gateway, fresh: list[Alarm], gone: list[tuple[str, str]], now: datetime) -> None:
    gateway.database.writer.do(_write, (fresh, gone, now))


def _write(conn: Connection, batch: list[tuple[list[Alarm], list[tuple[str, str]], datetime]]) -> list[None]:
    for fresh, gone, now in batch:
        alerts.tell(conn, fresh, now)
        for kind, subject in gone:
            alerts.end(conn, kind, [subject], ENDINGS[kind], now)
    return [None] * len(batch)


def _links(gateway: Gateway, now: datetime) -> Iterator[Alarm]:
    since = _unwell.setdefault(gateway, {})
    patience = timedelta(seconds=gateway.config.watch.link_down)
    for one in figures.links_now(gateway):
        if one.state in figures.WELL:
            since.pop(one.name, None)
        elif now - since.setdefault(one.name, now) >= patience:
            why = f": {one.why}" if one.why else ""
            yield Alarm(LINK, one.name, f"link {one.name} is {one.state} since {since[one.name]:%H:%M} UTC{why}")


def _disk(gateway: Gateway) -> Iterator[Alarm]:
    folder = gateway.config.store.folder
    free = figures.free_octets(folder) // 1_000_000
    if free < gateway.config.watch.disk_mb:
        yield Alarm(DISK, str(folder), f"only {free:,} MB are free at {folder}")


def _backlog(conn: Connection, gateway: Gateway, now: datetime) -> Iterator[Alarm]:
    late = now - timedelta(seconds=gateway.config.watch.backlog)
    for one in figures.waiting(conn):
        known = one.link in gateway.network.links
        if one.state != "queued" or one.oldest_due is None or one.oldest_due > late:
            continue
        if known and not gateway.network.is_open(one.link, now):
            continue  # it waits for the hours of its link, as it should
        minutes = int((now - one.oldest_due).total_seconds() // 60)
        yield Alarm(BACKLOG, one.link, f"{one.count} messages wait for link {one.link}, the first for {minutes} min")


def _unanswered(conn: Connection, gateway: Gateway, now: datetime) -> Iterator[Alarm]:
    late = figures.unanswered(conn, now - timedelta(seconds=gateway.config.watch.unanswered))
    if late.oldest is not None:
        says = f"{late.questions} question{'' if late.questions == 1 else 's'} of customers should have been answered"
        yield Alarm(UNANSWERED, "", f"{says}, the first by {late.oldest:%Y-%m-%d %H:%M} UTC")


def _webhooks(conn: Connection) -> Iterator[Alarm]:
    for row in hooks.given_up(conn):
        host = row.url.split("/")[2][:80]
        yield Alarm(WEBHOOK, row.id, f"the webhook to {host} is switched off: {row.why}")


def _mails(conn: Connection, now: datetime) -> Iterator[Alarm]:
    lost, why = figures.lost_mails(conn, now - timedelta(days=1), now)
    if lost:
        says = (
            f"{lost} mail{'' if lost == 1 else 's'} of the gateway did not arrive within a day, the last: {why[:200]}"
        )
        yield Alarm(MAIL, "", f"{says}; smsgw mail list --state dead shows them")


def backup_failed(gateway: Gateway, says: str, now: datetime) -> None:
    """Tell that there is no good new backup; once, until there is one."""
    _note(gateway, [Alarm(BACKUP, "", says)], [], now)


def backup_is_good(gateway: Gateway, now: datetime) -> None:
    """A backup was made, and brought back as a trial."""
    _note(gateway, [], [(BACKUP, "")], now)
