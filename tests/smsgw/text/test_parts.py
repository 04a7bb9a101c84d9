"""Texts cut into parts and joined again."""

from __future__ import annotations

import random

import pytest
import smsutil  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from smspdudecoder.easy import read_incoming_sms  # type: ignore[import-untyped]

from smsgw.errors import BadInput
from smsgw.link import Abilities, Alphabet
from smsgw.text.header import shifts
from smsgw.text.parts import MAX_PARTS, Piece, concatenation, fill_bits, join, pack, split
from smsgw.text.plan import plan

MANY = settings(max_examples=250)

EVERY = frozenset(range(1, 14))
PLAIN = Abilities()
WIDE = Abilities(wide_reference=True)
TURKISH = Abilities(single_shift=frozenset({1}), locking_shift=frozenset({1}))
SINGLE_ONLY = Abilities(single_shift=EVERY)
LOCKING_ONLY = Abilities(locking_shift=EVERY)
EVERYTHING = Abilities(single_shift=EVERY, locking_shift=EVERY)
EVERYTHING_WIDE = Abilities(single_shift=EVERY, locking_shift=EVERY, wide_reference=True)
ONLY_UCS2 = Abilities(alphabets=frozenset({Alphabet.UCS2}))
ONLY_GSM7 = Abilities(alphabets=frozenset({Alphabet.GSM7}))

FAMILY = "👨‍👩‍👧‍👦"  # 11 UTF-16 units: four people and three joiners
FLAG = "🇸🇮"


def sizes(pieces: list[Piece]) -> list[int]:
    """Septets or UTF-16 units in each piece."""
    return [len(p.user_data) // (2 if p.alphabet is Alphabet.UCS2 else 1) for p in pieces]


def on_the_air(piece: Piece) -> int:
    """Octets of the piece with its header, as the network counts them to 140."""
    if piece.alphabet is Alphabet.UCS2:
        return len(piece.udh) + len(piece.user_data)
    return len(piece.udh) + len(pack(piece.user_data, fill_bits(len(piece.udh))))


def cuts(text: str, abilities: Abilities = PLAIN) -> list[str]:
    """The text of each part, read by itself."""
    return [join([piece]) for piece in split(text, abilities, 1)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0]),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 307, [153, 153, 1]),
        ("a" * 158 + "€", [160]),
        ("a" * 159 + "€", [153, 8]),
        ("€" * 80, [160]),
        ("€" * 81, [152, 10]),
        ("a" * 152 + "€" + "a" * 20, [152, 22]),  # an escape never stands alone at the end of a part
        ("a" * 151 + "€" + "a" * 20, [153, 20]),
        ("a" * 305 + "€", [153, 152, 2]),
        ("@" * 161, [153, 8]),
        ("a\r\n" * 50, [150]),
        ("\f" * 77, [154]),
    ],
)
def test_gsm_texts_are_cut_where_the_standard_allows(text: str, expected: list[int]) -> None:
    pieces = split(text, PLAIN, 1)
    assert sizes(pieces) == expected
    assert {piece.alphabet for piece in pieces} == {Alphabet.GSM7}
    assert join(pieces) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("č" * 70, [70]),
        ("č" * 71, [67, 4]),
        ("č" * 134, [67, 67]),
        ("č" * 135, [67, 67, 1]),
        ("😀" * 35, [70]),
        ("😀" * 36, [66, 6]),  # a surrogate pair is not cut
        ("č" * 66 + "😀" + "č" * 10, [66, 12]),
        ("سلام\u200c" * 14, [70]),
        ("`", [1]),
        ("\x1b", [1]),
    ],
)
def test_other_texts_are_cut_in_utf_16_units(text: str, expected: list[int]) -> None:
    pieces = split(text, PLAIN, 1)
    assert sizes(pieces) == expected
    assert {piece.alphabet for piece in pieces} == {Alphabet.UCS2}
    assert join(pieces) == text


def test_wide_references_take_one_octet_of_header_more() -> None:
    assert sizes(split("a" * 161, WIDE, 0x1234)) == [152, 9]
    assert sizes(split("č" * 71, WIDE, 0x1234)) == [66, 5]
    assert [p.udh.hex() for p in split("a" * 161, WIDE, 0x1234)] == ["06080412340201", "06080412340202"]


def test_the_parts_of_a_text_say_whose_and_which_they_are() -> None:
    assert [p.udh.hex() for p in split("a" * 320, PLAIN, 0x142)] == [
        "050003420301",
        "050003420302",
        "050003420303",
    ]
    assert split("a" * 160, PLAIN, 7)[0].udh == b""


def test_a_link_without_tables_never_gets_any() -> None:
    assert split("ğ" * 100, PLAIN, 1)[0].alphabet is Alphabet.UCS2


def test_a_single_shift_saves_parts_where_few_letters_need_it() -> None:
    text = "Siparişiniz hazır, mağazamızdan alabilirsiniz. " * 3
    pieces = split(text[:135], SINGLE_ONLY, 1)
    assert [(p.alphabet, p.udh.hex()) for p in pieces] == [(Alphabet.GSM7, "03240101")]
    assert len(split(text[:135], PLAIN, 1)) == 3


def test_a_locking_shift_saves_parts_where_many_letters_need_it() -> None:
    assert [p.udh.hex() for p in split("ğ" * 155, TURKISH, 1)] == ["03250101"]
    assert sizes(split("ğ" * 156, TURKISH, 1)) == [149, 7]


def test_both_shifts_together_carry_letters_of_two_tables() -> None:
    text = "नमस्ते १२३ ABC " * 9
    pieces = split(text, EVERYTHING, 1)
    assert [p.udh.hex() for p in pieces][:1] == [pieces[0].udh.hex()]
    assert {shifts(p.udh) for p in pieces} == {(6, 6)}
    assert len(pieces) == 2 < len(split(text, PLAIN, 1))
    assert join(pieces) == text


def test_plain_gsm_is_preferred_where_tables_save_no_part() -> None:
    assert split("€" * 79 + "a", EVERYTHING, 1)[0].udh == b""


def test_a_table_is_taken_for_plain_letters_where_it_saves_a_part() -> None:
    assert [shifts(p.udh) for p in split("€" * 150, EVERYTHING, 1)] == [(1, 0)]
    assert len(split("€" * 150, PLAIN, 1)) == 2


def test_tables_are_preferred_to_ucs2_where_both_take_the_same_parts() -> None:
    assert split("ğ", TURKISH, 1)[0].alphabet is Alphabet.GSM7


def test_of_two_tables_the_one_with_fewer_octets_is_taken() -> None:
    assert [shifts(p.udh) for p in split("ç" * 20, EVERYTHING, 1)] == [(1, 0)]
    assert [shifts(p.udh) for p in split("ç", SINGLE_ONLY, 1)] == [(0, 1)]


def test_what_tables_cost_to_name_is_reckoned() -> None:
    portuguese = Abilities(single_shift=frozenset({3}), locking_shift=frozenset({3}))
    assert [shifts(p.udh) for p in split("ãõΦ", portuguese, 1)] == [(0, 3)]
    assert [shifts(p.udh) for p in split("ãõ" * 5 + "Φ", portuguese, 1)] == [(3, 3)]


def test_a_family_is_not_torn_apart_where_that_costs_nothing() -> None:
    assert cuts("č" * 60 + FAMILY + "č" * 20) == ["č" * 60, FAMILY + "č" * 20]
    assert cuts("č" * 66 + FLAG + "č" * 9) == ["č" * 66, FLAG + "č" * 9]
    assert cuts(FLAG * 40)[0] == FLAG * 16


@pytest.mark.parametrize(
    "sign",
    ["ы́", "❤️", "👍🏽", "1️⃣", "क्ष", "한", "한ᆨ", "نً", "\r\n", "🏴\U000e0067\U000e007f", "م\u200c"],
)
def test_what_a_reader_sees_as_one_sign_stays_in_one_part(sign: str) -> None:
    for before in range(60, 68):
        text = "ш" * before + sign + "ш" * 20
        first, second = cuts(text)
        assert first + second == text
        assert first.endswith(sign) or second.startswith(sign) or sign in first or sign in second


def test_whole_signs_never_cost_a_part() -> None:
    text = "č" * 59 + FAMILY + "č" * 64  # 134 units fill two parts to the brim
    assert sizes(split(text, PLAIN, 1)) == [67, 67]


def test_a_sign_larger_than_a_part_is_cut_between_letters() -> None:
    text = "e" + "\u0301" * 200
    assert sizes(split(text, PLAIN, 1)) == [67, 67, 67]
    assert join(split(text, PLAIN, 1)) == text


def test_flags_are_counted_from_where_they_begin() -> None:
    for before in range(60, 70):
        first, second = cuts("č" * before + FLAG * 5)
        assert first.count(FLAG) + second.count(FLAG) == 5


@pytest.mark.parametrize(
    ("text", "place"), [("ab\0", "3"), ("č\ud83d", "2"), ("\udc00x", "1"), ("a" * 200 + "\ud800", "201")]
)
def test_what_no_phone_can_show_is_refused_and_the_place_is_told(text: str, place: str) -> None:
    with pytest.raises(BadInput, match=rf"\b{place}\b") as refusal:
        split(text, EVERYTHING, 1)
    assert [(f.pointer, f.code) for f in refusal.value.faults] == [("", "text_undecodable")]


def test_255_parts_go_and_256_do_not() -> None:
    pieces = split("a" * 153 * MAX_PARTS, PLAIN, 1)
    assert [len(pieces), pieces[-1].udh.hex()] == [255, "05000301ffff"]
    assert len(split("č" * 67 * MAX_PARTS, PLAIN, 1)) == 255
    for text in ("a" * (153 * MAX_PARTS + 1), "č" * (67 * MAX_PARTS + 1), "č" * 10_000_000):
        with pytest.raises(BadInput, match="255") as refusal:
            split(text, EVERYTHING, 1)
        assert refusal.value.faults[0].code == "text_too_long"


def test_a_link_without_ucs2_says_which_letters_it_cannot_carry() -> None:
    assert split("abc", ONLY_GSM7, 1)[0].alphabet is Alphabet.GSM7
    with pytest.raises(BadInput, match="č 😀") as refusal:
        split("a č 😀", ONLY_GSM7, 1)
    assert refusal.value.faults[0].code == "text_unwritable"


def test_a_link_without_gsm7_carries_everything_in_ucs2() -> None:
    assert split("abc", ONLY_UCS2, 1) == [Piece(Alphabet.UCS2, b"\0a\0b\0c")]


ABILITIES = [PLAIN, WIDE, TURKISH, SINGLE_ONLY, LOCKING_ONLY, EVERYTHING, EVERYTHING_WIDE, ONLY_UCS2]
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=400)
gsm_text = st.text(st.sampled_from("abc XYZ€{}[]~^\\|\f@£é\r\n"), max_size=700)
turkish_text = st.text(st.sampled_from("abcçğışöüÇĞİŞÖÜ €{}"), max_size=500)
indic_text = st.text(st.sampled_from("कखगघ\u094d\u093c\u0901१२३ abcABC।€\u200d"), max_size=500)
emoji_text = st.lists(st.sampled_from([FAMILY, FLAG, "👍🏽", "a", "č", "e\u0301", "한", "ᄒ\u1161"]), max_size=60).map(
    "".join
)


@MANY
@given(
    st.one_of(any_text, gsm_text, turkish_text, indic_text, emoji_text),
    st.sampled_from(ABILITIES),
    st.integers(0, 70000),
)
def test_every_text_comes_back_whole_and_every_part_fits(text: str, abilities: Abilities, reference: int) -> None:
    pieces = split(text, abilities, reference)
    assert join(pieces) == text
    assert max(map(on_the_air, pieces)) <= 140
    assert all(not p.user_data.endswith(b"\x1b") for p in pieces if p.alphabet is Alphabet.GSM7)
    if len(pieces) > 1:
        found = [concatenation(p.udh) for p in pieces]
        assert [(c.position, c.of, c.wide) for c in found if c] == [
            (n, len(pieces), abilities.wide_reference) for n in range(1, len(pieces) + 1)
        ]
        assert len({c.reference for c in found if c}) == 1


@MANY
@given(st.one_of(any_text, gsm_text, turkish_text, emoji_text), st.integers(0, 75), st.sampled_from(ABILITIES))
def test_a_short_text_is_cut_as_it_is_planned(text: str, most: int, abilities: Abilities) -> None:
    chosen, pieces = plan(text[:most], abilities), split(text[:most], abilities, 1)
    assert [piece.alphabet for piece in pieces] == [chosen.alphabet] * len(chosen.starts)
    assert shifts(pieces[0].udh) == (chosen.locking, chosen.single)


@MANY
@given(st.one_of(any_text, turkish_text, indic_text), st.sampled_from(ABILITIES))
def test_every_part_can_be_read_alone(text: str, abilities: Abilities) -> None:
    assert "".join(join([piece]) for piece in split(text, abilities, 1)) == text


@MANY
@given(st.one_of(any_text, gsm_text, turkish_text, indic_text, emoji_text))
def test_more_abilities_never_cost_more_parts(text: str) -> None:
    assert len(split(text, EVERYTHING, 1)) <= min(
        len(split(text, some, 1)) for some in (PLAIN, TURKISH, SINGLE_ONLY, LOCKING_ONLY, ONLY_UCS2)
    )


def generated_texts(count: int) -> list[str]:
    """Texts around all edges, in several mixtures of letters; the same ones each time."""
    chance = random.Random(20261125)
    mixtures = [
        "abc DEF 123",
        "abc€{}|~^\\[]",
        "@£$¥èéùìòÇØøÅåΔ\n\r",
        "abcčšž",
        "ab😀",
        "سلام\u200c ",
        "€",
        "a\u0301ë" + FAMILY,
    ]
    edges = [0, 1, 69, 70, 71, 134, 135, 153, 160, 161, 306, 307, 459, 460]
    return [
        "".join(chance.choices(chance.choice(mixtures), k=max(0, chance.choice(edges) + chance.randint(-3, 3))))
        for _ in range(count)
    ]


def test_as_many_parts_as_smsutil_counts() -> None:
    """smsutil is right but for the escape itself, which it takes for a letter: none is generated."""
    for text in generated_texts(3000):
        assert len(split(text, PLAIN, 1)) == len(smsutil.split(text).parts), text


def told_by_smspdudecoder(piece: Piece) -> tuple[str, int]:
    """The text and the part number (0 if alone) that it reads from an SMS-DELIVER (23.040 section 9.2.2.1).

    It counts letters where it should count septets: after escapes, seven spare bits are an `@`, dropped here.
    """
    ucs2 = piece.alphabet is Alphabet.UCS2
    fill = fill_bits(len(piece.udh))
    data = piece.user_data if ucs2 else pack(piece.user_data, fill)
    length = len(piece.udh + data) if ucs2 else (8 * len(piece.udh) + fill) // 7 + len(piece.user_data)
    head = "00" + ("44" if piece.udh else "04") + "0b91" + "8346101122f2" + "00" + ("08" if ucs2 else "00")
    told = read_incoming_sms((head + "62115212000000" + f"{length:02x}" + (piece.udh + data).hex()).upper())
    text: str = told["content"]
    spare = 0 if ucs2 else 8 * len(data) - fill - 7 * len(piece.user_data)
    doubtful = spare == 7 and b"\x1b" in piece.user_data
    return text[:-1] if doubtful else text, told["partial"]["part_number"] if told["partial"] else 0


def test_another_decoder_reads_our_octets_as_the_same_text() -> None:
    """smspdudecoder knows no national tables, so only links without them are asked."""
    for text in generated_texts(250):
        for abilities in (PLAIN, WIDE):
            told = [told_by_smspdudecoder(piece) for piece in split(text, abilities, 0x42)]
            assert "".join(part for part, _ in told) == text
            assert [number for _, number in told] == ([0] if len(told) == 1 else [*range(1, len(told) + 1)])


def test_a_surrogate_pair_that_a_stranger_cut_heals() -> None:
    octets = "😀".encode("utf-16-be")
    assert join([Piece(Alphabet.UCS2, octets[:2]), Piece(Alphabet.UCS2, octets[2:])]) == "😀"
    assert join([Piece(Alphabet.UCS2, octets[:2])]) == "\ufffd"


def test_an_escape_that_a_stranger_cut_heals() -> None:
    assert join([Piece(Alphabet.GSM7, b"a\x1b"), Piece(Alphabet.GSM7, b"eb")]) == "a€b"


def test_half_a_utf_16_unit_is_shown_as_unreadable() -> None:
    assert join([Piece(Alphabet.UCS2, b"\0a\0")]) == "a\ufffd"


def test_each_piece_is_read_with_the_tables_of_its_own_header() -> None:
    turkish, plain = bytes.fromhex("03250101"), b""
    assert join([Piece(Alphabet.GSM7, b"\x0b", turkish), Piece(Alphabet.GSM7, b"\x0b", plain)]) == "ĞØ"


def test_pieces_of_several_alphabets_are_joined() -> None:
    assert (
        join(
            [
                Piece(Alphabet.GSM7, b"a"),
                Piece(Alphabet.UCS2, b"\x01\x0d"),
                Piece(Alphabet.OCTETS, b"\xc4\x8d"),
            ]
        )
        == "ačč"
    )
    assert join([Piece(Alphabet.OCTETS, b"\xe8")]) == "è"
    assert join([]) == ""


@MANY
@given(
    st.lists(
        st.builds(Piece, st.sampled_from(list(Alphabet)), st.binary(max_size=140), st.binary(max_size=12)),
        max_size=4,
    )
)
def test_joining_never_raises_and_gives_text_that_can_be_stored(pieces: list[Piece]) -> None:
    assert join(pieces).encode("utf-8").decode("utf-8") == join(pieces)
