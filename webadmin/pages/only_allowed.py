"""Draw only what the reader may do: a form or a way to a view that their role does not have is left out of the page.

Templates say nothing of this. When one is read in, each form whose action, and each link whose target, is written as
`url_for('pages.…')` is put behind the question whether the reader may use that view (`permits.may_open`). A link around
data, such as a name, leaves its words behind; one that is a mere "New template" goes with them.
"""

from __future__ import annotations

import re

from jinja2.ext import Extension

from .permits import EVERYBODY, need_of

_FORM = re.compile(
    r"(?:(?P<heading><h2\b[^>]*>[^<]*</h2>\s*)|(?P<fold><details\b[^>]*>\s*<summary>[^<]*</summary>\s*))?"
    r"(?P<form><form\b[^>]*?action=\"\{\{ url_for\('(?P<endpoint>pages\.\w+)'.*?</form>)"
    r"(?(fold)(?P<end>\s*</details>)?)(?P<last>(?=\s*(?:<h2\b|\{%-? endblock|</section>)))?",
    re.DOTALL,
)
_INSIDE = r"(?:[^>{]|\{\{.*?\}\}|\{%.*?%\}|\}\})*"  # of a tag, whatever templates write there
_LINK = re.compile(rf"(<a\b{_INSIDE}?href=\"\{{\{{ url_for\('(pages\.\w+)'{_INSIDE}>)(.*?)(</a>)")
_WORDS_ONLY = re.compile(r"\s*\{\{\s*_\((\"[^\"]*\"|'[^']*')\)\s*\}\}\s*")
_OPENS, _CLOSES = re.compile(r"\{%-?\s*(?:if|for|call|macro|block)\b"), re.compile(r"\{%-?\s*end")


class OnlyAllowed(Extension):
    """The Jinja extension that does it; it leaves the lines of a template where they are."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template, with its forms and links behind the question."""
        return _LINK.sub(_link, _FORM.sub(_form, source))


def _form(found: re.Match[str]) -> str:
    """A heading goes with the form that is all there is under it, and so does what folds nothing but the form."""
    form, endpoint = found["form"], found["endpoint"]
    if need_of(endpoint) == EVERYBODY or len(_OPENS.findall(form)) != len(_CLOSES.findall(form)):
        return found[0]
    ask = f"{{% if may_open('{endpoint}') %}}"
    if (found["heading"] and found["last"] is not None) or (found["fold"] and found["end"]):
        return f"{ask}{found[0]}{{% endif %}}"
    before, after = found["heading"] or found["fold"] or "", found["end"] or ""
    return f"{before}{ask}{form}{{% endif %}}{after}"


def _link(found: re.Match[str]) -> str:
    start, endpoint, words, end = found.groups()
    if need_of(endpoint) == EVERYBODY:
        return found[0]
    ask = f"{{% if may_open('{endpoint}') %}}"
    if _WORDS_ONLY.fullmatch(words):
        return f"{ask}{found[0]}{{% endif %}}"
    return f"{ask}{start}{{% endif %}}{words}{ask}{end}{{% endif %}}"
