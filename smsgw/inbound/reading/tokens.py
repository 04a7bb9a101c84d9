"""Cut a folded text into words, numbers, marks and line ends, each knowing its place in the original.

"2x", "x2" and "2kg" come apart, "A4" and "12A" do not. Persian prefixes and plurals join their word, with a narrow
space, a space or nothing between them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from smsgw.inbound.reading.letters import fold, one_script

WORD, NUMBER, MARK, LINE, SIGN = "word", "number", "mark", "line", "sign"


@dataclass(slots=True)
class Token:
    """A piece of text. text: folded; start, end: in the original; kind: WORD, NUMBER, MARK, LINE or SIGN (emoji).

    at, to: in the folded text.
    """

    text: str
    start: int
    end: int
    kind: str
    at: int
    to: int


_LETTER = r"[^\W\d_]"
_PIECE = re.compile(
    rf"""
      (?P<joined>{_LETTER}+'(?:t|d|ll|re|ve|s|m)\b(?!'))
    | (?P<dimension>\d+(?:[.,]\d+)?[xх]\d+(?:[.,]\d+)?(?![\w.,]\d|{_LETTER}))
    | (?P<number>\d+(?:[.,/]\d+)*)
    | (?P<half>[½¼¾])
    | (?P<word>{_LETTER}(?:{_LETTER}|\d)*)
    | (?P<line>\n+)
    | (?P<gap>[ \u200c]+)
    | (?P<mark>[\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e])
    | (?P<sign>.)
    """,
    re.X | re.S,
)
_TIMES_FIRST = re.compile(r"[xх](\d+)$")
_PERSIAN_PREFIXES = frozenset({"می", "نمی"})
_PERSIAN_PLURALS = frozenset({"ها", "های", "هایی", "هاتون", "هایتان", "هاتونو", "هاش", "هامون"})
_PERSIAN_ENCLITICS = frozenset({"م", "ت", "ش", "ام", "ات", "اش", "تون", "مون", "شون", "ای", "ست", "رو", "اند"})


def cut(text: str, measures: frozenset[str]) -> tuple[str, list[Token]]:
    """The folded text and its tokens, in order. measures: the short words that measure ("2 kg" are two tokens)."""
    folded = fold(text)
    whole, origin = folded.text, folded.origin
    tokens: list[Token] = []
    for found in _PIECE.finditer(whole):
        kind = found.lastgroup
        if kind == "gap":
            continue
        at, to = found.span()
        piece = found.group()
        if kind == "word":
            times = _TIMES_FIRST.match(piece)
            if times:
                tokens.append(_token(piece[0], origin, at, at + 1, WORD))
                tokens.append(_token(times[1], origin, at + 1, to, NUMBER))
                continue
            piece = one_script(piece)
        elif kind == "dimension":
            piece = piece.replace("х", "x").replace(",", ".")
        elif kind == "joined":
            piece = piece.replace("'", "")
        tokens.append(_token(piece, origin, at, to, _KIND[kind or "sign"]))
    return whole, _join_codes(_join_persian(tokens, whole), measures) if len(tokens) > 1 else tokens


_KIND = {
    "word": WORD,
    "joined": WORD,
    "dimension": WORD,
    "number": NUMBER,
    "half": NUMBER,
    "line": LINE,
    "mark": MARK,
    "sign": SIGN,
}


def _token(text: str, origin: list[int] | range, at: int, to: int, kind: str) -> Token:
    return Token(text, origin[at], origin[to - 1] + 1, kind, at, to)


def _belongs(last: Token, token: Token, whole: str) -> bool:
    """Whether a Persian word is but a part of the one before it."""
    if last.kind != WORD or token.kind != WORD or token.at - last.to > 1:
        return False
    if last.text in _PERSIAN_PREFIXES or token.text in _PERSIAN_PLURALS:
        return True
    return token.text in _PERSIAN_ENCLITICS and whole[last.to] == "\u200c"


def _join_persian(tokens: list[Token], whole: str) -> list[Token]:
    """The verbal prefix with its verb, the plural with its noun: all three spellings meet."""
    if not any("\u0600" <= token.text[0] <= "\u06ff" for token in tokens):
        return tokens
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if last is not None and _belongs(last, token, whole):
            joined[-1] = Token(last.text + token.text, last.start, token.end, WORD, last.at, token.to)
        else:
            joined.append(token)
    return joined


def _join_codes(tokens: list[Token], measures: frozenset[str]) -> list[Token]:
    """Digits and a letter or two that stand together and are no measure: "12" "a" is one word, "2" "kg" are two."""
    joined: list[Token] = []
    for token in tokens:
        last = joined[-1] if joined else None
        if (
            last is not None
            and last.kind == NUMBER
            and last.text.isdigit()
            and token.kind == WORD
            and token.at == last.to
            and (last.text + token.text in measures or (len(token.text) <= 2 and token.text not in measures))
        ):
            joined[-1] = Token(one_script(last.text + token.text), last.start, token.end, WORD, last.at, token.to)
        else:
            joined.append(token)
    return joined
