"""Ids sort by the time they were made, also within a millisecond."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smsgw.store.ids import LETTERS, first_id, new_id

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_ids_of_one_moment_sort_in_the_order_they_were_made() -> None:
    made = [new_id("msg", NOW) for _ in range(1000)]
    assert made == sorted(made)
    assert len(set(made)) == 1000


def test_a_later_id_is_greater_and_the_first_of_a_moment_is_not_greater_than_any_of_it() -> None:
    later = NOW + timedelta(milliseconds=1)
    assert new_id("msg", NOW) < first_id("msg", later) <= new_id("msg", later)


def test_an_id_has_its_prefix_and_26_letters_that_nobody_confuses() -> None:
    prefix, letters = new_id("in", NOW).split("_")
    assert prefix == "in"
    assert len(letters) == 26
    assert not set(letters) & set("ILOU")


@pytest.mark.parametrize("low", [0, 1, 0x3FF, 1 << 30, (1 << 80) - 1, 0x123456789ABCDEF01234])
def test_an_id_spells_its_time_and_the_rest_in_base_32(low: int) -> None:
    at = NOW + timedelta(milliseconds=123_456)
    number = 0
    for letter in first_id("msg", at, low).removeprefix("msg_"):
        number = number * 32 + LETTERS.index(letter)
    assert divmod(number, 1 << 80) == (int(at.timestamp() * 1000), low)


FORKS = """
import os
from datetime import UTC, datetime
from smsgw.store.ids import new_id

new_id("msg", datetime.now(UTC))
child = os.fork()
for _ in range(100):
    os.write(1, new_id("msg", datetime.now(UTC))[-12:].encode() + b"\\n")
if child:
    os.waitpid(child, 0)
"""


def test_a_process_and_its_child_share_no_chance() -> None:
    ran = subprocess.run([sys.executable, "-c", FORKS], cwd=ROOT, capture_output=True, text=True, check=True)
    said = ran.stdout.split()
    assert len(said) == len(set(said)) == 200
