"""Files as programs write them for smstools are sent, each once, and what is wrong with one stands in it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from smsgw.cli.spool import Spooled, asked, read
from smsgw.errors import BadInput
from tests.smsgw.cli.conftest import PHONE, Smsgw


def put(folder: Path, name: str, octets: bytes) -> None:
    (folder / "outgoing").mkdir(parents=True, exist_ok=True)
    (folder / "outgoing" / name).write_bytes(octets)


def texts(tmp_path: Path) -> list[str]:
    (store,) = tmp_path.rglob("smsgw.db")
    with sqlite3.connect(store) as conn:
        return [row[0] for row in conn.execute("select text from message order by id")]


def test_files_are_sent_once_and_moved(smsgw: Smsgw, tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    put(folder, "a", f"To: {PHONE[1:]}\nFrom: Shop\n\nČaj je pripravljen\n".encode())
    put(folder, "b", f"To: {PHONE}\nAlphabet: ISO\n\nGr\xfc\xdfe".encode("latin-1"))
    put(folder, "c", b"To: 12\n\nx")
    put(folder, "d", b"no header")
    put(folder, "e.LOCK", b"")
    assert smsgw("spool", str(folder), "--once", "--json").data == {"sent": 2, "refused": 2}
    assert texts(tmp_path) == ["Čaj je pripravljen", "Grüße"]
    assert sorted(path.name for path in (folder / "sent").iterdir()) == ["a", "b"]
    assert (folder / "failed" / "c").read_text().startswith("Fail_reason: ")
    put(folder, "a", f"To: {PHONE[1:]}\nFrom: Shop\n\nČaj je pripravljen\n".encode())  # as if it had not been moved
    assert smsgw("spool", str(folder), "--once", "--json").data == {"sent": 1, "refused": 0}
    assert len(texts(tmp_path)) == 2


def test_a_file_says_what_it_wants() -> None:
    file = read(b"To: 38640111222\r\nFlash: yes\r\nPriority: HIGH\r\n\r\nnow")
    wish = asked(file, "name", b"")
    assert (wish.to, wish.text, wish.message_class, wish.priority) == ("+38640111222", "now", 0, 9)
    data = asked(Spooled({"to": "+1", "alphabet": "binary"}, b"\0\1"), "name", b"")
    assert (data.text, data.data) == ("", b"\0\1")
    for bad in (b"", b"To: 1", b"x\n\ny", b"From: a\n\ny"):
        with pytest.raises(BadInput):
            read(bad)
