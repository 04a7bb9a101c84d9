"""`smsgw read`: a text explained, and a file of texts read against a catalogue."""

from __future__ import annotations

import json
from pathlib import Path

from tests.smsgw.inbound.reading.measured import DATA, Score, labelled


def test_the_open_texts_go_in_as_lines_and_come_out_as_lines(bare_smsgw, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    said = bare_smsgw("read", "--jsonl", DATA / "open.jsonl", "--catalogue", DATA / "catalogue.json", "--out", out)
    assert (said.status, said.err) == (0, "")
    lines = {line["id"]: line for line in map(json.loads, out.read_text().splitlines())}
    score = Score()
    for row in labelled("open.jsonl"):
        score.add(row, lines[row["id"]])
    assert score.wrong == []
    assert (score.coverage >= 0.95, score.review <= 0.16, score.accuracy >= 0.98) == (True, True, True)
    half = next(line for line in lines.values() if line["id"] == "o-sl-018")
    assert half["items"] == [{"sku": "LEMON", "qty": 0.5}]
    assert "LEMON" in half["explanation"]


def test_all_mistakes_are_told_at_once_and_nothing_is_written(bare_smsgw, tmp_path: Path) -> None:
    texts, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    texts.write_text(
        '{"id": 1, "text": "2 pens", "context": null}\n{"id": 2}\nno json\n'
        '{"id": 1, "text": "x", "context": {"type": "offer", "options": [{"n": 1, "sku": "GONE"}]}}\n'
    )
    said = bare_smsgw("read", "--jsonl", texts, "--catalogue", DATA / "catalogue.json", "--out", out)
    assert said.status == 2
    for words in (
        "line 2: text",
        "line 3: ",
        "line 4: id '1' stands in line 1",
        "line 4: the catalogue has no product",
    ):
        assert words in said.err
    assert not out.exists()


def test_a_catalogue_with_mistakes_is_told_with_their_places(bare_smsgw, tmp_path: Path) -> None:
    products, out = tmp_path / "catalogue.json", tmp_path / "out.jsonl"
    products.write_text('{"products": [{"sku": "A", "unit": "heap"}, {"names": {}}]}')
    said = bare_smsgw("read", "--jsonl", DATA / "open.jsonl", "--catalogue", products, "--out", out)
    assert said.status == 2
    assert "products.0.unit" in said.err
    assert "products.1.sku" in said.err
    assert bare_smsgw("read", "--jsonl", DATA / "open.jsonl", "--out", out).status == 2
    assert not out.exists()


def test_a_text_is_explained_in_words(smsgw) -> None:
    said = smsgw("read", "Odjavite me prosim")
    assert (said.status, said.out.splitlines()[0]) == (0, "It is a wish to be left alone; it seems to be sl.")
    assert "It may be acted on." in said.out
    told = smsgw("read", "mogoče 2 pizzi", "--json").data
    assert (told["kind"], told["reasons"]) == ("order", ["unknown product"])
    assert smsgw("read", "YES", "--from", "040 111 222", "--json").data["kind"] == "other"
    assert smsgw("read").status == 2
