"""Every Python file says its duty in its first line, stays small, and has a name of the field's own."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

PACKAGES = ("smsgw", "drivers", "schedules", "webadmin")
PLACES = (*PACKAGES, "tests", "benchmarks", "docs", "systemd", ".ci")
LINES_IN_A_FILE = 400  # fewer than
LINES_IN_A_FUNCTION = 60  # fewer than
SAY_NOTHING = re.compile(
    r"utils?|helpers?|common|base|managers?|services?|handlers?|processors?|engines?|models?|views?|apps?|misc"
)

Tree = Callable[[dict[str, str]], Path]
Functions = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(root: Path, places: tuple[str, ...] = PLACES) -> Iterator[tuple[str, Path]]:
    """Every Python file of ours, with its name from the root; what npm brought is not ours."""
    for place in places:
        for path in sorted((root / place).rglob("*.py")):
            if "node_modules" not in path.parts:
                yield str(path.relative_to(root)), path


def files_without_duty(root: Path) -> list[str]:
    """Files whose first line is not a docstring that begins with one whole sentence."""
    found = []
    for name, path in python_files(root):
        source = path.read_text()
        words = source.removeprefix('"""').split("\n", 1)[0]
        if not source.startswith('"""') or not words.rstrip('"”)').endswith("."):
            found.append(f"{name}: its first line must be a docstring: the file's duty, one sentence, one line")
    return found


def _made_by_alembic(name: str) -> bool:
    return name.startswith("smsgw/store/migrations/versions/")


def things_too_long(root: Path) -> list[str]:
    """Files and functions over the bound. Migrations are written once and never read again: no bound."""
    found = []
    for name, path in python_files(root):
        if _made_by_alembic(name):
            continue
        source = path.read_text()
        if (lines := len(source.splitlines())) >= LINES_IN_A_FILE:
            found.append(f"{name} has {lines} lines: split it by subject, under {LINES_IN_A_FILE} each")
        for node in _statements(ast.parse(source)):
            if isinstance(node, Functions) and (lines := _length(node)) >= LINES_IN_A_FUNCTION:
                found.append(f"{name}:{node.lineno} {node.name} has {lines} lines, not < {LINES_IN_A_FUNCTION}")
    return found


def _statements(within: ast.AST) -> Iterator[ast.stmt]:
    """Those within, also within each other; expressions, of which there are millions, hold none."""
    for node in ast.iter_child_nodes(within):
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, ast.stmt | ast.excepthandler | ast.match_case):
            yield from _statements(node)


def _length(function: Functions) -> int:
    assert function.end_lineno is not None
    return function.end_lineno - function.lineno + 1


def public_things_without_words(root: Path) -> list[str]:
    """Public functions and classes of the four packages without a docstring."""
    found = []
    for name, path in python_files(root, PACKAGES):
        if _made_by_alembic(name) or any(part.startswith("_") for part in name.split("/")[:-1]):
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, Functions | ast.ClassDef) and not node.name.startswith("_"):
                words = ast.get_docstring(node)
                if not words:
                    found.append(f"{name}:{node.lineno} {node.name} is public and has no docstring")
    return found


def names_that_say_nothing(root: Path) -> list[str]:
    """Files and folders named after no subject."""
    found = []
    for name, path in python_files(root):
        for part in path.relative_to(root).with_suffix("").parts:
            if SAY_NOTHING.fullmatch(part.lstrip("_").removeprefix("test_")):
                found.append(f"{name}: {part!r} names no subject; what is in it?")
    return found


def packages_under_tests(root: Path) -> list[str]:
    """__init__.py files under tests: pytest imports by path, and two folders may have the same name."""
    return [f"{name}: remove it" for name, path in python_files(root, ("tests",)) if path.name == "__init__.py"]


def test_every_file_says_its_duty(root: Path) -> None:
    assert not (told := files_without_duty(root)), "\n".join(told)


def test_a_file_without_a_sentence_at_its_head_is_told(tree: Tree) -> None:
    root = tree(
        {
            "smsgw/good.py": '"""Reads numbers."""\n',
            "smsgw/empty.py": "",
            "drivers/late.py": '# a comment first\n"""Reads numbers."""\n',
            "tests/no_sentence.py": '"""Numbers"""\n',
            "webadmin/two_lines.py": '"""Reads numbers and\nwrites them."""\n',
            "tests/peers/node_modules/theirs.py": "",
        }
    )
    told = [words.split(":")[0] for words in files_without_duty(root)]
    assert told == ["smsgw/empty.py", "drivers/late.py", "webadmin/two_lines.py", "tests/no_sentence.py"]


def test_every_file_and_function_is_small(root: Path) -> None:
    assert not (told := things_too_long(root)), "\n".join(told)


def test_a_long_file_and_a_long_function_are_told(tree: Tree) -> None:
    def function(lines: int) -> str:
        return "def f():\n" + "    x = 1\n" * (lines - 1)

    root = tree(
        {
            "smsgw/file_399.py": "x = 1\n" * 399,
            "smsgw/file_400.py": "x = 1\n" * 400,
            "tests/function_59.py": function(59),
            "tests/function_60.py": "class C:\n    " + function(60).replace("\n", "\n    ").rstrip(" "),
            "smsgw/store/migrations/versions/0001_long.py": function(500),
        }
    )
    assert [words.split(" has")[0] for words in things_too_long(root)] == [
        "smsgw/file_400.py",
        "tests/function_60.py:2 f",
    ]


def test_every_public_function_and_class_has_words(root: Path) -> None:
    assert not (told := public_things_without_words(root)), "\n".join(told)


def test_a_public_function_without_words_is_told(tree: Tree) -> None:
    root = tree(
        {
            "smsgw/a.py": "def f(): pass\n\ndef _g(): pass\n\ndef h():\n    '''Says.'''\n",
            "webadmin/b.py": "class Page: pass\n\nasync def run(): pass\n",
            "tests/c.py": "def test_that_it_is_so(): pass\n",
        }
    )
    told = [words.split(" is")[0] for words in public_things_without_words(root)]
    assert told == ["smsgw/a.py:1 f", "webadmin/b.py:1 Page", "webadmin/b.py:3 run"]


def test_every_file_is_named_after_its_subject(root: Path) -> None:
    assert not (told := names_that_say_nothing(root)), "\n".join(told)


def test_a_name_that_says_nothing_is_told(tree: Tree) -> None:
    root = tree(
        dict.fromkeys(
            (
                "smsgw/utils.py",
                "smsgw/models/message.py",
                "tests/test_helpers.py",
                "drivers/_base.py",
                "smsgw/user.py",
            ),
            "",
        )
    )
    told = sorted(words.split(":")[0] for words in names_that_say_nothing(root))
    assert told == ["drivers/_base.py", "smsgw/models/message.py", "smsgw/utils.py", "tests/test_helpers.py"]


def test_no_folder_of_tests_is_a_package(root: Path) -> None:
    assert not (told := packages_under_tests(root)), "\n".join(told)


def test_a_package_under_tests_is_told(tree: Tree) -> None:
    root = tree({"tests/smsgw/__init__.py": "", "smsgw/__init__.py": ""})
    assert packages_under_tests(root) == ["tests/smsgw/__init__.py: remove it"]
