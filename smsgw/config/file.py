"""Read the configuration, from the file and what lies over it, and tell all mistakes at once.

Later wins: default, file, environment. `SMSGW_WEB__LISTEN` is `listen` in `[web]`;
`SMSGW_LINKS__CARRIER__PASSWORD` is `password` of the link named carrier. A secret `x` may be given as
`x_file`, the name of a file that holds it.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from smsgw.config.layers import Draft, apply_environment, read_secrets, spelled
from smsgw.config.links import LinkConfig
from smsgw.config.mistakes import mistakes
from smsgw.config.sections import NAME_CLASH, Config, name_clashes
from smsgw.config.shape import Place, below
from smsgw.config.toml import Lines, as_toml
from smsgw.errors import BadConfig

log = logging.getLogger(__name__)

TO_WRITE_ONE = "To write one, run: smsgw init"


@dataclass(frozen=True, slots=True)
class Origin:
    """A value, as TOML with secrets hidden, and where it came from. key: as `links[0].port`. waits: what stands there
    by now, and is taken over by a restart."""

    key: str
    value: str
    source: str
    waits: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read, from which file, each value with its origin, and what is allowed but unwise."""

    config: Config
    path: Path
    origins: list[Origin]
    warnings: list[str]


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration in `path` (or in the first of `places` that exists) with the environment over it.

    Logs what is unwise. Raises BadConfig with every mistake, each as
    `smsgw.toml:12: links[0].prot: unknown key; did you mean "port"?`.
    """
    loaded = load_with_origins(path, environ)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    return loaded.config


def load_with_origins(path: Path | None, environ: Mapping[str, str]) -> Loaded:
    """As `load`, with all that `smsgw config show --origin` and `smsgw config check` tell; logs nothing."""
    path = path or find(environ)
    draft = Draft(path, *_read(path))
    apply_environment(draft, environ)
    read_secrets(draft, environ.get("CREDENTIALS_DIRECTORY"))
    config = _validated(draft)
    if not any(link.enabled for link in config.links):
        draft.warnings.append(f"{path}: no [[links]] is enabled: nothing can be sent or received")
    return Loaded(config, path, list(_origins(draft, config, ())), draft.warnings)


def in_force(config: Config) -> list[Origin]:
    """Every value of a configuration that was not read from a file, secrets hidden, without an origin."""
    return [Origin(one.key, one.value, "") for one in _origins(Draft(Path(), {}, Lines("")), config, ())]


def places(environ: Mapping[str, str]) -> list[Path]:
    """Where the file is looked for when nobody names it: $SMSGW_CONFIG alone, or here, at home, in /etc."""
    if named := environ.get("SMSGW_CONFIG"):
        return [Path(named)]  # if it is missing, that is a mistake, not a reason to take another
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config")
    return [Path("smsgw.toml"), home / "smsgw" / "smsgw.toml", Path("/etc/smsgw/smsgw.toml")]


def find(environ: Mapping[str, str]) -> Path:
    """The first of `places` that exists. Raises BadConfig when none does."""
    looked = places(environ)
    for path in looked:
        if os.path.lexists(path):
            return path
    raise BadConfig([f"no configuration file at {', '.join(map(str, looked))}"], hint=TO_WRITE_ONE)


def _read(path: Path) -> tuple[dict[str, Any], Lines]:
    try:
        text = path.read_bytes().decode().removeprefix("\ufeff")
    except OSError as error:
        hint = TO_WRITE_ONE if isinstance(error, FileNotFoundError) else None
        raise BadConfig([f"{path}: cannot be read: {error.strerror}"], hint=hint) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise BadConfig([f"{path}:{line}: is not in UTF-8: save the file in that encoding"]) from error
    try:
        return tomllib.loads(text), Lines(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig([f"{path}:{_syntax(error, text)}"], hint="How TOML is written: https://toml.io") from error


def _syntax(error: tomllib.TOMLDecodeError, text: str) -> str:
    """Line, column and what is wrong, out of the library's own sentence."""
    says, _, at = str(error).rpartition(" (at ")
    found = re.fullmatch(r"line ([0-9]+), column ([0-9]+)\)", at)
    line, column = found.groups() if found else (text.rstrip().count("\n") + 1, "last")
    return f"{line}: not TOML (column {column}): {says}"


def _validated(draft: Draft) -> Config:
    """The draft as fields. Raises BadConfig with every mistake that was found in it so far, and now."""
    links = draft.tree.get("links")
    names = [below(link, "name") for link in links] if isinstance(links, list) else []
    for i in name_clashes(names):
        if names[i] is not None:  # told here: the models look at it only when nothing else is wrong
            draft.mistake(("links", i, "name"), NAME_CLASH)
            draft.settled.add(("links", i, "name"))
    config = None
    try:
        config = Config.model_validate(draft.tree, context={"folder": draft.path.parent.absolute()})
    except ValidationError as wrong:
        for place, says in mistakes(wrong, draft.tree):
            if place not in draft.settled:
                draft.mistake(place, says)
                draft.settled.add(place)  # a key that link and driver share is wrong only once
    if config is None or draft.mistakes():
        raise BadConfig(draft.mistakes(), hint="Every key with its meaning: smsgw config")
    return config


def _origins(draft: Draft, model: BaseModel, place: Place) -> Iterator[Origin]:
    for key in type(model).model_fields:
        if place[:1] == ("links",) and key in LinkConfig.model_fields and not isinstance(model, LinkConfig):
            continue  # a key that the driver shares with its link
        value, here = getattr(model, key), (*place, key)
        if isinstance(model, LinkConfig) and key == "driver":
            yield from _origins(draft, value, place)
        elif isinstance(value, BaseModel):
            yield from _origins(draft, value, here)
        elif isinstance(value, list) and any(isinstance(each, BaseModel) for each in value):
            for i, each in enumerate(value):
                yield from _origins(draft, each, (*here, i))
        else:
            yield Origin(spelled(here), _shown(value), _source(draft, here))


def _shown(value: object) -> str:
    """The value as TOML; secrets, and passwords in a url, as asterisks."""
    if value is None:
        return "–"
    return re.sub(r"(://[^/@\s:]*:)[^@\s]*@", r"\1***@", as_toml(value))


def _source(draft: Draft, place: Place) -> str:
    tree: Any = draft.tree
    for step in place:
        if (tree := below(tree, step)) is None:
            return "default"
    return draft.where(place)
