"""Groups: lists of customers by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from ..errors import BadInput, Fault, NotFound
from ..store.database import Writer
from ..store.history import chunks
from ..store.ids import new_id
from ..store.outcomes import attempt
from ..store.tables import customer, customer_group, group_member
from ..store.tables.types import AnyRow


@dataclass(frozen=True, slots=True)
class Members:
    """Who is to be in a group, or to leave it."""

    group: str
    ids: Sequence[str]
    by: str
    at: datetime
    leave: bool = False


def create(writer: Writer, name: str, by: str, at: datetime) -> str:
    """Make an empty group; returns its id. Raises BadInput, also when the name is taken."""
    return writer.do(create_step, (_plain(name), by, at))


def _plain(name: str) -> str:
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= 80:
        raise BadInput([Fault("/name", "name_invalid", "a group's name has 1 to 80 letters")])
    return plain


def create_step(conn: Connection, batch: list[tuple[str, str, datetime]]) -> list[str | Exception]:
    """Writer step of `create`; the names are not looked at."""
    results: list[str | Exception] = []
    for name, by, at in batch:
        if (taken := _taken(conn, name)) is not None:
            results.append(taken)
            continue
        id = new_id("grp", at)
        conn.execute(insert(customer_group), [{"id": id, "name": name, "created_at": at, "by": by}])
        results.append(id)
    return results


def _taken(conn: Connection, name: str, id: str = "") -> BadInput | None:
    """What is wrong with a name that another group than this has."""
    g = customer_group.c
    if conn.scalar(select(g.id).where(g.name == name, g.id != id)) is None:
        return None
    return BadInput([Fault("/name", "name_taken", f"there is a group {name!r} already")])


def rename(writer: Writer, group: str, name: str) -> None:
    """Call a group otherwise. Raises NotFound, BadInput, also when the name is taken."""
    writer.do(_rename, (group, _plain(name)))


def _rename(conn: Connection, batch: list[tuple[str, str]]) -> list[Exception | None]:
    return [attempt(_rename_one, conn, *one) for one in batch]


def _rename_one(conn: Connection, group: str, name: str) -> None:
    id = get(conn, group).id
    if (taken := _taken(conn, name, id)) is not None:
        raise taken
    conn.execute(update(customer_group).where(customer_group.c.id == id).values(name=name))


def get(conn: Connection, name: str) -> AnyRow:
    """A group by its id or its name. Raises NotFound."""
    g = customer_group.c
    row = conn.execute(select(customer_group).where(or_(g.id == name, g.name == name))).first()
    if row is None:
        raise NotFound(f"there is no group {name[:60]!r}", hint="smsgw customer groups shows them")
    return row


_MEMBERS = select(func.count()).where(group_member.c.group_id == customer_group.c.id).scalar_subquery()
_COUNTED = select(customer_group, _MEMBERS.label("members"))


def listing(conn: Connection) -> list[AnyRow]:
    """Every group by name, with how many are in it (`members`)."""
    return list(conn.execute(_COUNTED.order_by(customer_group.c.name)))


def counted(conn: Connection, name: str) -> AnyRow:
    """The same of one group, by its id or its name. Raises NotFound."""
    return conn.execute(_COUNTED.where(customer_group.c.id == get(conn, name).id)).one()


def of(conn: Connection, id: str) -> list[AnyRow]:
    """The groups that a customer is in, by name."""
    joined = select(customer_group).join(group_member, group_member.c.group_id == customer_group.c.id)
    return list(conn.execute(joined.where(group_member.c.customer_id == id).order_by(customer_group.c.name)))


def remove(writer: Writer, name: str) -> None:
    """Take a group away; its members stay customers. Raises NotFound."""
    writer.do(_remove, name)


def _remove(conn: Connection, batch: list[str]) -> list[Exception | None]:
    results: list[Exception | None] = []
    for name in batch:
        try:
            conn.execute(delete(customer_group).where(customer_group.c.id == get(conn, name).id))
            results.append(None)
        except NotFound as missing:
            results.append(missing)
    return results


def set_members(writer: Writer, wish: Members) -> int:
    """Put customers into a group, or take them out of it; returns how many that changed. Raises NotFound."""
    return writer.do(set_members_step, wish)


def set_members_step(conn: Connection, batch: list[Members]) -> list[int | Exception]:
    """Writer step of `set_members`."""
    results: list[int | Exception] = []
    for wish in batch:
        try:
            group = get(conn, wish.group).id
        except NotFound as missing:
            results.append(missing)
            continue
        there = among(conn, group, wish.ids)
        if wish.leave:
            m = group_member.c
            for some in chunks(sorted(there)):
                conn.execute(delete(group_member).where(m.group_id == group, m.customer_id.in_(some)))
            results.append(len(there))
            continue
        known = _today(conn, wish.ids)
        new = [id for id in dict.fromkeys(wish.ids) if id in known and id not in there]
        if new:
            rows = [{"group_id": group, "customer_id": id, "at": wish.at, "by": wish.by} for id in new]
            conn.execute(insert(group_member), rows)
        results.append(len(new))
    return results


def among(conn: Connection, group: str, ids: Sequence[str]) -> set[str]:
    """Which of these customers are in a group (its id)."""
    m = group_member.c
    found: set[str] = set()
    for some in chunks(list(ids)):
        found |= set(conn.scalars(select(m.customer_id).where(m.group_id == group, m.customer_id.in_(some))))
    return found


def _today(conn: Connection, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for some in chunks(list(ids)):
        found |= set(
            conn.scalars(select(customer.c.id).where(customer.c.id.in_(some), customer.c.merged_into.is_(None)))
        )
    return found
