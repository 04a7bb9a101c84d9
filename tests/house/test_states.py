"""Only smsgw/store/history.py assigns the state of a record that has a life; everybody else asks it to."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

THE_WRITER = Path("smsgw/store/history.py")
MIGRATIONS = Path("smsgw/store/migrations")
PACKAGES = ("smsgw", "drivers", "schedules", "webadmin")


def records_with_a_life(root: Path) -> set[str]:
    """The tables whose `state` is a life's: the first argument of each `Life(...)` in lifecycle.py."""
    calls = ast.walk(ast.parse((root / "smsgw/store/lifecycle.py").read_text()))
    return {
        node.args[0].value
        for node in calls
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Life"
        and isinstance(node.args[0], ast.Constant)
    }


def states_assigned_elsewhere(root: Path) -> list[str]:
    """Where a state is written past the writer of history.

    Told are: an insert into such a table; an update of one in a function that says "state" in a dict, a keyword
    or a bound parameter; SQL that does the same in a string.
    """
    lives = records_with_a_life(root)
    raw = re.compile(rf"(?is)\b(insert\s+into|update)\s+\"?({'|'.join(sorted(lives))})\b(?!\s*-)")
    found = []
    for path in sorted(file for package in PACKAGES for file in (root / package).rglob("*.py")):
        name = path.relative_to(root)
        if name == THE_WRITER or name.is_relative_to(MIGRATIONS):
            continue
        module = ast.parse(path.read_text())
        aliases = _aliases(module, lives)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module):
                found += [f"{name}:{line} {why}" for line, why in _writes(node, aliases)]
            elif _is_text(node) and raw.search(node.value) and "state" in node.value:
                found.append(f"{name}:{node.lineno} writes a state in SQL")
    return found


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _aliases(module: ast.Module, lives: set[str]) -> set[str]:
    """The names under which a module knows the tables: `message`, and `m` after `import message as m`."""
    imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
    names = (name for node in imports for name in node.names)
    return lives | {name.asname for name in names if name.name in lives and name.asname}


def _writes(scope: ast.AST, tables: set[str]) -> Iterator[tuple[int, str]]:
    nodes = list(_of_this_scope(scope))
    says_state = any(map(_says_state, nodes))
    for node in nodes:
        verb, table = _statement(node)
        if table in tables and verb == "insert":
            yield node.lineno, f"inserts into {table}: only history.begin does"
        elif table in tables and verb == "update" and says_state:
            yield node.lineno, f"updates the state of {table}: only history.move does"


def _of_this_scope(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function or module without those of the functions in it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _of_this_scope(child)


def _statement(node: ast.AST) -> tuple[str, str]:
    """The verb and the table's name in `insert(message)`, `sa.insert(t.message)`, `message.insert()`."""
    if not isinstance(node, ast.Call):
        return "", ""
    verb = _last_name(node.func)
    if node.args and (table := _last_name(node.args[0])):
        return verb, table
    return verb, _last_name(node.func.value) if isinstance(node.func, ast.Attribute) else ""


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _says_state(node: ast.AST) -> bool:
    """`{"state": ...}`, `{message.c.state: ...}`, `.values(state=...)`, `bindparam("state")`."""
    if isinstance(node, ast.Dict):
        return any(key is not None and _names_state(key) for key in node.keys)
    if not isinstance(node, ast.Call):
        return False
    by_keyword = any(keyword.arg == "state" for keyword in node.keywords)
    return by_keyword or (_last_name(node.func) == "bindparam" and any(map(_names_state, node.args[:1])))


def _names_state(node: ast.AST) -> bool:
    return (_is_text(node) and node.value == "state") or (isinstance(node, ast.Attribute) and node.attr == "state")


def test_only_history_assigns_a_state(root: Path) -> None:
    assert records_with_a_life(root) >= {"message", "inbound"}
    assert not (told := states_assigned_elsewhere(root)), "\n".join(told)


LIVES = {"smsgw/store/lifecycle.py": 'MESSAGE = Life(\n    "message", "", {})\nINBOUND = Life("inbound", "", {})\n'}


def test_every_way_past_history_is_told(tree: Callable[[dict[str, str]], Path]) -> None:
    ways = {
        "keyword": "def f(c): c.execute(update(message).where(x).values(state='sent'))",
        "dict": "def f(c): c.execute(update(message), [{'state': 'sent', 'its_id': 1}])",
        "column": "def f(c): c.execute(tables.inbound.update().values({inbound.c.state: 'handled'}))",
        "bound": "def f(c): c.execute(update(tables.message).values({name: bindparam('state')}), rows)",
        "variable": "def f(c):\n    row = dict(state='sent')\n    c.execute(update(message).values(row))",
        "birth": "def f(c): c.execute(sa.insert(message), rows)",
        "alias": "from .tables import message as m\ndef f(c): c.execute(m.insert(), rows)",
        "sql": "def f(c): c.execute(text('UPDATE message SET state = 1'))",
        "lambda": "f = lambda c: c.execute(update(message).values(state='sent'))",
    }
    root = tree(LIVES | {f"webadmin/{way}.py": source for way, source in ways.items()})
    told = {line.split("/")[1].split(".")[0] for line in states_assigned_elsewhere(root)}
    assert told == set(ways)


def test_what_writes_no_state_of_a_life_is_allowed(tree: Callable[[dict[str, str]], Path]) -> None:
    root = tree(
        LIVES
        | {
            "smsgw/store/history.py": "def f(c): c.execute(update(message).values(state='sent'))",
            "smsgw/store/migrations/versions/1.py": "def upgrade(): op.execute('UPDATE message SET state=1')",
            "smsgw/a.py": "def f(c): c.execute(insert(receipt), [{'state': 'delivered'}])",
            "smsgw/b.py": "def f(c): c.execute(update(message).values(metadata=None))",
            "smsgw/c.py": "def f(row): return {'state': row.state}\ndef g(c): c.execute(update(message))",
            "smsgw/d.py": "def f(c): c.execute(select(message).where(message.c.state == 'sent'))",
            "smsgw/e.py": "def f(c): c.execute(delete(message))",
        }
    )
    assert not (told := states_assigned_elsewhere(root)), "\n".join(told)
