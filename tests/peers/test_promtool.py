"""Prometheus's own tool reads /metrics, the alert rules, and what the dashboard asks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.store import schema
from webadmin import create_app

HERE = Path(__file__).parent
MONITORING = HERE.parents[1] / "docs/monitoring"


def promtool(*arguments: str | Path, told: bytes = b"", folder: Path = HERE) -> str:
    """What it says; it must be content."""
    if shutil.which("promtool") is None:
        pytest.fail("promtool is missing: apt-get install -y --no-install-recommends prometheus")
    ran = subprocess.run(["promtool", *arguments], input=told, cwd=folder, capture_output=True, check=False)
    says = ran.stdout.decode() + ran.stderr.decode()
    assert ran.returncode == 0, says
    return says


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What /metrics tells of a gateway that sent a message."""
    store = {"url": f"sqlite:///{tmp_path_factory.mktemp('store') / 'x.db'}"}
    phones = {"name": "phones", "kind": "fake", "handsets": ["+38640111222"]}
    gateway = Gateway(Config.model_validate({"store": store, "links": [phones]}))
    try:
        schema.upgrade(gateway.database)
        client = create_app(gateway).test_client()
        client.get("/metrics")
        client.get("/healthz")
        body: bytes = client.get("/metrics").data
        return body
    finally:
        gateway.close()


def test_it_can_read_our_metrics_and_finds_their_names_good(told: bytes) -> None:
    assert promtool("check", "metrics", told=told) == ""


def test_our_alert_rules_can_be_read_and_do_what_they_say(tmp_path: Path) -> None:
    shutil.copy(MONITORING / "alerts.yml", tmp_path)
    shutil.copy(HERE / "alerts_test.yml", tmp_path)
    assert "SUCCESS" in promtool("check", "rules", "alerts.yml", folder=tmp_path)
    assert "SUCCESS" in promtool("test", "rules", "alerts_test.yml", folder=tmp_path)


def questions() -> list[str]:
    """What the dashboard asks."""
    told: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
    return [target["expr"] for panel in told["panels"] for target in panel["targets"]]


def test_the_questions_of_the_dashboard_can_be_asked(tmp_path: Path) -> None:
    asked = [expr.replace("$__rate_interval", "5m").replace("$instance", ".*") for expr in questions()]
    rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    assert f"SUCCESS: {len(rules)} rules" in promtool("check", "rules", "rules.yml", folder=tmp_path)


def test_rules_and_dashboard_ask_for_figures_that_there_are(told: bytes) -> None:
    there = set(re.findall(r"(?m)^# TYPE (\S+)", told.decode())) | {"up"}
    asked = " ".join(questions()) + (MONITORING / "alerts.yml").read_text()
    names = set(re.findall(r"\b((?:smsgw|process)_[a-z_]+)\b", asked))
    assert len(names) > 12
    assert {re.sub(r"_bucket$", "", name) for name in names} <= there
