"""The modem's PDUs against gammu, which has met more phones than anybody (Debian: python3-gammu).

It runs in the system's own Python, for it is no package that pip could bring.
"""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from typing import Any

import pytest

from drivers.modem.pdu import Deliver, StatusReport, decode, encode_submit
from smsgw.link import Abilities, Alphabet, WirePart
from smsgw.text.parts import Piece, join, split

pytestmark = pytest.mark.peer

TEXTS = {
    "160": "a" * 160,
    "161": "a" * 161,
    "307": "b" * 307,
    "euro at the edge": "a" * 152 + "€" + "b" * 60,
    "all letters": "@£$¥èéùìòÇ\nØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡Ä§¿äöñüà^{}\\[~]|€",
    "ends with @": "mail me @",
    "Slovenian": "Čestitke! Naročilo je na poti, že jutri pri vas. " * 3,
    "emoji": "emoji 😀 end 👩‍👩‍👧 " * 12,
    "Persian": "سفارش شما آماده است، لطفاً امروز بیایید. " * 4,
}

_IN_GAMMU = r"""
import json, sys, gammu
asked = json.load(sys.stdin)
answers = []
for one in asked:
    if "decode" in one:
        sms = gammu.DecodePDU(bytes.fromhex(one["decode"]))
        udh = sms["UDH"]
        answers.append({"number": sms["Number"], "text": sms["Text"], "type": sms["Type"], "udh": udh["Type"],
            "id": udh["ID8bit"], "of": udh["AllParts"], "part": udh["PartNumber"], "coding": sms["Coding"]})
    else:
        entry = {"ID": "ConcatenatedTextLong", "Buffer": one["encode"]}
        info = {"Class": -1, "Unicode": one["unicode"], "Entries": [entry]}
        pdus = []
        for part in gammu.EncodeSMS(info):
            part["Number"] = one["number"]
            part["SMSC"] = {"Number": "+38640441000", "Location": 0, "Format": "Text", "Validity": "NA", "Name": ""}
            part["Type"] = "Deliver"
            pdus.append(gammu.EncodePDU(part, "Deliver").hex())
        answers.append(pdus)
json.dump(answers, sys.stdout)
"""


def gammu(*asked: dict[str, Any]) -> list[Any]:
    """Have gammu decode or encode; fails with the reason when it is not there."""
    done = subprocess.run(
        ["/usr/bin/python3", "-c", _IN_GAMMU], input=json.dumps(asked), capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stderr}\nIs gammu missing? apt-get install -y python3-gammu"
    answers: list[Any] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_gammu_reads_what_we_submit(text: str) -> None:
    pieces = split(text, Abilities(), 99)
    parts = [
        WirePart("m", n, len(pieces), "+38641000002", None, p.alphabet, p.user_data, p.udh)
        for n, p in enumerate(pieces, 1)
    ]
    read = gammu(*({"decode": encode_submit(part)[0]} for part in parts))
    assert "".join(_letters(one) for one in read) == text
    assert {one["number"] for one in read} == {"+38641000002"}
    if len(parts) > 1:
        assert [(one["id"], one["of"], one["part"]) for one in read] == [
            (99, len(parts), n) for n in range(1, len(parts) + 1)
        ]


def _letters(read: dict[str, Any]) -> str:
    """What gammu read, without the old memory behind it: of septets, it takes their number for that of the letters."""
    text: str = read["text"]
    if not read["coding"].startswith("Default"):
        return text
    septets, letters = 0, 0
    while septets < len(text):
        septets += 2 if text[letters] in "^{}\\[~]|€" else 1
        letters += 1
    return text[:letters]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_we_read_what_gammu_delivers(text: str) -> None:
    unicode = any(piece.alphabet is Alphabet.UCS2 for piece in split(text, Abilities(), 1))
    (pdus,) = gammu({"encode": text, "unicode": unicode, "number": "+4915112345678"})
    read = [decode(bytes.fromhex(pdu)) for pdu in pdus]
    assert all(isinstance(one, Deliver) and one.sender == "+4915112345678" for one in read)
    pieces = [Piece(one.alphabet, one.user_data, one.udh) for one in read if isinstance(one, Deliver)]
    assert join(pieces) == text


def test_a_report_is_read_as_gammu_reads_it() -> None:
    pdu = bytes.fromhex("0006D60B911326880736F4111011719551401110117195714000")
    (theirs,) = gammu({"decode": pdu.hex()})
    ours = decode(pdu)
    assert ours == StatusReport(0xD6, theirs["number"], datetime(2011, 1, 11, 16, 59, 17, tzinfo=UTC), 0x00)
