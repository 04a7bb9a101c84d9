"""What the tests of the configuration share: write a file, read it, and hear what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from smsgw.config import Loaded, load_with_origins
from smsgw.errors import BadConfig

Read = Callable[..., Loaded]
Wrong = Callable[..., list[str]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read a text as /…/smsgw.toml, readable by its owner only, with the given environment variables."""

    def read_text(text: str, **environ: str) -> Loaded:
        path = tmp_path / "smsgw.toml"
        path.write_text(text)
        path.chmod(0o600)
        return load_with_origins(path, environ)

    return read_text


@pytest.fixture
def wrong(tmp_path: Path, read: Read) -> Wrong:
    """The mistakes in a text, each without the name of the folder."""

    def mistakes(text: str, **environ: str) -> list[str]:
        with pytest.raises(BadConfig) as told:
            read(text, **environ)
        return [each.replace(f"{tmp_path}/", "") for each in told.value.mistakes]

    return mistakes
