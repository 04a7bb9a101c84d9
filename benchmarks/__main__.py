"""`python -m benchmarks`: measure the road, the words and the store; see README.md for how to read it."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    batch,
    campaigns,
    cutting,
    faults,
    front,
    mms,
    modem,
    moves,
    namespaces,
    nodes,
    pages,
    partitions,
    peers,
    people,
    reading,
    road,
    soak,
    stock,
    streams,
    webhook,
)
from benchmarks.faults.strikes import NAMES
from benchmarks.measure import machine
from benchmarks.stage import Stores

ALL = ("road", "cutting", "moves")  # and the modem, which takes ten minutes: only when asked for
KINDS = ("sqlite", "postgresql")


def main() -> None:
    """Run what was asked for, and print it."""
    read = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    read.add_argument(
        "--only",
        choices=(
            *ALL,
            "modem",
            "modem-memory",
            "peers",
            "webhook",
            "front",
            "stock",
            "people",
            "campaigns",
            "reading",
            "mms",
            "streams",
            "batch",
            "faults",
            "soak",
            "pages",
            "nodes",
            "partitions",
            "namespaces",
        ),
        action="append",
        help="(a) road, (b) cutting, (c) moves, (d) modem, (e) peers, (f) webhook, (g) front, (h) stock, (i) people, "
        "(j) campaigns, (k) reading, (l) mms, (m) streams, (n) batch, (o) faults, (p) soak, (q) pages, (r) nodes, "
        "(s) partitions, (t) namespaces",
    )
    read.add_argument("--store", choices=KINDS, action="append", help="only on this store; may be repeated")
    read.add_argument("--messages", type=int, default=2000, help="messages of one measurement (default: 2000)")
    read.add_argument("--seconds", type=float, default=2.0, help="for what is measured by time (default: 2)")
    read.add_argument("--rounds", type=int, default=3, help="of peers, faults, namespaces: how often (default: 3)")
    read.add_argument("--fault", choices=NAMES, action="append", help="of faults: only this one; may be repeated")
    read.add_argument("--days", type=int, default=38, help="of soak: days of virtual time (default: 38)")
    read.add_argument("--seed", type=int, default=1, help="of faults and soak: repeats the chance (default: 1)")
    read.add_argument("--jasmin", type=Path, help="of peers: a Python that has jasmin, which then runs beside us too")
    read.add_argument("--answer-ms", type=float, default=0, help="how long the SMSC takes to answer (default: 0)")
    read.add_argument("--receipt-ms", type=float, default=0, help="and from there to its receipt (default: 0)")
    read.add_argument("--most", type=int, default=1_000_000, help="of stock: the most messages that are stored before")
    read.add_argument("--customers", type=int, default=2_000_000, help="of people and campaigns: how many there are")
    read.add_argument("--no-receipts", action="store_true", help="the SMSC sends no receipts")
    read.add_argument("--quick", action="store_true", help="only prove that everything works; the figures mean little")
    told = read.parse_args()
    if told.quick:
        told.messages, told.seconds = min(told.messages, 100), min(told.seconds, 0.2)
    wanted = told.only or ALL
    logging.getLogger("smpplib").setLevel(logging.ERROR)  # that a receipt came is no news
    print(machine())
    with Stores(list(told.store or KINDS)) as stores:
        _measure(stores, wanted, told)


def _measure(stores: Stores, wanted: Sequence[str], told: argparse.Namespace) -> None:
    """Measure what is wanted, in an order that leaves the longest for the end."""
    if "cutting" in wanted:
        cutting.run(told.seconds)
    if "moves" in wanted:
        moves.run(stores, told.messages)
    if "modem" in wanted:
        modem.run(stores, told.messages, told.seconds)
    if "modem-memory" in wanted:
        modem.soak(stores, told.messages)
    if "webhook" in wanted:
        webhook.run(stores, told.messages)
    if "front" in wanted:
        front.run(stores, told.seconds)
    if "batch" in wanted:
        for kind in stores.kinds:
            batch.run(stores, kind, 3 if told.quick else 20)
    if "pages" in wanted:
        pages.run(stores, 20_000 if told.quick else told.most, 2_000 if told.quick else min(told.customers, 100_000))
    if "streams" in wanted:
        streams.run(stores, told.seconds)
    if "partitions" in wanted:
        partitions.run(stores, 20_000 if told.quick else told.most)
    if "nodes" in wanted:
        nodes.run(stores, 200 if told.quick else max(told.messages, 2000))
    if "stock" in wanted:
        stock.run(stores, told.messages, told.most)
    if "reading" in wanted:
        reading.run(told.seconds)
    if "mms" in wanted:
        mms.run(stores, min(told.messages, 100) if told.quick else max(told.messages, 1000))
    if "people" in wanted:
        people.run(stores, 20_000 if told.quick else told.customers)
    if "campaigns" in wanted:
        campaigns.run(stores, 20_000 if told.quick else told.customers, told.messages, told.seconds)
    if "faults" in wanted and not faults.run(stores, told.seconds, told.rounds, told.seed, told.fault or ()):
        sys.exit("something was lost, or doubled without a mark; see the lines under each fault")
    if "namespaces" in wanted and not namespaces.run(1 if told.quick else told.rounds):
        sys.exit("something was lost, or doubled without a mark; see the lines above the table")
    if "soak" in wanted and not soak.run(stores, 2 if told.quick else told.days, told.seed):
        sys.exit("something is wrong; see the lines under the table")
    if "peers" in wanted:
        peers.run(stores, told.messages, told.seconds, told.rounds, told.jasmin)
    if "road" in wanted:
        options = [f"--answer-ms={told.answer_ms}", f"--receipt-ms={told.receipt_ms}"]
        road.run(stores, told.messages, told.seconds, (*options, *["--no-receipts"] * told.no_receipts))


if __name__ == "__main__":
    main()
