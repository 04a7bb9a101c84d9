"""The pages of docs/ that the code knows are what the code would write now."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def generator() -> ModuleType:
    """docs/generate.py, which is no package."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    ["configuration.md", "errors.md", "life-of-a-message.md", "mm1-errors.md", "mm7-errors.md", "smpp-errors.md"],
)
def test_a_generated_page_is_up_to_date(name: str) -> None:
    made = generator().PAGES[name]()
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == made, "run: make docs"


def test_every_state_and_event_of_a_message_is_drawn() -> None:
    from smsgw.store.lifecycle import MESSAGE

    page = generator().life_of_a_message()
    for move in MESSAGE.moves:
        for was in move.was:
            assert f"{was} --> {move.now}: {move.event}" in page
