"""The gate: any one of these reasons sends an order to a person, with the best guess filled in.

An empty list accepts; there is no score to tune. The reasons are stable words.
"""

from __future__ import annotations

from itertools import pairwise

from smsgw.inbound.reading.index import Alias
from smsgw.inbound.reading.languages import Language
from smsgw.inbound.reading.matching import Found
from smsgw.inbound.reading.pieces import Piece
from smsgw.inbound.reading.quantities import Line, Lines
from smsgw.inbound.reading.scan import Scan

_NAME_LEAST = 5
_ASIDE_MOST = 2  # unknown words that say for whom, or stand in one clause beside an order
_TALE_MOST, _UNKNOWN_MOST, _RUN_MOST = 3, 5, 4
_SMALL = frozenset({"filler", "own", "name", "from", "whom"})
_ASKING = frozenset({"also", "and", "order", "request", "modal", "not", "without", "if", "doubt", "but"})
_LETTER = 2
_SIZES = frozenset("XSML")
_UNIT_MOST = 3  # letters of an abbreviated unit
"""A word of so many letters is a size and no noun."""


def reasons(scan: Scan, lines: Lines, expected: bool) -> list[str]:
    """Why a person must see this order. expected: whether it answers a message that asks for it."""
    found: list[str] = list(lines.reasons)
    for line in lines.lines:
        found += _of_line(line, scan)
    found += _of_words(scan, lines, expected)
    found += _of_whole(scan, lines, expected)
    return list(dict.fromkeys(found))


def _of_line(line: Line, scan: Scan) -> list[str]:
    if line.denied:
        return ["negation"]
    found = list(line.reasons)
    if line.found.how == "ambiguous":
        found.append("several products fit")
    elif line.found.sku is None:
        found.append("unknown product")
    if line.quantity is None and not line.reasons:
        if line.found.sku is not None and _is_singular(line.found, scan):
            return found
        found.append("no quantity")
    return found


def _is_singular(found: Found, scan: Scan) -> bool:
    """Whether a product named without a number is one: in the singular, and not sold by weight."""
    assert found.sku is not None
    product = scan.catalogue.products[found.sku]
    alias = found.alias or _holding(found, scan)
    tag = alias.language if alias else scan.language
    language = scan.catalogue.languages.by_tag.get(tag)
    if product.unit == "kg" or language is None or found.quality == "romanised":
        return False
    following = scan.pieces[found.last + 1].text if found.last + 1 < len(scan.pieces) else ""
    if not language.implied and following not in language.definite:
        return False
    words = [scan.pieces[place].text for place in found.places if scan.pieces[place].text.isalpha()]
    heads = _heads(words, alias, scan)
    before = _before(found, scan)
    if before in language.partitive:
        return False
    spelt = set(alias.words) if alias else set()
    if alias and _is_sized(alias) and (spelt.issuperset(words) or alias.words[0].endswith(language.plural or ("?",))):
        return True  # "jeans 34" are one pair
    if any(len(word) > _LETTER and word.endswith(language.plural) for word in heads):
        return False
    if before not in language.single and any(word.endswith(language.bare or ("?",)) for word in heads):
        return False
    loose = () if before in language.many or len(heads) == len(words) else language.attributive
    lent = () if not heads or heads[-1] in spelt or len(heads) == len(words) else language.living
    return all(
        word in spelt
        or _is_accusative(word, spelt, language, scan)
        or (word not in heads and word.endswith((*loose, *lent) or ("?",)))
        for word in words
    )


def _is_accusative(word: str, spelt: set[str], language: Language, scan: Scan) -> bool:
    """Whether a word has an ending that only a singular has: "торбу" of "торба", but "чаю" is some "чай"."""
    feminine = any(name.endswith(language.feminine or ("?",)) and name[:2] == word[:2] for name in spelt)
    singular = feminine and word.endswith(language.singular or ("?",))
    return singular or scan.catalogue.languages.is_being(word, language)


def _before(found: Found, scan: Scan) -> str:
    """The word before a product, be it cut short: "dell'orsacchiotto"."""
    earlier = [piece.text for piece in scan.pieces[max(0, found.first - 2) : found.first]]
    return next((text for text in reversed(earlier) if text != "'"), "")


def _is_sized(alias: Alias) -> bool:
    """Whether a name ends in a size: "jeans 34", "gloves M"."""
    last = alias.words[-1]
    return len(alias.words) > 1 and len(alias.words) - 1 in alias.needed and (last.isdigit() or len(last) <= _LETTER)


def _heads(words: list[str], alias: Alias | None, scan: Scan) -> list[str]:
    """The noun of a name, which tells whether it is one: the last word, or the one before a preposition; its other
    words may end like a plural ("beli kruh")."""
    if alias is None or len(words) != sum(word.isalpha() for word in alias.words):
        return words
    weak = [place for place in range(1, len(words)) if (alias.number, place) in scan.catalogue.weak]
    head = words[weak[0] - 1 if weak else -1]
    return words if len(head) <= _LETTER or len(words) - 1 in weak else [head]


def _has_lost_marks(found: Found, scan: Scan) -> bool:
    """Whether a name is typed without the marks that tell it from a word of another product: "zemlja", "žemlja"."""
    if found.alias is None or len(found.places) > 1:
        return False
    piece = scan.pieces[found.first]
    others = {sku for spelt, sku in scan.catalogue.spelt[found.alias.words[0]] if spelt == found.alias.words[0]}
    marked = {sku for spelt, sku in scan.catalogue.spelt[found.alias.words[0]] if spelt != found.alias.words[0]}
    return found.sku in marked and bool(others - marked) and scan.text[piece.start : piece.end].lower() == piece.text


def _holding(part: Found, scan: Scan) -> Alias | None:
    """The name that a part of a name is of, as it is spelt there."""
    words = {scan.pieces[place].text for place in part.places}
    return next((alias for alias in scan.catalogue.by_sku[part.sku or ""] if words <= set(alias.words)), None)


def _of_words(scan: Scan, lines: Lines, expected: bool) -> list[str]:
    """What the unknown words forbid."""
    unknown = scan.unknown
    found = []
    if unknown and not _is_aside(unknown, scan, lines):
        found.append("unknown word")
    if any(
        scan.pieces[place].kind == "sign" and scan.pieces[place].text.isalnum() for place in range(len(scan.pieces))
    ):
        found.append("unknown word")
    for line in lines.lines:
        quality, how = line.found.quality, line.found.how
        if quality == "slip" and line.found.weakest < _NAME_LEAST and len(line.found.places) == 1:
            found.append("misspelt name")
        if _has_lost_marks(line.found, scan):
            found.append("several products fit")
        if quality == "slip" and (unknown or _is_foreign(line.found, scan)):
            found.append("misspelt name")
        if how == "partial" and not expected and (unknown or not _is_safe(line, scan)):
            found.append("partial name")
        if quality == "romanised" and not any(tag.endswith("-Latn") for tag in scan.languages):
            found.append("romanised name")
        if _is_foreign(line.found, scan) and unknown:
            found.append("foreign name")
    return found


def _is_aside(unknown: list[int], scan: Scan, lines: Lines) -> bool:
    """Whether the unknown words say nothing about an order that is counted and plain: they tell for whom it is, or
    stand in a clause of their own that can be no further item ("Greetings from Žiri, I order 24 tins")."""
    plain = all(
        (line.amount is not None or (line.quantity is None and _is_one(line, scan)))
        and line.found.quality in ("", "stem")
        and line.found.how == "full"
        for line in lines.lines
    )
    if not plain or len(unknown) > _UNKNOWN_MOST:
        return False
    clauses = _clauses(scan)
    ordered = {clauses[place] for line in lines.lines for place in line.found.places}
    ordered |= {clauses[place] for place, piece in enumerate(scan.pieces) if piece.kind == "amount"}
    apart = [place for place in unknown if place not in _receivers(scan, set(unknown))]
    return all(
        number not in ordered and _is_tale(number, clauses, set(apart), scan)
        for number in {clauses[place] for place in apart}
    )


def _is_one(line: Line, scan: Scan) -> bool:
    return line.found.sku is not None and _is_singular(line.found, scan)


def _receivers(scan: Scan, unknown: set[int]) -> set[int]:
    """The unknown words that say for whom or for what it is: "2 apples for our parrot", "for the choir", "za skijanje";
    a "toner for Canon" is another, and so is "and for the choir"."""
    tags = scan.catalogue.languages.by_tag
    endings = tuple(end for tag in scan.languages if tag in tags for end in tags[tag].receivers)
    found: set[int] = set()
    for place in scan.places("whom", "own"):
        before = scan.pieces[place - 1] if place else None
        starts = "whom" not in scan.pieces[place].sorts
        owned = "own" in scan.pieces[place].sorts
        if before is not None and before.sorts & (_ASKING if starts else {"and"}):
            continue
        run: list[int] = []
        needs = False
        for at in range(place + 1, min(place + 1 + _RUN_MOST, len(scan.pieces))):
            piece = scan.pieces[at]
            if piece.kind != "word" or at in scan.used or "and" in piece.sorts:
                break
            owned = owned or "own" in piece.sorts
            needs = needs or "order" in piece.sorts
            lower = scan.text[piece.start].islower()
            if at in unknown and (owned or (lower and piece.text.endswith(endings or ("?",)))):
                run.append(at)
        if needs or not starts:  # "our choir needs 2", but not "my pineapple and 2 apples"
            found |= set(run[:_ASIDE_MOST])
    return found


def _is_tale(number: int, clauses: list[int], unknown: set[int], scan: Scan) -> bool:
    """Whether a clause with unknown words can be no item: it asks for nothing, and is no bare noun in a list."""
    places = [place for place, of in enumerate(clauses) if of == number and scan.pieces[place].kind == "word"]
    strange = [place for place in places if place in unknown]
    sorts = [scan.pieces[place].sorts for place in places]
    if any(of & _ASKING and of != {"also", "filler"} for of in sorts) or len(strange) > _TALE_MOST:
        return False
    if any(of - _SMALL for place, of in zip(places, sorts, strict=True) if place not in unknown):
        return len(strange) <= max(_ASIDE_MOST, len(places) - len(strange))
    opener = next((scan.pieces[place] for place in range(places[0] - 1, -1, -1) if clauses[place] == number), None)
    closer = next((scan.pieces[place] for place in range(places[-1] + 1, len(scan.pieces))), None)
    listed = any(
        piece is not None and piece.kind == "separator" and piece.text not in ".!?" for piece in (opener, closer)
    )
    return not listed and (closer is not None or len(strange) > 1)


def _clauses(scan: Scan) -> list[int]:
    """The number of the clause that each piece stands in: commas, full stops and new lines end one."""
    numbers, current = [], 0
    for piece in scan.pieces:
        current += (piece.kind == "separator" and not piece.text.isalpha()) or piece.text == "-" or piece.kind == "sign"
        numbers.append(current)
    return numbers


def _is_safe(line: Line, scan: Scan) -> bool:
    """Whether a part of a name is spelt right, counted, and enough."""
    spelt = line.found.quality in ("", "stem") or (line.found.quality == "romanised" and len(line.found.places) > 1)
    return spelt and line.amount is not None and _is_enough(line.found, scan)


def _is_enough(part: Found, scan: Scan) -> bool:
    """Whether a part of a name may stand for it: two words of it, all its words but the size, or the kind that the
    product beside it is of ("one green tea and two mint")."""
    if len(part.places) > 1:
        return True
    aliases = scan.catalogue.aliases
    hits = [
        hit for hit in scan.catalogue.hits(scan.pieces[part.first].text, True) if aliases[hit.alias].sku == part.sku
    ]
    for hit in hits:
        types = _types(aliases[hit.alias])
        words = aliases[hit.alias].words
        letters = [position for position, word in enumerate(words) if word.isalpha() and word not in types]
        if letters == [hit.position]:
            return True
    kinds = {(aliases[hit.alias].language, word) for hit in hits for word in aliases[hit.alias].words if word.isalpha()}
    order = [one for one in scan.found if one.sku]
    at = order.index(part)
    return any(
        (alias.language, word) in kinds
        for one in (*order[max(0, at - 1) : at], *order[at + 1 : at + 2])
        for alias in scan.catalogue.by_sku[one.sku or ""]
        for word in alias.words
    )


def _types(alias: Alias) -> set[str]:
    """The abbreviations in a name that say of what make it is ("LED bulb"); they may be left out, a size may not."""
    words = alias.text.replace("-", " ").split()
    return {word.lower() for word in words if word.isupper() and len(word) > _LETTER and not set(word) <= _SIZES}


def _approximate(scan: Scan) -> bool:
    """Whether "about" is said of a quantity, before it or behind (before a time it is none), or "to" between two."""
    following = [scan.pieces[place + 1 : place + 2] for place in scan.places("approx")]
    if any(not piece or piece[0].kind in ("amount", "separator", "mark") for piece in following):
        return True
    if any(_is_guess(before, piece, scan) for before, piece in pairwise(scan.pieces)):
        return True
    between = (place for place in scan.places("at", "doubt") if 0 < place < len(scan.pieces) - 1)
    return any(scan.pieces[place - 1].kind == scan.pieces[place + 1].kind == "amount" for place in between)


def _is_list(scan: Scan, lines: Lines) -> bool:
    """Whether products are named as on a shopping list, several, or one with a name signed to it."""
    surely = all(line.found.how == "full" and line.found.quality in ("", "stem") for line in lines.lines)
    return surely and (len(lines.lines) > 1 or scan.has("thanks", "greeting") or bool(scan.named))


def _is_guess(before: Piece, piece: Piece, scan: Scan) -> bool:
    """Whether two numbers in words stand side by side ("jedno pet", "two three"), or a number behind its unit in a
    language where that is a guess ("штук пять")."""
    if piece.kind != "amount" or piece.text[0].isdigit() or piece.measured:
        return False
    if before.kind == "amount":
        return not before.text[0].isdigit() and before.unit is None and not piece.times and not before.times
    tags = scan.catalogue.languages.by_tag
    inverted = any(tags[tag].inverted for tag in scan.languages if tag in tags)
    return inverted and "unit" in before.sorts and before.kind == "word" and len(before.text) > _UNIT_MOST


def _is_foreign(found: Found, scan: Scan) -> bool:
    if found.alias is None or not found.alias.language or not scan.languages:
        return False
    return not any(tag.split("-")[0] == found.alias.language for tag in scan.languages)


def _of_whole(scan: Scan, lines: Lines, expected: bool) -> list[str]:
    found = []
    if lines.left:
        found.append("number left over")
    if any(piece.unclear for piece in scan.amounts):
        found.append("number that was not understood")
    for sort, reason in (
        ("doubt", "doubt"),
        ("if", "condition"),
        ("vague", "vague quantity"),
        ("address", "address"),
        ("complaint", "another matter"),
        ("account", "another matter"),
        ("returns", "another matter"),
        ("ordered", "another matter"),
        ("paid", "another matter"),
        ("got", "another matter"),
        ("cancel", "another matter"),
        ("dont_send", "negation"),
        ("decline", "negation"),
    ):
        if scan.has(sort):
            found.append(reason)
    if _approximate(scan):
        found.append("vague quantity")
    if scan.has("usual") and any(line.amount is None for line in lines.lines):
        found.append("the usual")
    if scan.has("ask") or (not scan.has("request", "modal") and (scan.asks or scan.has("question"))):
        found.append("question")
    if (
        not expected
        and not scan.has("order", "request", "modal", "also", "courtesy")
        and not scan.agrees
        and not any(line.amount for line in lines.lines)
        and not _is_list(scan, lines)
    ):
        found.append("neither order word nor number")
    if scan.types() & {"link", "dialled"}:
        found.append("link")
    return found
