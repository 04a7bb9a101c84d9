"""Pictures from the command line, and what is known of phones."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

PHONE = "+38640111222"


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "red").save(out, "JPEG")
    (tmp_path / "photo.jpg").write_bytes(out.getvalue())
    return tmp_path / "photo.jpg"


def test_a_person_says_what_a_phone_can_and_takes_it_back(smsgw) -> None:
    assert smsgw("capability", "set", "040 111 222", "no", "--because", "an old phone").out == f"{PHONE}: no\n"
    told = smsgw("capability", "show", PHONE, "--json").data
    assert (told["state"], told["why"]) == ("no", "an old phone")
    assert [sign["sign"] for sign in told["signs"]] == ["admin"]
    assert [row["number"] for row in smsgw("capability", "list", "--state", "no", "--json").data] == [PHONE]
    smsgw("capability", "forget", PHONE)
    assert smsgw("capability", "show", PHONE, "--json").data["state"] == "unknown"


def test_a_list_is_read_whole_or_every_mistake_is_told(smsgw, tmp_path: Path) -> None:
    listed = tmp_path / "phones.csv"
    listed.write_text("number,state\n040 111 222,no\n12,yes\n040 111 333,perhaps\n")
    said = smsgw("capability", "import", str(listed))
    assert said.status == 2
    assert "line 3" in said.err
    assert "line 4" in said.err
    assert smsgw("capability", "show", PHONE, "--json").data["state"] == "unknown"
    listed.write_text("number,state\n040 111 222,no\n")
    assert smsgw("capability", "import", str(listed)).status == 0
    assert smsgw("capability", "show", PHONE, "--json").data["state"] == "no"


def test_a_picture_without_a_way_says_what_to_configure(smsgw, photo: Path) -> None:
    said = smsgw("send", PHONE, "Look", "--media", str(photo))
    assert said.status != 0
    assert "[pages] url" in said.err


def test_a_file_that_is_none_is_named(smsgw, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html><script>alert(1)</script>")
    said = smsgw("send", PHONE, "Look", "--media", str(tmp_path / "page.html"))
    assert said.status == 2
    assert "page.html: the file is no picture" in said.err


def test_a_picture_goes_as_a_link_where_only_texts_go(smsgw, config_file: Path, photo: Path) -> None:
    config_file.write_text(config_file.read_text().replace("[web]\n", '[web]\npublic_url = "https://m.example.com"\n'))
    tried = smsgw("send", PHONE, "Look", "--media", str(photo), "--dry-run")
    assert tried.status == 0
    assert "no link carries MMS" in tried.out
    assert smsgw("send", PHONE, "Look", "--media", str(photo), "--subject", "Hi").status == 0
    [kept] = smsgw("log", "--json").data
    assert "https://m.example.com/m/" in kept["text"]
