"""Compare two OpenAPI documents: what in the newer one would break a program that was written for the older one.

Run as a program it writes the document of today to `released_api.json`, as the one that was released.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

from flask import Flask

from webadmin import ROUTED, pages  # noqa: F401 - the import puts every route into the table
from webadmin.api import routes
from webadmin.api.description import document

FILE = Path(__file__).with_suffix(".json")
PROSE = {"description", "title", "summary", "examples", "example", "tags"}
VERBS = ("get", "post", "put", "patch", "delete")
BOUNDS = {"maxLength": -1, "maximum": -1, "maxItems": -1, "minLength": 1, "minimum": 1, "minItems": 1}
Said = Iterator[str]


def served() -> dict[str, Any]:
    """The document of today, made without a gateway."""
    app = Flask("probe")
    routes.install(app)
    return document(app)


def plain(told: Any, names: bool = False) -> Any:
    """The same without its prose. names: the keys here are names of somebody's, such as of fields."""
    if isinstance(told, dict):
        inner = ("properties", "schemas", "paths", "webhooks", "$defs")
        return {
            key: plain(value, key in inner and not names) for key, value in told.items() if names or key not in PROSE
        }
    return [plain(one) for one in told] if isinstance(told, list) else told


def version_allows(was: str, now: str) -> bool:
    """Whether a version says that something breaks (semver.org, 4 and 8)."""
    old, new = ([int(digits) for digits in re.findall(r"\d+", one)[:3]] for one in (was, now))
    return new[0] > old[0] or (old[0] == new[0] == 0 and new[1] > old[1])


def breaks(was: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What breaks, each in a sentence with its place."""
    return list(dict.fromkeys([*_paths(was, now), *_events(was, now)]))


def _paths(was: dict[str, Any], now: dict[str, Any]) -> Said:
    for path, verbs in was["paths"].items():
        for verb in VERBS:
            if verb not in verbs:
                continue
            name = f"{verb.upper()} {path}"
            if verb not in now["paths"].get(path, {}):
                yield f"{name} is gone"
            else:
                yield from _operation(name, verbs[verb], now["paths"][path][verb], Schemas(was, now))


def _events(was: dict[str, Any], now: dict[str, Any]) -> Said:
    for kind, told in was.get("webhooks", {}).items():
        if kind not in now.get("webhooks", {}):
            yield f"the event {kind} is gone"
            continue
        old, new = (one["post"]["requestBody"]["content"] for one in (told, now["webhooks"][kind]))
        yield from _contents(f"the event {kind}", old, new, Schemas(was, now), taken=False)


class Schemas:
    """Both documents' schemas, and which pairs were compared already."""

    def __init__(self, was: dict[str, Any], now: dict[str, Any]) -> None:
        self._was, self._now = (one["components"]["schemas"] for one in (was, now))
        self.seen: set[tuple[str, str, bool]] = set()

    def fresh(self) -> Schemas:
        """The same schemas, of which nothing was compared yet."""
        other = copy(self)
        other.seen = set()
        return other

    def pair(self, was: Any, now: Any) -> tuple[Any, Any]:
        """The schemas themselves, where references stand."""
        return self._at(self._was, was), self._at(self._now, now)

    @staticmethod
    def _at(schemas: dict[str, Any], told: Any) -> Any:
        while isinstance(told, dict) and "$ref" in told:
            told = schemas[told["$ref"].rpartition("/")[2]]
        return told


def _operation(name: str, was: dict[str, Any], now: dict[str, Any], schemas: Schemas) -> Said:
    if (now.get("security") or []) and now.get("security") != was.get("security"):
        yield f"{name} needs another scope: {now['security'][0]} instead of {(was.get('security') or ['none'])[0]}"
    old, new = ({(one["in"], one["name"]): one for one in told.get("parameters", [])} for told in (was, now))
    for key in old:
        if key not in new:
            yield f"{name}: the {key[0]} parameter {key[1]} is no longer taken"
        else:
            place = f"{name}: {key[1]}"
            yield from _compare(place, old[key].get("schema"), new[key].get("schema"), schemas, taken=True)
    for key, one in new.items():
        if one.get("required") and not old.get(key, {}).get("required"):
            yield f"{name}: the {key[0]} parameter {key[1]} is now required"
    old_body, new_body = (told.get("requestBody", {}).get("content", {}) for told in (was, now))
    if new_body and not old_body:
        yield f"{name} now needs a body"
    yield from _contents(name, old_body, new_body, schemas, taken=True)
    for status, told in was["responses"].items():
        if not status.startswith("2"):
            continue
        if status not in now["responses"]:
            yield f"{name} no longer answers {status}"
        else:
            place = f"{name}: {status}"
            old_said, new_said = (one.get("content", {}) for one in (told, now["responses"][status]))
            if _is_wider(old_body, new_body, schemas):
                new_said = _as_before(place, old_said, new_said, schemas)
            yield from _contents(place, old_said, new_said, schemas, taken=False)


def _is_wider(was: dict[str, Any], now: dict[str, Any], schemas: Schemas) -> bool:
    """Whether a body may be something else besides now: who sends that is no program of before."""
    pairs = [schemas.pair(told.get("schema"), now.get(media, {}).get("schema")) for media, told in was.items()]
    return any("anyOf" in new and "anyOf" not in old for old, new in pairs)


def _as_before(place: str, was: dict[str, Any], now: dict[str, Any], schemas: Schemas) -> dict[str, Any]:
    """What a program of before is answered: of several alternatives the one that it knows."""
    told = dict(now)
    for media, one in was.items():
        old, new = schemas.pair(one.get("schema"), now.get(media, {}).get("schema"))
        for known in new.get("anyOf", []) if "anyOf" not in old else []:
            apart = schemas.fresh()
            if not list(_compare(place, one.get("schema"), known, apart, taken=False)):
                told[media] = {"schema": known}
    return told


def _contents(name: str, was: dict[str, Any], now: dict[str, Any], schemas: Schemas, *, taken: bool) -> Said:
    for media, told in was.items():
        if media not in now:
            yield f"{name}: {media} is no longer {'taken' if taken else 'told'}"
        else:
            yield from _compare(name, told.get("schema"), now[media].get("schema"), schemas, taken=taken)


def _compare(place: str, was: Any, now: Any, schemas: Schemas, *, taken: bool) -> Said:
    """Two schemas. taken: of what we are sent, which may become wider; else of what we tell, which may become more."""
    if isinstance(was, dict) and isinstance(now, dict) and "$ref" in was and "$ref" in now:
        pair = (was["$ref"], now["$ref"], taken)
        if pair in schemas.seen:
            return
        schemas.seen.add(pair)
    was, now = schemas.pair(was, now)
    if not isinstance(was, dict) or not isinstance(now, dict):
        return
    if "anyOf" in was or "anyOf" in now:
        yield from _alternatives(place, was, now, schemas, taken=taken)
        return
    if was.get("type") != now.get("type") and not (taken and "type" not in now) and "type" in was:
        yield f"{place} is now {now.get('type', 'anything')}, not {was['type']}"
        return
    yield from _bounds(place, was, now, taken=taken)
    yield from _fields(place, was, now, schemas, taken=taken)
    for inner in ("items", "additionalProperties"):
        if isinstance(was.get(inner), dict) and isinstance(now.get(inner), dict):
            yield from _compare(f"{place}[]", was[inner], now[inner], schemas, taken=taken)
    if taken and was.get("additionalProperties") is not False and now.get("additionalProperties") is False:
        yield f"{place} no longer takes fields of your own"


def _alternatives(place: str, was: Any, now: Any, schemas: Schemas, *, taken: bool) -> Said:
    """Each alternative of what we take must still be there, and of what we tell there may be no other one."""
    old, new = was.get("anyOf", [was]), now.get("anyOf", [now])
    asked, among = (old, new) if taken else (new, old)
    for one in asked:
        found = [
            list(_compare(place, *((one, other) if taken else (other, one)), schemas, taken=taken)) for other in among
        ]
        if all(found):
            yield min(found, key=len)[0]


def _bounds(place: str, was: Any, now: Any, *, taken: bool) -> Said:
    choices, left = was.get("enum"), now.get("enum")
    if taken and left is not None:
        for gone in [one for one in choices or [] if one not in left]:
            yield f"{place} no longer takes {gone!r}"
        if choices is None:
            yield f"{place} now takes {left} alone"
    if not taken:
        return
    for bound, tighter in BOUNDS.items():
        if bound not in now:
            continue
        if bound not in was or (now[bound] - was[bound]) * tighter > 0:
            yield f"{place}: {bound} is now {now[bound]}, not {was.get(bound, 'free')}"
    if now.get("pattern") not in (None, was.get("pattern")):
        yield f"{place} must now look like {now['pattern']}"


def _fields(place: str, was: Any, now: Any, schemas: Schemas, *, taken: bool) -> Said:
    old, new = was.get("properties", {}), now.get("properties", {})
    for field, told in old.items():
        where = f"{place}: {field}"
        if field not in new:
            if not taken or now.get("additionalProperties") is False or "additionalProperties" not in now:
                yield f"{where} is no longer {'taken' if taken else 'told'}"
        else:
            yield from _compare(where, told, new[field], schemas, taken=taken)
    required, needed = set(was.get("required", [])), set(now.get("required", []))
    for field in sorted(needed - required) if taken else ():
        yield f"{place}: {field} is now required"
    for field in sorted((required - needed) & set(new)) if not taken else ():
        yield f"{place}: {field} may now be missing"


def written(told: Any, depth: int = 0) -> str:
    """As JSON with a line for each path, event and schema, so that a difference can be read."""
    if depth == 3 or not isinstance(told, dict):
        return json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    inner = ",\n".join(f"{json.dumps(key)}:{written(told[key], depth + 1)}" for key in sorted(told))
    return f"{{\n{inner}\n}}"


if __name__ == "__main__":
    FILE.write_text(written(plain(served())) + "\n")
