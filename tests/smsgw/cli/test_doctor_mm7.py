"""The doctor looks whether an MMSC can be reached, and says which step fails."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.mmsc import mm7_network


@pytest.fixture
def seen(smsgw: Any, config_file: Path) -> Callable[[str], tuple[str, str]]:
    """What the doctor says of an MMSC at an address: level and words."""

    def look(url: str) -> tuple[str, str]:
        table = f'#mm7\n[[links]]\nname = "mms"\nkind = "mm7"\nurl = "{url}"\n'
        config_file.write_text(f"{config_file.read_text().split('#mm7')[0]}{table}")
        (found,) = [one for one in smsgw("doctor", "--json").data if one["what"] == "link mms"]
        return found["level"], found["says"]

    return look


def test_each_step_to_an_mmsc_is_told(seen: Callable[[str], tuple[str, str]]) -> None:
    with mm7_network() as mmsc:
        assert seen(mmsc.url) == ("good", f"127.0.0.1:{mmsc.port} can be reached")
        level, says = seen(mmsc.url.replace("http:", "https:"))
        assert (level, says.partition(" failed")[0]) == ("bad", f"TLS with 127.0.0.1:{mmsc.port}")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    level, says = seen(f"http://127.0.0.1:{port}/")
    assert (level, says) == ("bad", f"127.0.0.1:{port} takes no connection: Connection refused")
    level, says = seen("http://mmsc.invalid/")
    assert level == "bad"
    assert says.startswith("the name mmsc.invalid is not known")
