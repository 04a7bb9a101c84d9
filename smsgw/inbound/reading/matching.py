"""Find the products of a catalogue in the pieces of a text: full names first, longer before shorter, then parts.

A word that belongs to a name is used up: "jagodna marmelada" leaves nothing for strawberries.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise, product

from smsgw.inbound.reading.index import Alias, Compiled, Hit
from smsgw.inbound.reading.languages import ROMANISED
from smsgw.inbound.reading.pieces import Piece
from smsgw.inbound.reading.spoken import is_romanised

_WINDOW = 2
_PART_LEAST = 6
_HALVES_LEAST = 8  # letters
_TALES = frozenset({"story", "chat", "name", "own"})
"""Sorts of words that tell why something is wanted; they may be products as well."""
_JOINING = frozenset({"and", "or"})
_COMBINATIONS_MOST = 64
_SURE = 0.96
_HOWS = ("", "stem", "slip", "romanised")

Hits = dict[int, tuple[Hit, ...]]


@dataclass(slots=True)
class Found:
    """A mention of a product. sku: None when several fit, or none does. places: of the pieces.

    how: "full", "partial", "ambiguous" or "unknown"; quality: the worst of its words ("", "stem", "slip",
    "romanised"). offered: it was chosen among what an open message offers.
    """

    sku: str | None
    places: tuple[int, ...]
    how: str
    quality: str
    alias: Alias | None = None
    candidates: tuple[str, ...] = ()
    weakest: int = 0
    extra: set[int] = field(default_factory=set)

    @property
    def first(self) -> int:
        """The piece that it begins with."""
        return self.places[0]

    @property
    def last(self) -> int:
        """The piece that it ends with."""
        return self.places[-1]


def hits_of(text: str, pieces: list[Piece], catalogue: Compiled, spoken: set[str]) -> Hits:
    """For each piece, the words of names that it is like. spoken: a word that one of these languages knows is not
    misspelt, and one in Latin letters is Russian or Persian only where they are."""
    found: Hits = {}
    latin = not spoken or any(tag.endswith(ROMANISED) for tag in spoken)
    romanised = is_romanised(spoken)
    lexicon = catalogue.languages.lexicon
    for place, piece in enumerate(pieces):
        if piece.kind == "amount" and piece.size:
            hits = catalogue.hits(piece.size, False)
        elif piece.kind == "word":
            named = _is_name(text, piece, catalogue)
            known = piece.sorts or named or lexicon.knows(piece.text, spoken)
            hits = catalogue.hits(piece.text, not (known or catalogue.languages.tells(piece.text, spoken)))
            if romanised and not piece.sorts - _TALES:
                hits = _with_sounds(hits, piece.text, catalogue)
            if named:
                hits = tuple(hit for hit in hits if not hit.how)
            if not latin and hits and hits[0].how == "romanised":
                continue
        elif piece.kind == "amount" and not piece.times and piece.unit is None:
            hits = catalogue.hits(piece.text.split(" ")[0], False)
        else:
            continue
        if hits:
            found[place] = hits
    return found


def _with_sounds(hits: tuple[Hit, ...], word: str, catalogue: Compiled) -> tuple[Hit, ...]:
    """What a word is like in a romanised text, where it may be spelt as one of another language: "krasnogo vina"."""
    known = {(hit.alias, hit.position) for hit in hits}
    return (*hits, *(hit for hit in catalogue.heard(word) if (hit.alias, hit.position) not in known))


def _is_name(text: str, piece: Piece, catalogue: Compiled) -> bool:
    """Whether a word with a capital is a given name, and no misspelt product."""
    return text[piece.start].isupper() and piece.start > 0 and catalogue.languages.is_given(piece.text)


def join_apart(pieces: list[Piece], catalogue: Compiled, romanised: bool) -> list[Piece]:
    """Two words that together are one word of a name: "note book"; romanised: or sound like one."""
    if len(pieces) < 2:
        return pieces
    joined: list[Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and (
            _is_one_word(last, piece, catalogue) or (romanised and _sounds_as_one(last, piece, catalogue))
        ):
            last.text, last.last, last.end, last.sorts = last.text + piece.text, piece.last, piece.end, set()
        else:
            joined.append(piece)
    return joined


def _is_one_word(last: Piece, piece: Piece, catalogue: Compiled) -> bool:
    if not last.kind == piece.kind == "word" or not catalogue.spells(last.text + piece.text):
        return False
    if last.sorts and piece.sorts:
        return False  # "ja ja" is no "jaja"
    return not (catalogue.spells(last.text) and catalogue.spells(piece.text))


def _sounds_as_one(last: Piece, piece: Piece, catalogue: Compiled) -> bool:
    """Whether two words in Latin letters are the two halves of a long word of another alphabet: "khamir dandan"."""
    if not last.kind == piece.kind == "word" or last.sorts or piece.sorts:
        return False
    if len(last.text) + len(piece.text) < _HALVES_LEAST or catalogue.heard(last.text) or catalogue.heard(piece.text):
        return False
    return bool(catalogue.heard(last.text + piece.text))


def find(pieces: list[Piece], hits: Hits, catalogue: Compiled, wanted: set[str], spoken: set[str]) -> list[Found]:
    """The products mentioned, in order. wanted: what an open message is about, which settles what is ambiguous, as the
    languages spoken do."""
    if not hits:
        return []
    hits = _in_language(hits, catalogue, spoken)
    barriers = _barriers(pieces, hits)
    taken: set[int] = set()
    found = _full(pieces, hits, catalogue, barriers, taken, wanted)
    _absorb(found, hits, catalogue, barriers, taken)
    found += _sizes(pieces, hits, catalogue, taken, found)
    found += _partial(pieces, hits, catalogue, barriers, taken, wanted)
    found.sort(key=lambda one: one.first)
    _settle(found, hits, catalogue)
    return [one for one in found if not _is_letter(one, pieces) or _has_kind(one, found, hits, catalogue)]


def _settle(found: list[Found], hits: Hits, catalogue: Compiled) -> None:
    """Of several products that a word fits, the one of the kind that stands beside it: "a large yogurt, two small"."""
    for before, after in pairwise(found):
        for part, whole in ((after, before), (before, after)):
            if part.sku is None and part.how == "ambiguous" and whole.sku is not None and whole.how != "ambiguous":
                near = _of_kind(part, whole.sku, hits, catalogue)
                if len(near) == 1:
                    part.sku, part.how, part.candidates = near.pop(), "partial", ()


def _is_letter(one: Found, pieces: list[Piece]) -> bool:
    return one.how != "full" and all(len(pieces[place].text) == 1 for place in one.places)


def _has_kind(one: Found, found: list[Found], hits: Hits, catalogue: Compiled) -> bool:
    """Whether a single letter is the size of what stands beside it: "two M shirts and one L"."""
    at = found.index(one)
    beside = [other.sku for other in (*found[max(0, at - 1) : at], *found[at + 1 : at + 2]) if other.sku]
    part = Found(None, one.places, one.how, one.quality, candidates=one.candidates or ((one.sku,) if one.sku else ()))
    return any(_of_kind(part, sku, hits, catalogue) for sku in beside)


def _of_kind(part: Found, sku: str, hits: Hits, catalogue: Compiled) -> set[str]:
    """Of the products that a word fits, those that share a word of their names with another product."""
    kinds = {(alias.language, word) for alias in catalogue.by_sku[sku] for word in alias.words if word.isalpha()}
    fitting = [catalogue.aliases[hit.alias] for place in part.places for hit in hits.get(place, ())]
    return {
        alias.sku
        for alias in fitting
        if alias.sku in part.candidates and any((alias.language, word) in kinds for word in alias.words)
    }


def _barriers(pieces: list[Piece], hits: Hits) -> list[int]:
    """For each piece the number of separators before it: two pieces with the same number share a stretch."""
    count, marks = 0, []
    for place, piece in enumerate(pieces):
        counts = piece.kind == "amount" and not piece.size and (piece.value is not None) and place not in hits
        if piece.kind == "separator" or (piece.kind == "word" and not piece.sorts.isdisjoint(_JOINING)) or counts:
            count += 1
        marks.append(count)
        count += counts
    return marks


def _in_language(hits: Hits, catalogue: Compiled, spoken: set[str]) -> Hits:
    """Of the words of names that a word is like, those of the languages spoken, when there are any."""
    tags = {"", *(tag.removesuffix(ROMANISED) for tag in spoken)}
    own = {
        place: tuple(hit for hit in all_hits if catalogue.aliases[hit.alias].language in tags)
        for place, all_hits in hits.items()
    }
    return {place: own[place] or hits[place] for place in hits}


def _full(
    pieces: list[Piece], hits: Hits, catalogue: Compiled, barriers: list[int], taken: set[int], wanted: set[str]
) -> list[Found]:
    """Names of which every needed word is there, the longest and surest first."""
    by_alias: dict[int, dict[int, list[tuple[int, Hit]]]] = defaultdict(lambda: defaultdict(list))
    for place, all_hits in hits.items():
        for hit in all_hits:
            by_alias[hit.alias][hit.position].append((place, hit))
    ways: list[tuple[tuple[float, ...], Alias, tuple[int, ...], list[Hit]]] = []
    for number, positions in by_alias.items():
        alias = catalogue.aliases[number]
        if alias.needed <= positions.keys():
            found_ways = _ways(alias, positions, barriers)
            ways += [way for way in found_ways if not alias.container or _comes_in(way[2], pieces)]
    ways.sort(key=lambda way: way[0])
    found: list[Found] = []
    for at, (rank, alias, places, made) in enumerate(ways):
        if taken & set(places):
            continue
        rivals = {alias.sku}
        for other_rank, other, other_places, _ in ways[at + 1 :]:
            if other_rank[:3] != rank[:3]:
                break
            if set(other_places) == set(places):
                rivals.add(other.sku)
        if len(rivals) > 1 and len(rivals & wanted) == 1:
            rivals &= wanted
        quality = max((hit.how for hit in made), key=_HOWS.index)
        weakest = min(len(pieces[place].text) for place in places)
        taken |= set(places)
        if len(rivals) == 1:
            found.append(Found(rivals.pop(), places, "full", quality, alias, weakest=weakest))
        else:
            found.append(Found(None, places, "ambiguous", quality, alias, tuple(sorted(rivals)), weakest))
    return found


def _comes_in(places: tuple[int, ...], pieces: list[Piece]) -> bool:
    """Whether more is said than "white" of "white loaf": the loaf, or something else that things come in."""
    beside = [pieces[place] for place in (places[0] - 1, places[-1] + 1) if 0 <= place < len(pieces)]
    return len(places) > 1 or any(piece.kind == "amount" and piece.unit in ("pack", "case") for piece in beside)


def _ways(
    alias: Alias, positions: dict[int, list[tuple[int, Hit]]], barriers: list[int]
) -> list[tuple[tuple[float, ...], Alias, tuple[int, ...], list[Hit]]]:
    """How the words of a name can be laid on the pieces of a text."""
    needed = sorted(alias.needed)
    choices = [positions[position] for position in needed]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _COMBINATIONS_MOST:
        return []
    found: list[tuple[tuple[float, ...], Alias, tuple[int, ...], list[Hit]]] = []
    for way in product(*choices):
        places = [place for place, _ in way]
        if len(set(places)) < len(places):
            continue
        low, high = min(places), max(places)
        if high - low >= len(alias.words) + _WINDOW or (barriers[low] != barriers[high] and not alias.joins):
            continue
        made = [hit for _, hit in way]
        for position, others in positions.items():
            if position not in alias.needed:
                near = [(at, hit) for at, hit in others if low - 1 <= at <= high + 1 and at not in places]
                if near and (barriers[near[0][0]] == barriers[low] or alias.joins):
                    places.append(near[0][0])
                    made.append(near[0][1])
        if _is_count(alias, positions, way, needed):
            continue
        score = sum(hit.score for hit in made) / len(made)
        rank = (-len(needed), -len(places), -score, high - low, alias.number)
        found.append((rank, alias, tuple(sorted(places)), made))
    return found


def _is_count(
    alias: Alias, positions: dict[int, list[tuple[int, Hit]]], way: tuple[tuple[int, Hit], ...], needed: list[int]
) -> bool:
    """Whether a number that stands before the words of a name is how many, and no size: "36 jeans"; but "size 36
    jeans"."""
    for position, (place, _) in zip(needed, way, strict=True):
        if not alias.words[position].isdigit():
            continue
        earlier = [other for at, (other, _) in zip(needed, way, strict=True) if at < position]
        size = {at for at, _ in positions.get(position - 1, ())}
        if position + 1 in alias.packed and any(at - place in (1, 2) for at, _ in positions[position + 1]):
            continue  # "500 piece puzzle", "500-piece puzzle"
        if earlier and place < min(earlier) and place - 1 not in size:
            return True
    return False


def _absorb(found: list[Found], hits: Hits, catalogue: Compiled, barriers: list[int], taken: set[int]) -> None:
    """Words beside a full name that are of another name of the same product say it again: they are used up."""
    for one in found:
        for place, all_hits in hits.items():
            if place in taken or barriers[place] != barriers[one.first]:
                continue
            if abs(place - one.first) > 3 and abs(place - one.last) > 3:
                continue
            if any(
                catalogue.aliases[hit.alias].sku == one.sku
                and hit.score >= _SURE
                and (hit.alias, hit.position) not in catalogue.weak
                for hit in all_hits
            ):
                one.extra.add(place)
                taken.add(place)


def _sizes(pieces: list[Piece], hits: Hits, catalogue: Compiled, taken: set[int], found: list[Found]) -> list[Found]:
    """Further sizes of what was named before: "nappies size 3 and size 4", "Windeln 3, Größe 4"."""
    more: list[Found] = []
    for place, piece in enumerate(pieces):
        if piece.kind != "amount" or piece.times or piece.unit or place in taken or place - 1 in taken or place < 1:
            continue
        before = {(hit.alias, hit.position + 1) for hit in hits.get(place - 1, ())}
        sized = {catalogue.aliases[hit.alias].sku for hit in hits.get(place, ()) if (hit.alias, hit.position) in before}
        earlier = [one for one in (*found, *more) if one.first < place and one.sku and one.how == "full"]
        if not sized or not earlier:
            continue
        part = Found(None, (place - 1, place), "partial", "", candidates=tuple(sorted(sized)))
        kind = _of_kind(part, max(earlier, key=lambda one: one.first).sku or "", hits, catalogue)
        if len(kind) == 1:
            taken |= {place - 1, place}
            more.append(Found(kind.pop(), (place - 1, place), "partial", ""))
    return more


def _partial(
    pieces: list[Piece], hits: Hits, catalogue: Compiled, barriers: list[int], taken: set[int], wanted: set[str]
) -> list[Found]:
    """Stretches of words that are of names, but make up no name."""
    stretches: list[list[int]] = []
    for place in sorted(place for place in hits if place not in taken and pieces[place].kind == "word"):
        strong = [hit for hit in hits[place] if (hit.alias, hit.position) not in catalogue.weak]
        if not strong or (pieces[place].sorts - _TALES and not _sure(strong)):
            continue
        if strong[0].how == "slip" and len(pieces[place].text) < _PART_LEAST:
            continue
        if stretches and barriers[stretches[-1][-1]] == barriers[place] and place - stretches[-1][-1] <= _WINDOW:
            stretches[-1].append(place)
        else:
            stretches.append([place])
    spelt = [stretch for stretch in stretches if any(pieces[place].sorts <= _TALES for place in stretch)]
    return [_part(stretch, pieces, hits, catalogue, wanted) for stretch in spelt]


def _sure(hits: list[Hit]) -> bool:
    return any(hit.score == 1.0 for hit in hits)


def _narrowed(
    common: set[str], stretch: list[int], pieces: list[Piece], hits: Hits, catalogue: Compiled
) -> tuple[set[str], list[int]]:
    """The products that also have the number beside the words in their name: "spf 50", "Windeln 4"."""
    for place in (stretch[-1] + 1, stretch[0] - 1):
        if place in hits and pieces[place].kind == "amount" and not pieces[place].times:
            numbered = {catalogue.aliases[hit.alias].sku for hit in hits[place]}
            if len(common & numbered) == 1:
                return common & numbered, sorted([*stretch, place])
    return common, stretch


def _part(stretch: list[int], pieces: list[Piece], hits: Hits, catalogue: Compiled, wanted: set[str]) -> Found:
    sets, qualities = [], []
    for place in stretch:
        top = max(hit.score for hit in hits[place])
        near = [hit for hit in hits[place] if hit.score >= top - 0.03]
        sets.append({catalogue.aliases[hit.alias].sku for hit in near})
        qualities.append(max((hit.how for hit in near if hit.score == top), key=_HOWS.index))
    common = set.intersection(*sets)
    quality = max(qualities, key=_HOWS.index)
    weakest = min(len(pieces[place].text) for place in stretch)
    if len(common) > 1:
        common, stretch = _narrowed(common, stretch, pieces, hits, catalogue)
    if len(common) > 1 and len(common & wanted) == 1:
        common &= wanted
    if len(common) == 1:
        return Found(next(iter(common)), tuple(stretch), "partial", quality, weakest=weakest)
    if common:
        return Found(None, tuple(stretch), "ambiguous", quality, candidates=tuple(sorted(common)), weakest=weakest)
    union = set.union(*sets)
    return Found(None, tuple(stretch), "unknown", quality, candidates=tuple(sorted(union))[:8], weakest=weakest)
