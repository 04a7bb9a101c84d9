"""The manual is made of the fields, so it cannot be wrong: the example loads, and names every key."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

import pytest

from smsgw.config import Config, Loaded, driver_config, example, kinds, reference_markdown
from smsgw.config.shape import inner_model

Read = Callable[..., Loaded]


def switched_on() -> str:
    """The example with every setting in it switched on."""
    return re.sub(r"(?m)^#(?=[^ \n])", "", example())


def test_the_example_loads_as_it_is_and_means_the_defaults(read: Read) -> None:
    assert read(example()).config == Config()


def test_the_example_loads_with_every_setting_switched_on(read: Read) -> None:
    config = read(switched_on()).config
    assert [link.kind for link in config.links] == kinds()
    assert config.links[0].rate == 100.0
    assert config.sending.region == "SI"


def test_the_example_and_the_reference_name_every_key() -> None:
    sections = {name: inner_model(field) for name, field in Config.model_fields.items()}
    fields = [field for model in sections.values() if model for field in model.model_fields.values()]
    below = [inner for field in fields if (inner := inner_model(field)) is not None]
    assert {model.__name__ for model in below} >= {"SmppListenConfig"}
    for model in [*filter(None, sections.values()), *below, *map(driver_config, kinds())]:
        for key, field in model.model_fields.items():
            if key == "driver" or inner_model(field):  # tables of their own
                continue
            assert re.search(rf"(?m)^#(\(| \()?{key} (= |is not set)", example()), key
            assert f"| `{key}` | " in reference_markdown(), key


def test_what_is_switched_on_in_the_example_is_what_the_example_shows() -> None:
    shown = tomllib.loads(switched_on())
    assert shown["web"]["listen"] == Config().web.listen
    assert shown["sending"]["queue_bound"] == Config().sending.queue_bound


@pytest.mark.parametrize(
    "row",
    [
        "| `threads` | whole number, at least 1, at most 256 | `8` | How many requests",
        '| `synchronous` | `"FULL"` or `"NORMAL"` | `"FULL"` | When SQLite',
        "| `password` | secret text |  | The password of the PostgreSQL user",
        "| `state_dir` | path |  | The folder",
        "| `name` | text | **required** | What this link",
        "| `rate` | number, more than 0, at most 1e+06 |  | How many parts",
        "| `prefixes` | list of text | `[]` | Which numbers",
        "| `stop_words` | true or false | `true` | Whether STOP",
    ],
)
def test_the_reference_tells_type_bounds_default_and_meaning(row: str) -> None:
    assert row in reference_markdown()


def test_the_reference_has_a_chapter_for_every_table_and_every_kind() -> None:
    for kind in kinds():
        assert f'## `[[links]]` with `kind = "{kind}"`' in reference_markdown()
    assert "## `[[links]]`\n" in reference_markdown()
    assert "## `[store]`\n" in reference_markdown()
