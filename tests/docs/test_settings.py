"""The settings that the pages show are settings: each piece of TOML loads as a configuration, without a warning."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from smsgw.config import load_with_origins
from smsgw.errors import BadConfig
from tests.docs.fences import ROOT, Fence, everywhere
from webadmin.api.telling import EVENTS

FENCES = list(everywhere())


FAKE = '\n[[links]]\nname = "phones"\nkind = "fake"\n'  # what a page is not about


def of(*kinds: str) -> list[Any]:
    return [pytest.param(one, id=one.place) for one in FENCES if one.kind in kinds and not one.not_run]


def files_named(value: Any) -> list[str]:
    """The files that settings name, such as password_file."""
    if isinstance(value, dict):
        here = [one for key, one in value.items() if key.endswith("_file") and isinstance(one, str)]
        return here + [file for one in value.values() for file in files_named(one)]
    return [file for one in value for file in files_named(one)] if isinstance(value, list) else []


def wrong_in(settings: str, folder: Path) -> list[str]:
    """What `smsgw config check` says against a file with these settings, in a folder with the files that it names."""
    read = tomllib.loads(settings)
    for name in files_named(read):
        file = folder / name
        assert file.is_relative_to(folder), (
            f"{name}: a secret's file in an example is named from the configuration's folder"
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("1234\n")
        file.chmod(0o600)
    path = folder / "smsgw.toml"
    path.write_text(settings if "links" in read else settings + FAKE)
    path.chmod(0o600)
    try:
        loaded = load_with_origins(path, {})
    except BadConfig as problem:
        return str(problem).splitlines()
    return [str(one) for one in loaded.warnings]


@pytest.mark.parametrize("fence", of("toml"))
def test_settings_that_a_page_shows_are_taken(fence: Fence, tmp_path: Path) -> None:
    assert not (wrong := wrong_in(fence.words, tmp_path)), f"{fence.place}: " + "\n".join(wrong)


def test_settings_that_are_none_are_told(tmp_path: Path) -> None:
    (told,) = wrong_in("[web]\nlistens = 1\n", tmp_path)
    assert "listens" in told


@pytest.mark.parametrize("fence", of("json"))
def test_json_that_a_page_shows_is_json(fence: Fence) -> None:
    json.loads(re.sub(r"\A[1-5]\d\d (?=[{\[])", "", fence.words))  # the status may stand before an answer


def test_events_that_pages_show_are_those_of_the_api_s_description() -> None:
    shown = [json.loads(one.words) for one in FENCES if one.kind == "json" and one.words.startswith('{"type": "')]
    assert len(shown) >= 2
    for event in shown:
        fields = {name: field.annotation for name, field in EVENTS[event["type"]].model_fields.items()}
        assert set(event) <= set(fields)
        data = fields["data"]
        assert data is not None
        assert set(event["data"]) <= {field.alias or name for name, field in data.model_fields.items()}, event["type"]


@pytest.mark.peer
@pytest.mark.parametrize("fence", of("yaml"))
def test_prometheus_takes_its_settings_as_a_page_shows_them(fence: Fence, tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(fence.words)
    shutil.copy(ROOT / "docs/monitoring/alerts.yml", tmp_path)
    ran = subprocess.run(
        ["promtool", "check", "config", "prometheus.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
