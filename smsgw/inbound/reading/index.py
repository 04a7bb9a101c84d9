"""The products of a catalogue, made ready to be found in texts; compiled once for each catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from smsgw.inbound.reading.forms import deletions, slips, stems
from smsgw.inbound.reading.languages import ROMANISED, Language, Languages, load
from smsgw.inbound.reading.letters import fold, latinised
from smsgw.inbound.reading.pieces import COUNTED, build
from smsgw.inbound.reading.romanised import of_cyrillic, of_persian, of_persian_in_latin, of_russian_in_latin
from smsgw.inbound.reading.terms import Product
from smsgw.inbound.reading.tokens import cut

_REMEMBERED_MOST = 50_000
_CHANGED = 0.965  # the score of a stem whose vowels or consonants have changed
_SLIP_LEAST, _TWO_SLIPS_LEAST, _ROMANISED_LEAST, _JOINED_LEAST = 4, 8, 3, 4
_FILLING_LEAST = 4  # letters: smaller words tell no products apart
_WEAK_SORTS = frozenset({"filler", "deliver", "apiece", "at", "and", "each", "unit", "one", "number", "also", "order"})
_STRONG_SORTS = frozenset({"not"})


@dataclass(frozen=True, slots=True)
class Alias:
    """One name of a product: its words; needed: those that must be said for a full match.

    joins: it holds an "and". container: it is one word and what that comes in ("white loaf"). filling: words that are
    not needed, and are neither a unit nor small. packed: "pieces" behind the number of pieces in a pack.
    """

    number: int
    sku: str
    language: str
    text: str
    words: tuple[str, ...]
    needed: frozenset[int]
    joins: bool
    container: bool = False
    filling: frozenset[int] = frozenset()
    packed: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """A word of a text that is like a word of an alias. how: "", "stem", "slip", "sound" or "romanised"."""

    alias: int
    position: int
    score: float
    how: str


_Take = Callable[..., None]


@dataclass
class Compiled:
    """A catalogue that can be read with, together with the languages that it is read in.

    codes: skus by their short numbers. weak: the words of names, as (alias, position), that name nothing by themselves.
    sizes: of the packs. contained: the products whose names say in what they come ("a loaf"). spelt: how the words of
    names are spelt with their marks, and of which product.
    """

    products: dict[str, Product]
    languages: Languages
    codes: dict[str, str] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    weak: set[tuple[int, int]] = field(default_factory=set)
    sizes: dict[str, set[tuple[str, Fraction]]] = field(default_factory=lambda: defaultdict(set))
    contained: set[str] = field(default_factory=set)
    spelt: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    by_sku: dict[str, list[Alias]] = field(default_factory=lambda: defaultdict(list))
    _words: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    _stems: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    _slips: dict[str, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    _hits: dict[str, tuple[Hit, ...]] = field(default_factory=dict)

    def hits(self, word: str, fuzzy: bool) -> tuple[Hit, ...]:
        """The words of aliases that a word of a text is like, best first; fuzzy: also misspelt and romanised ones."""
        key = word if fuzzy else word + "!"
        known = self._hits.get(key)
        if known is None:
            if len(self._hits) >= _REMEMBERED_MOST:
                self._hits.clear()
            known = self._hits[key] = tuple(self._find(word, fuzzy))
        return known

    def heard(self, word: str) -> tuple[Hit, ...]:
        """The words of aliases in other alphabets that a word in Latin letters sounds like, whatever else it may be."""
        key = word + "~"
        known = self._hits.get(key)
        if known is None:
            best: dict[tuple[int, int], Hit] = {}
            if word.isascii() and word.isalpha() and len(word) >= _ROMANISED_LEAST:
                self._romanised(word, self._taker(best))
            known = self._hits[key] = tuple(best.values())
        return known

    def names_alone(self, word: str) -> bool:
        """Whether a word by itself is the name of a product."""
        return any(len(self.aliases[hit.alias].words) == 1 for hit in self.hits(word, False))

    def sizes_of(self, word: str, number: str) -> bool:
        """Whether a number is of a name that a word before it is of too: "size 3", "SPF 50"."""
        if number not in self._words:
            return False
        return any(number in self.aliases[hit.alias].words for hit in self.hits(word, False))

    def packs(self, number: str, word: str) -> bool:
        """Whether a number of pieces tells two products apart: "puzzle 100 pieces", "puzzle 500 pieces"."""
        for hit in self.hits(word, False) if number in self._words else ():
            alias = self.aliases[hit.alias]
            at = hit.position - 1
            if hit.position in alias.packed and alias.words[at] == number:
                rest = (*alias.words[:at], *alias.words[at + 1 :])
                if any(
                    other.packed == alias.packed
                    and other.sku != alias.sku
                    and (*other.words[:at], *other.words[at + 1 :]) == rest
                    for other in self.aliases
                ):
                    return True
        return False

    def spells(self, word: str) -> bool:
        """Whether a word stands so in a name."""
        return word in self._words

    def _find(self, word: str, fuzzy: bool) -> list[Hit]:
        best: dict[tuple[int, int], Hit] = {}
        take = self._taker(best)
        for spelling in {word, latinised(word)}:
            take(self._words.get(spelling, ()), 1.0, "")
        for language in self.languages.written_like(word):
            for stem in stems(word, language):
                for spelling in self._stems.get((language.tag, stem), ()):
                    plain = len(stem) >= min(len(word), len(spelling)) - language.longest and (
                        word.startswith(stem) and spelling.startswith(stem)
                    )
                    take(self._words[spelling], 0.97 if plain else _CHANGED, "stem", language.tag)
        if best or not fuzzy:
            return sorted(best.values(), key=lambda hit: (-hit.score, hit.alias, hit.position))
        if len(word) >= _SLIP_LEAST and word.isalpha():
            self._slipped(word, take)
        if word.isascii() and word.isalpha() and len(word) >= _ROMANISED_LEAST:
            self._romanised(word, take)
        return sorted(best.values(), key=lambda hit: (-hit.score, hit.alias, hit.position))

    def _taker(self, best: dict[tuple[int, int], Hit]) -> _Take:
        """What keeps the best hit of every word of an alias."""

        def take(places: Iterable[tuple[int, int]], score: float, how: str, language: str | None = None) -> None:
            for alias, position in places:
                of = self.aliases[alias].language
                if language is not None and of not in (language, ""):
                    continue
                held = best.get((alias, position))
                if held is None or held.score < score:
                    best[alias, position] = Hit(alias, position, score, how)

        return take

    def _slipped(self, word: str, take: _Take) -> None:
        most = 2 if len(word) >= _TWO_SLIPS_LEAST else 1
        forms = {stem for language in self.languages.written_like(word) for stem in stems(word, language)}
        forms = {form for form in forms if len(form) >= _SLIP_LEAST}
        candidates = {pair for form in forms for part in deletions(form) for pair in self._slips.get(part, ())}
        for known, spelling in candidates:
            length = min(len(known), len(word))
            if length < _TWO_SLIPS_LEAST and known[0] != word[0]:
                continue
            count = min(slips(form, known, most) for form in forms)
            if count <= most:
                take(self._words[spelling], 0.9 - 0.03 * count, "slip")

    def _romanised(self, word: str, take: _Take) -> None:
        for language in self.languages.by_tag.values():
            tag = language.tag + ROMANISED
            if language.script == "cyrillic":
                for stem in _sound_stems(of_russian_in_latin(word), language):
                    for spelling in self._stems.get((tag, stem), ()):
                        take(self._words[spelling], 0.88, "romanised", language.tag)
            elif language.script == "arabic":
                for spelling in self._stems.get((tag, of_persian_in_latin(word)), ()):
                    take(self._words[spelling], 0.86, "romanised", language.tag)


def _sound_stems(sound: str, language: Language) -> set[str]:
    """The stems of a romanised word: endings are compared by their sound too."""
    found = {sound}
    for ending in sorted(language.endings):
        heard = of_cyrillic(ending)
        if heard and sound.endswith(heard) and len(sound) - len(heard) >= 2:
            found.add(sound[: -len(heard)])
    for stem in list(found):
        if len(stem) > 2 and stem[-2] in "eo":
            found.add(stem[:-2] + stem[-1])
    return found


def compile_catalogue(products: Iterable[Product], languages: Languages | None = None) -> Compiled:
    """A catalogue ready for reading."""
    compiled = Compiled({product.sku: product for product in products}, languages or load())
    for product in compiled.products.values():
        if product.code:
            compiled.codes[product.code.casefold()] = product.sku
        _add_sku(compiled, product.sku)
        for language, name in product.names.items():
            _add(compiled, product.sku, language, name)
        for language, names in product.aliases.items():
            for name in names:
                _add(compiled, product.sku, language, name)
    for words in compiled._words.values():
        words.sort()
    _tell_apart(compiled)
    return compiled


def _tell_apart(compiled: Compiled) -> None:
    """A word that names nothing by itself is needed where it tells a product from another ("large hand cream")."""
    for alias in list(compiled.aliases):
        strong = [alias.words[position] for position in sorted(alias.needed)]
        if not alias.filling or not strong:
            continue
        rarest = min((compiled._words[word] for word in strong), key=len)
        others = (compiled.aliases[number] for number, _ in rarest)
        alike = [
            set(other.words)
            for other in others
            if other.sku != alias.sku and other.language == alias.language and set(strong) <= set(other.words)
        ]
        telling = {position for position in alias.filling if any(alias.words[position] not in words for words in alike)}
        if telling:
            told = replace(alias, needed=alias.needed | telling)
            compiled.aliases[alias.number] = told
            compiled.by_sku[alias.sku] = [told if one is alias else one for one in compiled.by_sku[alias.sku]]
            compiled.weak -= {(alias.number, position) for position in telling}


@dataclass
class _Name:
    """A name cut into words, sizes as one word. weak: words that name nothing by themselves, filling: those of them
    that may still tell it from another; joins: it holds an "and";
    container: it says in what the product comes; whole: it is found as it stands alone, no ending is taken off."""

    words: list[str] = field(default_factory=list)
    weak: set[int] = field(default_factory=set)
    filling: set[int] = field(default_factory=set)
    packed: set[int] = field(default_factory=set)
    sizes: list[tuple[str, Fraction]] = field(default_factory=list)
    joins: bool = False
    container: bool = False
    whole: bool = False


def _add_sku(compiled: Compiled, sku: str) -> None:
    """The product's own mark is a name too, but only as a whole."""
    words = _cut(compiled, "", sku).words
    for spelling in (words, ["".join(words)]):
        if words:
            number = len(compiled.aliases)
            _enter(compiled, sku, "", sku, _Name(spelling))
            compiled.weak |= {(number, position) for position in range(len(spelling))}


def _add(compiled: Compiled, sku: str, language: str, name: str) -> None:
    """Take one name of a product in, as it stands and with its words joined."""
    found = _cut(compiled, language, name)
    if not found.words:
        return
    compiled.sizes[sku] |= set(found.sizes)
    if found.container:
        compiled.contained.add(sku)
    _enter(compiled, sku, language, name, found)
    joined = "".join(found.words)
    if len(found.words) > 1 and len(joined) >= _JOINED_LEAST and "#" not in joined:
        _enter(compiled, sku, language, name, _Name([joined], whole=True))
    typed = name
    of = compiled.languages.by_tag.get(language)
    for letter, digraph in (of.digraphs if of else {}).items():
        typed = typed.replace(letter, digraph).replace(letter.upper(), digraph)
    if typed != name:
        _add(compiled, sku, language, typed)


def _cut(compiled: Compiled, language: str, name: str) -> _Name:
    """The words of a name."""
    _, tokens = cut(name, compiled.languages.measures)
    spoken = {language, language + ROMANISED} if language else set(compiled.languages.by_tag)
    marks = [mark for mark in compiled.languages.lexicon.find(tokens) if mark.entry.language in spoken]
    found = _Name()
    for piece in build(tokens, marks, {}, compiled.languages.slash_is_point({language}), _never, _never, _never):
        if piece.size and piece.measured:
            found.words.append(piece.size)
            found.sizes.append(piece.measured)
        elif piece.kind in ("amount", "word"):
            found.container = found.container or "container" in piece.sorts
            found.joins = found.joins or "and" in piece.sorts
            countable = piece.kind == "amount" and not piece.soft and piece.value is not None
            if piece.unit in COUNTED and tokens[piece.first].text.isdigit() and piece.last == piece.first + 2:
                found.packed.add(len(found.words) + 1)
            small = bool(language and piece.sorts & _WEAK_SORTS and not piece.sorts & _STRONG_SORTS) and not countable
            for token in tokens[piece.first : piece.last]:
                if small and not _is_size(name[token.start : token.end]):
                    found.weak.add(len(found.words))
                    if "filler" in piece.sorts and "unit" not in piece.sorts and len(token.text) >= _FILLING_LEAST:
                        found.filling.add(len(found.words))
                found.words.append(token.text)
    if len(found.weak) == len(found.words):
        found.weak = set()
    found.filling &= found.weak
    return found


def _never(*words: str) -> bool:
    return False


def _is_size(word: str) -> bool:
    """Whether a word of a name is a size or a type: "S", "XL"."""
    return word.isupper() and len(word) <= 3


def _enter(compiled: Compiled, sku: str, language: str, text: str, name: _Name) -> None:
    """Put a name's words where texts look for them."""
    number, words, weak = len(compiled.aliases), name.words, name.weak
    needed = frozenset(range(len(words))) - weak
    container = name.container and len(needed) == 1 and bool(weak)
    compiled.aliases.append(
        Alias(
            number,
            sku,
            language,
            text,
            tuple(words),
            needed,
            name.joins,
            container,
            frozenset(name.filling),
            frozenset(name.packed),
        )
    )
    compiled.by_sku[sku].append(compiled.aliases[-1])
    for spelt in text.lower().split():
        compiled.spelt[fold(spelt).text].add((spelt, sku))
    for position, word in enumerate(words):
        compiled._words[word].append((number, position))
        if position in weak or word in compiled.languages.negations:
            compiled.weak.add((number, position))
        of = compiled.languages.by_tag.get(language)
        if of is None or name.whole or not word.isalpha():
            continue
        forms = stems(word, of)
        for stem in forms:
            compiled._stems[of.tag, stem].add(word)
        if position in weak:
            continue
        for form in {word, min(forms, key=len)}:
            if len(form) >= _SLIP_LEAST:
                for part in deletions(form):
                    compiled._slips[part].add((form, word))
        _sounds(compiled, word, of)


def _sounds(compiled: Compiled, word: str, language: Language) -> None:
    """How a word of another alphabet is spelt in Latin letters."""
    tag = language.tag + ROMANISED
    if language.script == "cyrillic":
        for sound in _sound_stems(of_cyrillic(word), language):
            compiled._stems[tag, sound].add(word)
    elif language.script == "arabic":
        for sound in of_persian(word):
            compiled._stems[tag, sound].add(word)
