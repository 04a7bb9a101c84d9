"""Our four top-level names belong to us alone, and we install nothing under any other name."""

from __future__ import annotations

from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

OURS = {"smsgw", "drivers", "schedules", "webadmin"}


def names_not_ours_alone() -> list[str]:
    """What is wrong with who owns which import name in this environment, in sentences."""
    owners = {name: set(distributions) for name, distributions in packages_distributions().items()}
    found = [
        f"{name} is installed by {', '.join(sorted(owners.get(name, {'nobody'})))}, not by smsgw alone"
        for name in sorted(OURS)
        if owners.get(name) != {"smsgw"}
    ]
    more = sorted(name for name, theirs in owners.items() if "smsgw" in theirs and name not in OURS)
    return found + [f"smsgw installs {name}, which is none of its four names" for name in more]


def test_our_names_belong_to_us_alone() -> None:
    assert names_not_ours_alone() == [], "is it installed? pip install -e ."


@pytest.mark.parametrize(
    ("distribution", "name", "told"),
    [
        ("stranger", "drivers", "drivers is installed by smsgw, stranger, not by smsgw alone"),
        ("smsgw", "tests", "smsgw installs tests, which is none of its four names"),
    ],
)
def test_a_name_that_is_shared_or_too_many_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distribution: str, name: str, told: str
) -> None:
    facts = tmp_path / f"{distribution}-9.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 9\n")
    (facts / "top_level.txt").write_text(f"{name}\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert names_not_ours_alone() == [told]
