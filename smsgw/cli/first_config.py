"""The configuration that `smsgw init` writes: short, with what was chosen, and where the rest is explained."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smsgw.cli import demo
from smsgw.config.toml import as_toml

SECRET_FILE = "carrier.password"  # beside the configuration
SERIAL = Path("/dev/serial/by-id")


@dataclass
class Chosen:
    """What somebody chose. link: "simulated", "modem" or "smpp"; tape: of simulated phones, None for no phones."""

    link: str
    region: str | None
    listen: str
    tape: Path | None
    device: str = ""
    host: str = ""
    port: int = 2775
    system_id: str = ""
    password: str = ""


def modems(folder: Path = SERIAL) -> list[Path]:
    """The serial ports that have a name which outlasts replugging."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def written(chosen: Chosen, path: Path, store: Path) -> str:
    """The text of smsgw.toml at `path`, with the database at `store`."""
    blocks = [_head(chosen, path, store)]
    if chosen.link == "modem":
        blocks.append(_table("stick", "modem", device=chosen.device))
    if chosen.link == "smpp":
        keys: dict[str, object] = {"host": chosen.host, "port": chosen.port, "system_id": chosen.system_id}
        blocks.append(_table("carrier", "smpp", **keys, **({"password_file": SECRET_FILE} if chosen.password else {})))
    if chosen.tape is not None:
        phones: dict[str, object] = {"number": demo.NUMBER, "handsets": list(demo.PHONES), "tape": str(chosen.tape)}
        if chosen.link != "simulated":  # everybody else is reached over the real link
            phones["prefixes"] = list(demo.PHONES)
        blocks.append(_table("phones", "fake", **phones))
    return "\n\n".join(blocks) + "\n"


def _head(chosen: Chosen, path: Path, store: Path) -> str:
    url = f"sqlite:///{store.name if store.parent == path.parent else store}"
    region = f"region = {as_toml(chosen.region)}" if chosen.region else '#region = "SI"'
    return f"""\
# How this gateway is set up; written by smsgw init. Every other setting, with its meaning: smsgw config
# After a change: smsgw config check {path}, then restart smsgw.

[store]
url = {as_toml(url)}

[web]
listen = {as_toml(chosen.listen)}

[sending]
{region}"""


def _table(name: str, kind: str, **keys: object) -> str:
    lines = [f"{key} = {as_toml(value)}" for key, value in {"name": name, "kind": kind, **keys}.items()]
    return "\n".join(["[[links]]", *lines])
