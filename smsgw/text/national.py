"""The tables of 3GPP TS 23.038: the default alphabet, and annex A with its thirteen national languages.

Nine Indic languages share one plan: their letters stand in the order of their Unicode block in the places
that ASCII leaves free. So each is told by its block, its gaps and its last letters. The plan does the rest.
"""

from __future__ import annotations

NAMES = {
    0: "default",
    1: "turkish",
    2: "spanish",
    3: "portuguese",
    4: "bengali",
    5: "gujarati",
    6: "hindi",
    7: "kannada",
    8: "malayalam",
    9: "oriya",
    10: "punjabi",
    11: "tamil",
    12: "telugu",
    13: "urdu",
}
"""National language numbers (23.038 table 6.2.1.2.4.1); 0 stands for "no table"."""

ESCAPE = "\x1b"
BLANK = "\ufffe"
"""Stands in a locking table where the standard leaves a place empty. A noncharacter: no text contains it."""

BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The GSM 7-bit default alphabet (23.038 section 6.2.1): the place of a letter is its septet."""

_TURKISH = (
    "@£$¥€éùıòÇ\nĞğ\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "İABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§çabcdefghijklmnopqrstuvwxyzäöñüà"
)
_PORTUGUESE = (
    "@£$¥êéúíóç\nÔô\rÁáΔ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ !\"#º%&'()*+,-./0123456789:;<=>?"
    "ÍABCDEFGHIJKLMNOPQRSTUVWXYZÃÕÚÜ§~abcdefghijklmnopqrstuvwxyzãõ`üà"
)


def _spell(spans: str) -> str:
    """The letters that `964-965 9e6` names: hexadecimal code points and ranges; `.` is an empty place."""
    letters: list[str] = []
    for span in spans.split():
        first, _, last = span.partition("-")
        letters += [BLANK] if span == "." else [chr(code) for code in range(int(first, 16), int(last or first, 16) + 1)]
    return "".join(letters)


_PLAN = {
    0x0A: "\n",
    0x0D: "\r",
    0x1B: ESCAPE,
    0x20: " ",
    0x21: "!",
    0x28: ")",
    0x29: "(",
    0x2C: ",",
    0x2E: ".",
    0x3F: "?",
}
_PLAN |= {place: chr(place) for place in [*range(0x30, 0x3C), *range(0x61, 0x7B)]}
_FREE = [place for place in range(128) if place not in _PLAN]


def _locking(letters: str) -> str:
    """A locking table of 128 places: ASCII as planned, `letters` in the places it leaves free."""
    table = _PLAN | dict(zip(_FREE, letters, strict=True))
    return "".join(table[place] for place in range(128))


def _indic(block: int, gaps: str, last: str) -> str:
    """The locking table of an Indic language: its Unicode block, offsets it skips, its last six letters."""
    missing = {int(gap, 16) for gap in gaps.split()}
    offsets = [*range(0x01, 0x04), *range(0x05, 0x3A), *range(0x3C, 0x4E)]
    return _locking("".join(BLANK if o in missing else chr(block + o) for o in offsets) + _spell(last))


LOCKING: dict[int, str] = {
    0: BASIC,
    1: _TURKISH,
    3: _PORTUGUESE,
    4: _indic(0x980, "0d 0e 11 12 29 31 33 34 35 45 46 49 4a", "9ce 9d7 9dc-9dd 9f0-9f1"),
    5: _indic(0xA80, "0e 12 29 31 34 46 4a", "ad0 ae0-ae3 af1"),
    6: _indic(0x900, "", "950 972 97b-97c 97e-97f"),
    7: _indic(0xC80, "01 0d 11 29 34 45 49", "cd5-cd6 ce0-ce3"),
    8: _indic(0xD00, "01 0d 11 29 3c 45 49", "d57 d60-d63 d79"),
    9: _indic(0xB00, "0d 0e 11 12 29 31 34 45 46 49 4a", "b56-b57 b60-b63"),
    10: _indic(0xA00, "0b 0c 0d 0e 11 12 29 31 34 37 3d 43 44 45 46 49 4a", "a51 a70-a74"),
    11: _indic(
        0xB80,
        "01 0b 0c 0d 11 16 17 18 1b 1d 20 21 22 25 26 27 2b 2c 2d 3c 3d 43 44 45 49",
        "bd0 bd7 bf0-bf2 bf9",
    ),
    12: _indic(0xC00, "0d 11 29 34 3c 45 49", "c55-c56 c60-c63"),
    13: _locking(
        _spell(
            "627 622 628 67b 680 67e 6a6 62a 6c2 67f 679 67d 67a 67c 62b-62c 681 684 683 685-687 62d-62f"
            " 68c 688-68a 68f 68d 630-631 691 693 699 632 696 698 69a 633-638 639 641-642 6a9-6ab 6af"
            " 6b3 6b1 644-646 6ba-6bc 648 6c4 6d5 6c1 6be 621 6cc 6d0 6d2 64d 650 64f 657 654 655 651 653"
            " 656 670"
        )
    ),
}
"""What a septet means while a locking shift is in force (annex A.3); 0 is the default. Spanish has none."""

EXTENSION: dict[str, int] = {
    "\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F,
    "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40, "€": 0x65,
}  # fmt: skip
"""The default extension (23.038 section 6.2.1.1): letter to the septet after the escape."""

_SIGNS = {letter: place for place, letter in enumerate("@£$¥¿\"¤%&'")} | {
    "*": 0x0B,
    "+": 0x0C,
    "-": 0x0E,
    "/": 0x0F,
}
_SIGNS |= {"<": 0x10, "=": 0x11, ">": 0x12, "¡": 0x13, "_": 0x16, "#": 0x17}
_SIGNS |= {chr(letter): letter for letter in range(0x41, 0x5B)}
_FREE_SHIFTED = [0x19, 0x1A, *range(0x1C, 0x28), *range(0x2A, 0x2F), *range(0x30, 0x3C), 0x3F]


def _shifted(spans: str) -> dict[str, int]:
    """A single shift table of South Asia: signs and capitals that locking leaves no room for, and letters."""
    letters = zip(_spell(spans), _FREE_SHIFTED, strict=False)
    return EXTENSION | _SIGNS | {letter: place for letter, place in letters if letter != BLANK}


def _and(places: dict[str, int]) -> dict[str, int]:
    """The default extension with some more letters."""
    return EXTENSION | places


SINGLE: dict[int, dict[str, int]] = {
    0: EXTENSION,
    1: _and({"Ğ": 0x47, "İ": 0x49, "Ş": 0x53, "ç": 0x63, "ğ": 0x67, "ı": 0x69, "ş": 0x73}),
    2: _and({"ç": 0x09} | dict(zip("ÁÍÓÚáíóú", b"AIOUaiou", strict=True))),
    3: _and(
        {"ê": 0x05, "ç": 0x09, "Ô": 0x0B, "ô": 0x0C, "Á": 0x0E, "á": 0x0F, "Φ": 0x12, "Γ": 0x13, "Ω": 0x15}
        | {"Π": 0x16, "Ψ": 0x17, "Σ": 0x18, "Θ": 0x19, "Ê": 0x1F, "Ã": 0x5B, "Õ": 0x5C, "ã": 0x7B, "õ": 0x7C}
        | {"â": 0x7F} | dict(zip("ÀÍÓÚÂíóú", b"AIOUaiou", strict=True))
    ),
    4: _shifted("9e6-9ef 9df-9e3 9f2-9fa"),
    5: _shifted("964-965 ae6-aef"),
    6: _shifted("964-965 966-96f 951-954 958-95f 960-963 970-971"),
    7: _shifted("964-965 ce6-cef cde cf1-cf2"),
    8: _shifted("964-965 d66-d6f d70-d75 d7a-d7f"),
    9: _shifted("964-965 b66-b6f b5c-b5d b5f b70-b71"),
    10: _shifted("964-965 a66-a6f a59-a5c a5e a75"),
    11: _shifted("964-965 be6-bef bf3-bf8 bfa"),
    12: _shifted(". . c66-c6f c58-c59 c78-c7f"),
    13: _shifted("600-601 6f0-6f9 60c-614 61b 61f 640 652 658 66b-66c 672-673 6cd 6d4"),
}  # fmt: skip
"""What may follow an escape (annex A.2): letter to septet; 0 is the default extension."""

REPEATED: dict[int, dict[int, str]] = {language: {0x15: "¡", 0x18: "*"} for language in range(4, 14)}
"""Places of single shift tables that repeat a letter of a lower place: read, never written."""
