"""Words: how many texts a second are read, coded and cut into parts, beside the libraries that others use.

They do not do the same: smpplib and smsutil may cut an escape or a surrogate pair, none has national tables, and only
gsmmodem goes on to the whole PDU. So the parts that each makes are printed too.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import gsmmodem.pdu
import smpplib.gsm
import smsutil  # type: ignore[import-untyped]

from benchmarks.measure import HEADINGS, Figure, forget_peak, peak_of, percentile, table
from smsgw.link import Abilities
from smsgw.text.parts import split

TEXTS = {
    "short, GSM letters": "Your parcel 4711 comes today at noon.",
    "one full part, GSM letters": "Dear customer, your order has left our house. " * 3 + "Thank you, your shop!!",
    "3 parts, GSM with braces": "Prices [in €]: {small 5}, {large 9}; " * 10,
    "short, UCS-2": "سلام، بسته شما امروز می‌رسد.",
    "5 parts, UCS-2 with emoji": "Пришла посылка 📦 с 🎁, ждём вас! " * 8,
}
LINK = Abilities()


def _smsutil(text: str) -> list[Any]:
    """Its split, each part coded as its own `encode` does."""
    cut = smsutil.split(text)
    return [part.content.encode(cut.encoding) for part in cut.parts]


CUTTERS: dict[str, Callable[[str], list[Any]]] = {
    "smsgw": lambda text: list(split(text, LINK, 77)),
    "smpplib.gsm": lambda text: list(smpplib.gsm.make_parts(text)[0]),
    "smsutil": _smsutil,
    "gsmmodem.pdu, whole PDU": lambda text: list(gsmmodem.pdu.encodeSmsSubmitPdu("+491710000000", text)),
}


def run(seconds: float) -> None:
    """Every cutter over every text, `seconds` for each text, one cutter after the other."""
    for name, text in TEXTS.items():
        with _one_core():
            results = {cutter: _measured(cut, text, seconds) for cutter, cut in CUTTERS.items()}
        ours = results["smsgw"]
        assert not isinstance(ours, str), ours
        rows = []
        for cutter, told in results.items():
            if isinstance(told, str):
                rows.append([cutter, *["-"] * (len(HEADINGS) - 1), told])
                continue
            figure, parts = told
            ratio = (figure.cpu or 0) / (ours[0].cpu or 1)
            rows.append([*replace(figure, name=cutter, ratio=ratio).cells(), str(parts)])
        table(f"(b) {name} ({len(text)} characters); ratio: how much more CPU than smsgw", (*HEADINGS, "parts"), rows)


@contextmanager
def _one_core() -> Iterator[None]:
    """One core for all of it: a move between cores costs more than a text."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _measured(cut: Callable[[str], list[Any]], text: str, seconds: float) -> tuple[Figure, int] | str:
    """The figure and how many parts it makes; or what it says when it cannot."""
    try:
        parts = len(cut(text))
    except ValueError as wrong:
        return f"cannot: {wrong}"
    forget_peak(os.getpid())
    took: list[float] = []
    cpu, until = time.process_time(), time.perf_counter() + seconds / 4
    while (begun := time.perf_counter()) < until:
        cut(text)
        took.append((time.perf_counter() - begun) * 1000)
    cpu = time.process_time() - cpu
    rate, median, slow = len(took) / (sum(took) / 1000), percentile(took, 0.5), percentile(took, 0.99)
    return Figure("", rate, median, slow, cpu / len(took) * 1000, peak_of(os.getpid())), parts
