"""What a command reads in before it does anything: the test suite and every small machine pay for it at each start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STORE = {"sqlalchemy", "alembic", "smsgw.store"}
DAEMON = {
    "flask",
    "waitress",
    "jinja2",
    "babel",
    "phonenumbers",
    "schedules",
    "webadmin",
    "smsgw.gateway",
    "smsgw.config",
}
HEAVY = {"asyncio", "pydantic"}  # each a tenth of a second of its own


def read_in(code: str) -> set[str]:
    """The names of the modules that are there when a program of these lines ends."""
    lines = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stderr.split())


def command(*words: str) -> str:
    """The lines that run a command."""
    run = f"from smsgw.__main__ import main\ntry:\n    main({list(words)})"
    return f"{run}\nexcept SystemExit as end:\n    assert not end.code"


def test_the_command_line_itself_reads_in_neither_store_nor_configuration_nor_web_server() -> None:
    assert not (STORE | DAEMON | HEAVY) & read_in(command("--version"))


def test_a_simulated_modem_is_a_modem_and_no_gateway() -> None:
    assert not (STORE | DAEMON | {"asyncio"}) & read_in(command("sim", "modem", "--list-faults"))


def test_what_is_read_in_is_seen() -> None:
    assert {"sqlalchemy", "smsgw.store"} <= read_in("import smsgw.store.tables")
