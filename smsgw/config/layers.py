"""What lies over the file: environment variables, and the files that hold secrets.

The surprise: nothing here knows which keys are right. What is not goes into the draft like the rest, so that
the models find every mistake in one pass, and the draft remembers where each value came from.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from smsgw.config.links import did_you_mean
from smsgw.config.sections import Config
from smsgw.config.shape import Place, below, field_at, fields_of, inner_model, is_list, is_secret
from smsgw.config.toml import Lines


@dataclass
class Draft:
    """A configuration on its way to its fields: values, where they came from, what is wrong or unwise."""

    path: Path
    tree: dict[str, Any]
    lines: Lines
    sources: dict[Place, str] = field(default_factory=dict)  # of the values that do not stand in the file themselves
    settled: set[Place] = field(default_factory=set)  # what is wrong with these has been told
    warnings: list[str] = field(default_factory=list)
    _mistakes: list[tuple[int, str]] = field(default_factory=list)

    def where(self, place: Place) -> str:
        """`smsgw.toml:12`, or `environment variable SMSGW_…`."""
        if place not in self.lines:  # it, or something in it, may come from elsewhere
            for other, source in self.sources.items():
                if other[: len(place)] == place:
                    return source
        line = self.lines.find(place)
        return self.sources.get(place) or (f"{self.path}:{line}" if line else str(self.path))

    def warn_if_open(self, secret: Path, place: Place) -> None:
        """Note that everybody on this host can read a file with a secret in it."""
        if secret.stat().st_mode & 0o004:
            key = spelled(place)
            self.warnings.append(f"{self.where(place)}: {key}: everybody can read {secret}: chmod o-r {secret}")

    def mistake(self, place: Place, says: str, where: str | None = None) -> None:
        """Note what is wrong at a place. where: if it does not come from where the place stands."""
        key = f"{spelled(place)}: " if place else ""
        self._mistakes.append((self.lines.find(place) or 0, f"{where or self.where(place)}: {key}{says}"))

    def mistakes(self) -> list[str]:
        """Every mistake that was noted, by line."""
        return [says for _, says in sorted(self._mistakes, key=lambda noted: noted[0])]


def spelled(place: Place) -> str:
    """`links[0].port`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


def apply_environment(draft: Draft, environ: Mapping[str, str]) -> None:
    """Put `SMSGW_SECTION__KEY` over what the file says; an empty variable says nothing.

    Only names with two underscores in a row are read: SMSGW_CONFIG and the like belong to the command line.
    """
    for name, value in sorted(environ.items()):
        steps = name.removeprefix("SMSGW_").lower().split("__")
        if not name.startswith("SMSGW_") or len(steps) < 2 or not value:
            continue
        where = f"environment variable {name}"
        if steps[0] == "links":
            place = _link_place(draft, steps, where)
        else:
            place = tuple(steps)
        if place:
            _put(draft, place, value, where)


def _link_place(draft: Draft, steps: list[str], where: str) -> Place:
    """The place of a key of the link that is named; a mistake, and no place, if there is no such link."""
    links = draft.tree.get("links")
    names = [_as_variable(below(link, "name")) for link in links] if isinstance(links, list) else []
    if len(steps) > 2 and steps[1] in names:
        return ("links", names.index(steps[1]), *steps[2:])
    if len(steps) < 3:
        draft.mistake((), "must be SMSGW_LINKS__NAME__KEY", where)
    else:
        known = sorted(set(names) - {""})
        there = f"there are: {', '.join(known)}" if known else "there is none"
        draft.mistake((), f"no link has this name{did_you_mean(steps[1], known)} ({there})", where)
    return ()


def _as_variable(name: object) -> str:
    return name.lower().replace("-", "_") if isinstance(name, str) else ""


def _put(draft: Draft, place: Place, value: str, where: str) -> None:
    table: Any = draft.tree
    for step in place[:-1]:
        table = table.setdefault(step, {}) if isinstance(table, dict) else below(table, step)
    if not isinstance(table, dict):
        return  # it should be a table: that mistake is told instead
    key = str(place[-1])
    try:
        table[key] = _value(draft, place, value)
    except tomllib.TOMLDecodeError:
        draft.mistake(place, 'must be a list: one,two or ["one", "two"]', where)
        return
    draft.sources[place] = where
    # A secret that the file gives in one way and the environment in the other is not given twice: this one
    # wins.
    name = key.removesuffix("_file")
    if is_secret(field_at(Config, draft.tree, (*place[:-1], name))):
        table.pop(name if name != key else f"{key}_file", None)


def _value(draft: Draft, place: Place, value: str) -> Any:
    expected = field_at(Config, draft.tree, place)
    if expected is None or not is_list(expected):
        return value
    if value.lstrip().startswith("["):
        return tomllib.loads(f"list = {value}")["list"]
    return [each.strip() for each in value.split(",") if each.strip()]


def read_secrets(draft: Draft, credentials: str | None) -> None:
    """Put what the files of secrets hold where the secrets are expected.

    credentials: the folder in which systemd puts them ($CREDENTIALS_DIRECTORY), looked into first for plain
    names.
    """
    for table, model, place in list(_tables(draft.tree, Config, ())):
        fields = fields_of(model, table)
        for key in list(table):
            name = key.removesuffix("_file")
            if name != key and key not in fields and is_secret(fields.get(name)):
                _read_one(draft, table, name, (*place, name), credentials)
            elif is_secret(fields.get(key)) and table[key] and (*place, key) not in draft.sources:
                draft.warn_if_open(draft.path, (*place, key))


def _tables(tree: Any, model: type[BaseModel], place: Place) -> Iterator[tuple[Any, type[BaseModel], Place]]:
    """Every table of the file that a model describes, outermost first."""
    if isinstance(tree, list):
        for i, each in enumerate(tree):
            yield from _tables(each, model, (*place, i))
    elif isinstance(tree, dict):
        yield tree, model, place
        for key, expected in fields_of(model, tree).items():
            if inner := inner_model(expected):
                yield from _tables(tree.get(key), inner, (*place, key))


def _read_one(draft: Draft, table: dict[str, Any], name: str, place: Place, credentials: str | None) -> None:
    """Replace `x_file` in a table by `x`."""
    told_at: Place = (*place[:-1], f"{name}_file")
    file = table.pop(f"{name}_file")
    if name in table:
        draft.mistake(told_at, f"{name} is given too: keep one of the two")
        return
    try:
        table[name], path = _secret(draft.path.parent, file, credentials)
    except ValueError as wrong:
        draft.mistake(told_at, str(wrong))
        draft.settled.add(place)
        return
    draft.warn_if_open(path, told_at)
    draft.sources[place] = f"{draft.where(told_at)}, read from {path}"


def _secret(folder: Path, file: object, credentials: str | None) -> tuple[str, Path]:
    """The secret without the end of its line, and where it was. Raises ValueError."""
    if not isinstance(file, str) or not file:
        raise ValueError("must be the name of a file, in quotes")
    path = folder / Path(file).expanduser()
    if credentials:  # of a folder given as LoadCredential=credentials:/…, the file x is handed over as credentials_x
        handed = (Path(credentials) / name for name in (file, file.replace("/", "_")))
        path = next((one for one in handed if one.is_file()), path)
    try:
        text = path.read_bytes().decode().rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8") from error
    if not text.strip():
        raise ValueError(f"{path} is empty")
    return text, path
