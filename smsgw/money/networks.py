"""Which network (MCC and MNC) numbers belong to: a table by how they begin; a whole number is one that was ported."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from ..access import audit
from ..errors import BadInput, Fault
from ..store.database import Writer
from ..store.tables import follower, numbering
from ..store.tables.types import AnyRow
from .rates import NUMBERING
from .spelling import read_prefix

_NETWORK = re.compile(r"[2-9][0-9]{4,5}")


class Network(NamedTuple):
    """Numbers that begin so belong to this network; name: for people."""

    prefix: str
    network: str
    name: str


def read_csv(text: str) -> list[Network]:
    """The lines of a CSV file prefix,network,name. Raises BadInput with every fault."""
    plain = text.lstrip("\ufeff")
    delimiter = ";" if ";" in "".join(plain.splitlines()[:1]) else ","
    rows = csv.DictReader(io.StringIO(plain, newline=""), delimiter=delimiter)
    heading = [name.strip().lower() for name in rows.fieldnames or ()]
    if not {"prefix", "network"} <= set(heading):
        raise BadInput([Fault("/1", "columns_wrong", "the first line must name the columns prefix, network, name")])
    rows.fieldnames = heading
    found: dict[str, Network] = {}
    faults: list[Fault] = []
    for row in rows:
        told = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str)}
        try:
            prefix = read_prefix(told.get("prefix", ""))
        except ValueError as wrong:
            faults.append(Fault(f"/{rows.line_num}/prefix", "prefix_invalid", f"line {rows.line_num}: prefix {wrong}"))
            continue
        network = told.get("network", "").replace(" ", "")
        if not prefix or not _NETWORK.fullmatch(network):
            says = f"line {rows.line_num}: {network!r} must be the MCC and MNC of numbers that begin so, such as 29340"
            faults.append(Fault(f"/{rows.line_num}/network", "network_invalid", says))
        found[prefix] = Network(prefix, network, told.get("name", "")[:60])
    if faults:
        raise BadInput(faults)
    return list(found.values())


def store(writer: Writer, networks: Sequence[Network], now: datetime, by: str = "cli") -> int:
    """Know these too; the same beginning again is a correction. Returns how many."""
    says = f"{len(networks)} beginnings of numbers were told with their networks"
    return audit.do(writer, _store, (networks, now), audit.Line(by, "networks.imported", says, now, "networks"))


def _store(conn: Connection, batch: list[tuple[Sequence[Network], datetime]]) -> list[int]:
    insert = (postgresql if conn.dialect.name == "postgresql" else sqlite).insert(numbering)
    put = insert.on_conflict_do_update(
        index_elements=["prefix"], set_={"network": insert.excluded.network, "name": insert.excluded.name}
    )
    for networks, now in batch:
        if networks:
            conn.execute(put, [one._asdict() for one in networks])
        _changed(conn, now)
    return [len(networks) for networks, _ in batch]


def _changed(conn: Connection, now: datetime) -> None:
    """Every process reads the networks anew."""
    f = follower.c
    known = conn.execute(update(follower).where(f.name == NUMBERING).values(upto=f.upto + 1, updated_at=now))
    if not known.rowcount:
        conn.execute(follower.insert().values(name=NUMBERING, upto=1, updated_at=now))


def listing(conn: Connection, limit: int = 1000) -> list[AnyRow]:
    """What is known, by how numbers begin."""
    return list(conn.execute(select(numbering).order_by(numbering.c.prefix).limit(limit)))
