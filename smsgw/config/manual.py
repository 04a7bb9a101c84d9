"""The manual of the configuration, written by the fields themselves: a commented example, and a reference.

The surprise: the example's prose begins with `# ` and its settings with `#`, so taking a lone `#` away from a
line switches that setting on, and taking all of them away leaves a file that loads.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Set
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from smsgw.config.links import LinkConfig, driver_config, kinds
from smsgw.config.sections import Config
from smsgw.config.shape import inner_model, is_list, is_secret
from smsgw.config.toml import as_toml

_HEAD = """\
# smsgw.toml: how this gateway is set up.
#
# Settings that begin with # are switched off and show the default, or an example where there is no default.
# Everything may also be given in the environment: SMSGW_WEB__LISTEN is listen in [web], and
# SMSGW_LINKS__CARRIER__PASSWORD is password of the link named "carrier".
# A secret x may be given as x_file, the name of a file that holds it (seen from the folder of this file; the
# credentials of systemd are looked into first).
# After a change: smsgw config check FILE
"""
_LINKS = "# Each [[links]] is one connection to a network. There may be several of a kind, under different names."
_NAMES = {"smpp": "carrier", "modem": "stick", "fake": "phones"}  # what a first link of a kind may be called
_WORDS = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "true or false",
    "Path": "path",
    "SecretStr": "secret text",
}
_BOUNDS = ((Ge, "ge", "at least"), (Gt, "gt", "more than"), (Le, "le", "at most"), (Lt, "lt", "less than"))


def example() -> str:
    """A commented file with every key, its sentence and its default, and one link of each kind."""
    blocks = [_HEAD]
    for name, field in Config.model_fields.items():
        if not is_list(field) and (model := inner_model(field)):
            tables = _tables(model)
            blocks.append("\n".join([*_prose(_sentence(model)), f"[{name}]", *_settings(model, tables.keys())]))
            for key, inner in tables.items():
                blocks.append("\n".join([*_prose(_sentence(inner)), f"#[[{name}.{key}]]", *_settings(inner)]))
    blocks.append(_LINKS)
    for number, kind in enumerate(kinds()):
        blocks.append("\n".join(_link(kind, general=number == 0)))
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _tables(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The lists of tables that stand below a table, such as [[listen.smpp]]."""
    found = {key: inner_model(field) for key, field in model.model_fields.items() if is_list(field)}
    return {key: inner for key, inner in found.items() if inner is not None}


def _link(kind: str, *, general: bool) -> Iterator[str]:
    """The block of one kind. general: with the keys that every link takes, which need saying only once."""
    driver = driver_config(kind)
    yield from _prose(f"{kind}: {_sentence(driver)}")
    yield "#[[links]]"
    yield f"#name = {as_toml(_NAMES.get(kind, kind))}"
    yield f"#kind = {as_toml(kind)}"
    yield from _settings(driver, without=LinkConfig.model_fields.keys())
    if general:
        yield from _prose("What follows every kind of link takes.")
        yield from _settings(LinkConfig, without={"name", "kind", "driver"})


def _settings(model: type[BaseModel], without: Set[str] = frozenset()) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if key in without:
            continue
        yield from _prose(field.description or "", secret=f"{key}_file" if is_secret(field) else None)
        value = _example(field)
        yield f"#{key} = {as_toml(value)}" if value is not None else f"# ({key} is not set)"


def _prose(sentence: str, secret: str | None = None) -> Iterator[str]:
    if secret:
        sentence += f" Better kept in a file of its own: {secret}."
    return (f"# {line}" for line in textwrap.wrap(sentence, 100, break_long_words=False, break_on_hyphens=False))


def _example(field: FieldInfo) -> Any:
    """The default, or what the field gives as an example when there is none."""
    if (value := _default(field)) not in (None, PydanticUndefined):
        return value.get_secret_value() if isinstance(value, SecretStr) else value
    if field.examples:
        return field.examples[0]
    return "change-me" if field.is_required() else None


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _sentence(model: type[BaseModel]) -> str:
    """What a table is for: the first paragraph of its docstring."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def reference_markdown() -> str:
    """docs/configuration.md: every table and key with its type, default and meaning."""
    blocks = [_INTRODUCTION]
    for name, field in Config.model_fields.items():
        if model := inner_model(field):
            title = f"`[[{name}]]`" if is_list(field) else f"`[{name}]`"
            tables = _tables(model)
            blocks.append(_chapter(title, model, without={"driver", *tables}))
            blocks += [_chapter(f"`[[{name}.{key}]]`", inner) for key, inner in tables.items()]
    for kind in kinds():
        blocks.append(
            _chapter(f'`[[links]]` with `kind = "{kind}"`', driver_config(kind), LinkConfig.model_fields.keys())
        )
    blocks.append(f"## The whole file\n\n`smsgw config` prints it:\n\n```toml\n{example()}```")
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


_INTRODUCTION = """\
# Configuration

<!-- Written by the code: see smsgw/config/manual.py. -->

One TOML file. It is looked for at `$SMSGW_CONFIG`, else `./smsgw.toml`, `~/.config/smsgw/smsgw.toml` and
`/etc/smsgw/smsgw.toml`; `--config` names another. `smsgw config` prints a commented example, `smsgw config
check FILE` tells every mistake at once, `smsgw config show --origin` tells where each value came from.

Environment variables win over the file: `SMSGW_SECTION__KEY`, such as `SMSGW_WEB__LISTEN`, and for a link
`SMSGW_LINKS__NAME__KEY`, with the link's name in capitals and `_` for `-`. Lists are written with commas. An
empty variable says nothing.

A secret `x` may be given as `x_file`, the name of a file that holds it: in `$CREDENTIALS_DIRECTORY`
(systemd's `LoadCredential=`) or seen from the folder of the configuration file. Relative paths in `[store]`
are seen from there too.
"""


def _chapter(title: str, model: type[BaseModel], without: Set[str] = frozenset()) -> str:
    fields = {key: field for key, field in model.model_fields.items() if key not in without}
    cells = ([f"`{key}`", _type(f), _written_default(f), f.description or ""] for key, f in fields.items())
    rows = [f"| {' | '.join(map(_cell, row))} |" for row in cells]
    head = ["| key | type | default | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {title}", "", _sentence(model), "", *head, *rows])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _written_default(field: FieldInfo) -> str:
    value = _default(field)
    if value is PydanticUndefined:
        return "**required**"
    return "" if value is None else f"`{as_toml(value)}`"


def _type(field: FieldInfo) -> str:
    bounds = [
        f"{words} {getattr(limit, name):g}"
        for limit in field.metadata
        for sort, name, words in _BOUNDS
        if isinstance(limit, sort)
    ]
    return ", ".join([_type_words(field.annotation), *bounds])


def _type_words(annotation: Any) -> str:
    """An annotation for people: `list[str] | None` is "list of text"."""
    origin = get_origin(annotation)
    arguments = [each for each in get_args(annotation) if each is not type(None)]
    if origin is Literal:
        return " or ".join(f"`{as_toml(each)}`" for each in arguments)
    if origin in (list, tuple, set, frozenset):
        return f"list of {_type_words(arguments[0])}"
    if origin is Annotated:
        return _type_words(arguments[0])
    if origin is dict:
        return f"table from {_type_words(arguments[0])} to {_type_words(arguments[1])}"
    if arguments:
        return " or ".join(_type_words(each) for each in arguments)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " or ".join(f"`{as_toml(each)}`" for each in annotation)
    return _WORDS.get(annotation.__name__, "text")
