"""`smsgw customer`, `group` and `segment` on the command line."""

from __future__ import annotations

import zipfile
from pathlib import Path


def test_a_customer_is_added_changed_found_and_shown(smsgw) -> None:
    smsgw("customer", "field", "add", "city", "City")
    id = smsgw(
        "customer", "add", "--name", "Ana Čopič", "--address", "040 111 222", "--field", "city=Kranj"
    ).out.strip()
    assert (
        smsgw("customer", "change", "040111222", "--tag", "vip", "--language", "sl").out == f"{id} is at revision 2\n"
    )
    assert smsgw("customer", "note", id, "likes tea").status == 0
    assert [row["id"] for row in smsgw("customer", "list", "copic", "--json").data] == [id]
    assert smsgw("customer", "list", "--rule", "tag rude", "--json").data == []
    said = smsgw("customer", "show", "+38640111222").out
    for words in ("Ana Čopič", "+38640111222", "city: Kranj", "tags: vip", "note (kept) likes tea"):
        assert words in said
    wrong = smsgw("customer", "add", "--name", "Bor", "--address", "040111222")
    assert (wrong.status, "belongs to" in wrong.err) == (2, True)
    assert smsgw("customer", "show", "041000000").status == 1
    assert smsgw("customer", "add", "--field", "city").status == 2


def test_two_who_are_one_are_merged_and_parted(smsgw) -> None:
    one, other = (smsgw("customer", "add", "--name", "Ana", "--address", f"04011122{n}").out.strip() for n in (2, 3))
    assert "the same name" in smsgw("customer", "duplicates").out
    merge = smsgw("customer", "merge", one, other, "--json").data["id"]
    assert smsgw("customer", "show", other, "--json").data["id"] == one
    assert smsgw("customer", "unmerge", merge).status == 0
    assert smsgw("customer", "show", other, "--json").data["id"] == other


def test_a_sheet_is_shown_before_it_is_written_and_can_be_undone(smsgw, tmp_path: Path) -> None:
    smsgw("customer", "add", "--name", "Ana", "--address", "040111222")
    sheet = tmp_path / "list.csv"
    sheet.write_text("Ime;Telefon\nAna Čopič;040111222\nBor;031555666\nCene;12\n")
    said = smsgw("customer", "import", sheet, "--dry-run").out
    for words in (
        "Ime is first_name, Telefon is phone",
        "1 new, 1 changed, 0 unchanged, 1 invalid",
        "name: Ana → Ana Čopič",
    ):
        assert words in said
    assert "Nothing is written." in said
    assert len(smsgw("customer", "list", "--json").data) == 1
    done = smsgw("customer", "import", sheet, "--yes", "--json").data
    assert (done["status"], done["counts"]["applied"]) == ("applied", 2)
    assert smsgw("customer", "undo", done["id"]).out == "2 lines are taken back\n"
    assert [row["name"] for row in smsgw("customer", "list", "--json").data] == ["Ana"]
    assert [row["state"] for row in smsgw("customer", "imports", "--json").data] == ["undone", "discarded"]
    sheet.write_text("Kontakt\n040111222\n")
    assert smsgw("customer", "import", sheet).status == 2
    assert smsgw("customer", "import", sheet, "--column", "Kontakt=phone", "--dry-run").status == 0
    assert smsgw("customer", "import", tmp_path / "none.csv").status == 1


def test_a_person_gets_a_copy_and_is_forgotten_unless_held(smsgw, tmp_path: Path) -> None:
    id = smsgw("customer", "add", "--name", "Ana", "--address", "040111222").out.strip()
    assert smsgw("customer", "export", id, tmp_path / "ana.zip").status == 0
    assert zipfile.ZipFile(tmp_path / "ana.zip").namelist() == ["person.json", "person.html"]
    assert smsgw("customer", "sheet", tmp_path / "all.csv").status == 0
    assert "+38640111222" in (tmp_path / "all.csv").read_text()
    smsgw("customer", "hold", id, "--why", "case 17")
    assert "case 17" in smsgw("customer", "erase", id, "--yes").err
    smsgw("customer", "release", id)
    assert f"{id} is forgotten" in smsgw("customer", "erase", id, "--yes").out
    assert smsgw("customer", "show", id).status == 1
    assert not any(smsgw("customer", "retention", "--dry-run", "--json").data.values())


def test_groups_and_segments_say_how_many(smsgw) -> None:
    ana = smsgw("customer", "add", "--name", "Ana", "--address", "040111222").out.strip()
    smsgw("group", "add", "Teachers")
    assert smsgw("group", "join", "Teachers", "040111222").out == "1 came into Teachers\n"
    assert smsgw("segment", "save", "Locals", "group Teachers and country SI").out.splitlines() == [
        "Locals: group Teachers and country SI", "1 customers now",
    ]  # fmt: skip
    assert smsgw("segment", "count", "segment Locals and name begins an").out == (
        "1 customers: segment Locals and name begins an\n"
    )
    assert smsgw("segment", "count", '{"not": {"tag": "x"}}', "--json").data["count"] == 1
    assert smsgw("segment", "save", "Locals", "group Teachers").status == 0
    assert [row["rule"] for row in smsgw("segment", "list", "--json").data] == ["group Teachers"]
    wrong = smsgw("segment", "count", "group Pupils and shoe is 3")
    assert (wrong.status, "no group 'Pupils'" in wrong.err, "no field 'shoe'" in wrong.err) == (2, True, True)
    assert smsgw("segment", "count", "tag").status == 2
    assert smsgw("group", "leave", "Teachers", ana).out == "1 left Teachers\n"
    assert smsgw("segment", "remove", "Locals").status == 0
    assert smsgw("group", "remove", "Teachers").status == 0
    assert smsgw("group", "list", "--json").data == []
