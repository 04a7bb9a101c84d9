"""Measure readings against labels: right orders, coverage, what goes to a person, kinds, and what must never happen."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from smsgw.inbound.reading.lines import opened, product
from smsgw.inbound.reading.read import Compiled, compile_catalogue, read
from smsgw.inbound.reading.terms import KINDS, Reading

DATA = Path(__file__).parent / "data"


@cache
def catalogue() -> Compiled:
    """The catalogue of the open texts."""
    entries = json.loads((DATA / "catalogue.json").read_text(encoding="utf-8"))["products"]
    return compile_catalogue([product(entry) for entry in entries])


def labelled(name: str) -> list[dict[str, Any]]:
    """The texts of a file."""
    file = DATA / name
    text = gzip.decompress(file.read_bytes()) if name.endswith(".gz") else file.read_bytes()
    return [json.loads(line) for line in text.decode().splitlines()]


def reading_of(row: dict[str, Any]) -> Reading:
    """A labelled text, read."""
    return read(row["text"], catalogue(), opened(row["context"]))


@dataclass
class Score:
    """What came out of a set. wrong: orders accepted that are not exactly right."""

    right: int = 0
    wrong: list[str] = field(default_factory=list)
    acceptable: int = 0
    reviewed: int = 0
    texts: int = 0
    confirmed: list[str] = field(default_factory=list)
    optouts_lost: list[str] = field(default_factory=list)
    optouts_false: list[str] = field(default_factory=list)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, row: dict[str, Any], line: dict[str, Any]) -> None:
        """Count one text. line: as `smsgw read --jsonl` writes it."""
        expected, kind, alone = row["expected"], line["kind"], not line["needs_review"]
        self.texts += 1
        self.reviewed += not alone
        self.kinds[expected["kind"], kind] += 1
        self.acceptable += expected["kind"] == "order" and not expected["must_review"]
        if kind == "order" and alone:
            good = expected["kind"] == "order" and not expected["must_review"]
            good = good and _counted(expected["items"]) == _counted(line["items"])
            self.right += good
            self.wrong += [] if good else [row["text"]]
        if kind == "confirm_yes" != expected["kind"] and alone:
            self.confirmed.append(row["text"])
        if kind == "optout" != expected["kind"] and alone:
            self.optouts_false.append(row["text"])
        if expected["kind"] == "optout" != kind and alone:
            self.optouts_lost.append(row["text"])

    @property
    def coverage(self) -> float:
        """The share of acceptable orders that were accepted."""
        return self.right / self.acceptable

    @property
    def review(self) -> float:
        """The share of texts that go to a person."""
        return self.reviewed / self.texts

    @property
    def accuracy(self) -> float:
        """The share of kinds that are right."""
        return sum(count for (expected, got), count in self.kinds.items() if expected == got) / self.texts

    @property
    def macro_f1(self) -> float:
        """F1 averaged over the kinds."""
        values = []
        for kind in KINDS:
            hit = self.kinds[kind, kind]
            got = sum(count for (_, one), count in self.kinds.items() if one == kind)
            gold = sum(count for (one, _), count in self.kinds.items() if one == kind)
            if gold:
                values.append(2 * hit / (got + gold))
        return sum(values) / len(values)


def _counted(items: list[dict[str, Any]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for item in items:
        total[item["sku"]] += item["qty"]
    return total
