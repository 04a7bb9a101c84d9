"""README's tree of the house says of each room what the room says of itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

PACKAGES = ("smsgw", "drivers", "schedules", "webadmin")


def rooms(root: Path) -> dict[str, str]:
    """Each room, a package or a package in it, with the first line of its docstring."""
    inits = [root / package / "__init__.py" for package in PACKAGES]
    inits += [path for package in PACKAGES for path in sorted((root / package).glob("*/__init__.py"))]
    return {
        f"{path.parent.relative_to(root)}/": (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n")[0]
        for path in inits
    }


def told_rooms(root: Path) -> dict[str, str]:
    """The rooms in README: lines such as `  store/   Rows.`, indented under their package, in a fenced block."""
    found = {}
    package = ""
    for block in re.findall(r"(?ms)^```\w*\n(.*?)^```", (root / "README.md").read_text()):
        for indent, name, words in re.findall(r"(?m)^( *)([a-z0-9_]+/) +(\S.*)$", block):
            package = package if indent else name
            found[package + name if indent else name] = words
    return found


def differences(root: Path) -> list[str]:
    """What README must change, in sentences."""
    real, told = rooms(root), told_rooms(root)
    wrong = [f"README must say: {room} {words}" for room, words in real.items() if told.get(room) != words]
    return wrong + [f"README tells of {room}, which does not exist" for room in told if room not in real]


def test_readme_tells_of_every_room_in_its_own_words(root: Path) -> None:
    assert not (told := differences(root)), "\n".join(told)


def test_a_room_that_readme_forgot_or_tells_wrongly_is_told(tree: Callable[[dict[str, str]], Path]) -> None:
    files = {f"{package}/__init__.py": f'"""The {package}."""\n' for package in PACKAGES}
    lines = [f"{package}/    The {package}." for package in PACKAGES]
    lines[1:1] = ["  store/  Rows.", "  attic/  Old things."]
    readme = "# House\n\n```sh\nmake demo\n```\n\n```\n" + "\n".join(lines) + "\n```\n"
    root = tree(files | {"smsgw/store/__init__.py": '"""Rows."""', "README.md": readme})
    assert differences(root) == ["README tells of smsgw/attic/, which does not exist"]
    tree({"smsgw/store/__init__.py": '"""Rows and columns.\n\nMore."""', "smsgw/attic/__init__.py": ""})
    assert differences(root) == [
        "README must say: smsgw/attic/ ",
        "README must say: smsgw/store/ Rows and columns.",
    ]
