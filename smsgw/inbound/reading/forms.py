"""Compare two words of a language: by the stems that its endings leave, and by the number of slips between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from smsgw.inbound.reading.languages import Language

_STEM_LEAST = 3


def stems(word: str, language: Language) -> set[str]:
    """What may be left of a word when an ending is taken off, with the vowels that come and go and the consonants that
    change: "zvezkov" and "zvezek" share "zvezk"."""
    found = {word}
    least = _STEM_LEAST if len(word) > _STEM_LEAST else _STEM_LEAST - 1
    for length in range(1, min(language.longest, len(word) - least) + 1):
        if word[-length:] in language.endings:
            found.add(word[:-length])
    for stem in list(found):
        if len(stem) > _STEM_LEAST and stem[-2] in language.fleeting:
            found.add(stem[:-2] + stem[-1])
        if len(stem) > _STEM_LEAST + 1 and stem[-3] in language.fleeting and stem[-2:] in ("nj", "lj"):
            found.add(stem[:-3] + stem[-2:])  # "češenj" is of "češnja"
        for softened, hard in language.alternations:
            if stem.endswith(hard):
                found.add(stem[: -len(hard)] + softened)
    return found


def deletions(word: str) -> set[str]:
    """The word, and the word with any one letter left out."""
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def slips(one: str, other: str, most: int) -> int:
    """How many letters are left out, put in, exchanged or swapped between two words; most + 1 when there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        above, row = row, [place]
        for column, against in enumerate(other, 1):
            cost = min(above[column] + 1, row[column - 1] + 1, above[column - 1] + (letter != against))
            swapped = place > 1 and column > 1 and letter == other[column - 2] and one[place - 2] == against
            row.append(min(cost, before[column - 2] + 1) if swapped else cost)
        before = above
        if min(row) > most:
            return most + 1
    return row[-1]
