"""Every sentence that a person reads in a page can be translated: templates hold no words outside `_()` or trans.

Exempt: what HTML itself says is not to be translated (translate="no", for names), and code, kbd, pre, samp, script
and style.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

TRANSLATING = {"_", "gettext", "ngettext", "pgettext", "npgettext"}
READ_ALOUD = {"title", "placeholder", "alt", "aria-label", "aria-description", "aria-roledescription", "label"}
NOT_WORDS = {"code", "kbd", "pre", "samp", "script", "style"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VALUE = "\ue000"  # stands for whatever an expression prints: a character that is no letter
SENTENCE = re.compile(r"[A-Z][a-z]+\b.*")  # a quoted string in an expression that looks written for people

environment = jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])


class _Reader(HTMLParser):
    """Collects the words of a page, with their lines."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[int, str]] = []
        self._exempt: list[tuple[str, bool]] = []  # the open elements, and whether their words are exempt

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        exempt = self._inside_exempt() or tag in NOT_WORDS or given.get("translate") == "no"
        if tag not in VOID:
            self._exempt.append((tag, exempt))
        spoken = READ_ALOUD | ({"value"} if given.get("type") in ("submit", "button", "reset") else set())
        if (tag, given.get("name")) == ("meta", "description"):
            spoken = spoken | {"content"}
        for name, value in attrs:
            if name in spoken and not exempt:
                self._hear(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _ in self._exempt]
        if tag in names:  # branches of an {% if %} may open twice what is closed once
            del self._exempt[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self._inside_exempt():
            self._hear(data)

    def _inside_exempt(self) -> bool:
        return bool(self._exempt) and self._exempt[-1][1]

    def _hear(self, words: str) -> None:
        if any(letter.isalpha() for letter in words):
            line = self.getpos()[0] + words[: len(words) - len(words.lstrip())].count("\n")
            self.found.append((line, " ".join(words.replace(VALUE, "…").split())))


def raw_words(source: str) -> list[tuple[int, str]]:
    """The words of one template that nobody can translate, each with its line."""
    reader = _Reader()
    reader.feed("".join(_page(source)))
    reader.close()
    return sorted({*reader.found, *_quoted(environment.parse(source))})


def _page(source: str) -> Iterator[str]:
    """The HTML of a template, line for line: statements and translated blocks gone, expressions replaced."""
    translated = printing = False
    for _, kind, value in environment.lexer.tokeniter(source, "template"):
        lines = "\n" * value.count("\n")
        if kind == "data" and not translated:
            yield value
            continue
        if kind == "variable_begin":
            printing = True
            yield VALUE
        if kind == "name" and value in ("trans", "endtrans") and not printing:
            translated = value == "trans"
        if kind == "variable_end":
            printing = False
        yield lines


def _quoted(node: nodes.Node) -> Iterator[tuple[int, str]]:
    """Strings in expressions that look like sentences and are not given to a translating function."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in TRANSLATING:
        return
    if isinstance(node, nodes.Compare | nodes.Getitem | nodes.Test | nodes.Include | nodes.Extends | nodes.Import):
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str) and SENTENCE.fullmatch(node.value):
        yield node.lineno, node.value
    for child in node.iter_child_nodes():
        yield from _quoted(child)


def words_nobody_can_translate(root: Path) -> list[str]:
    """The same for every template of the house."""
    templates = root / "webadmin/templates"
    found = []
    for path in sorted(templates.rglob("*")):
        if path.suffix in (".html", ".jinja", ".j2", ".txt"):
            name = path.relative_to(root)
            found += [f"{name}:{line} {words!r}" for line, words in raw_words(path.read_text())]
    return found


def test_every_sentence_in_a_template_can_be_translated(root: Path) -> None:
    assert not (told := words_nobody_can_translate(root)), "\n".join(told)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello</p>", "Hello"),
        ("<p>Hello {{ name }}!</p>", "Hello …!"),
        ("{% trans %}Good{% endtrans %}<b>Bad</b>", "Bad"),
        ("{% block title %}Inbox{% endblock %}", "Inbox"),
        ('<a title="Go back" href="/">{{ icon }}</a>', "Go back"),
        ('<input placeholder="Search">', "Search"),
        ('<button aria-label="Close {{ name }}">×</button>', "Close …"),
        ('<input type="submit" value="Send">', "Send"),
        ('<img alt="Signal" src="/x.svg">', "Signal"),
        ("{{ 'Not found' if missing else '' }}", "Not found"),
        ("{{ field('Your name', value) }}", "Your name"),
        ("{% set heading = 'Messages' %}", "Messages"),
        ("<p>سلام</p>", "سلام"),
        ("<code>x</code> seconds", "seconds"),
    ],
)
def test_words_that_nobody_can_translate_are_told(source: str, words: str) -> None:
    assert [found for _, found in raw_words(source)] == [words]


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ _('Hello') }} {{ name }}: {{ ngettext('%(num)s part', '%(num)s parts', n) }}</p>",
        "{% trans count=n %}One message{% pluralize %}{{ count }} messages{% endtrans %}",
        '<a title="{{ _(\'Go back\') }}" href="/inbox" class="big blue">→ 1 / 2</a>',
        '<p><span translate="no">smsgw</span> · <code>make demo</code></p>',
        "<script nonce='{{ nonce }}'>let here = 'Some words';</script><style>p { color: red }</style>",
        "<input type='text' name='Number' value='{{ number }}'><!-- A remark --> {# another one #}",
        "<td {% if x %}class='good'{% else %}class='bad'{% endif %}>{{ url_for('pages.inbox') }}</td>",
        "{% if state == 'Delivered' %}✓{% endif %}{{ at | date('%d.%m.%Y') }}&nbsp;&amp;",
        "{% extends 'Page.html' %}{% block main %}{% endblock %}",
    ],
)
def test_what_can_be_translated_or_is_no_sentence_is_allowed(source: str) -> None:
    assert raw_words(source) == []


def test_the_line_of_the_words_is_told(tree: Callable[[dict[str, str]], Path]) -> None:
    page = "{% trans %}\nGood\n{% endtrans %}\n<p>\n  Bad\n</p>\n{# a\nremark #}\n<p title='Worse'></p>\n"
    root = tree({"webadmin/templates/inbox/list.html": page})
    assert words_nobody_can_translate(root) == [
        "webadmin/templates/inbox/list.html:5 'Bad'",
        "webadmin/templates/inbox/list.html:9 'Worse'",
    ]
