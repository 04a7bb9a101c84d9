"""A backup that fails is told until one is good; each that is made is brought back as a trial."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from schedules import back_up
from smsgw.config import Config
from smsgw.gateway import Gateway
from smsgw.store import backup, schema, trial
from smsgw.store.tables import alert

NOW = datetime(2026, 11, 26, 2, 0, tzinfo=UTC)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that is backed up every day."""
    store = {"url": f"sqlite:///{tmp_path / 'x.db'}", "backup_every": 24, "backup_dir": str(tmp_path / "kept")}
    made = Gateway(Config.model_validate({"store": store}), lambda: NOW)
    schema.upgrade(made.database)
    yield made
    made.close()


def standing(gateway: Gateway) -> list[str]:
    with gateway.database.reading() as conn:
        return list(conn.scalars(select(alert.c.why).where(alert.c.state != "over")))


def test_a_backup_that_cannot_be_made_is_told_once_and_over_with_the_next_good_one(
    gateway: Gateway, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("a file where a folder should be")
    back_up.run(gateway, NOW)
    back_up.run(gateway, NOW + timedelta(minutes=10))
    assert [says.startswith("the store cannot be backed up to") for says in standing(gateway)] == [True]
    (tmp_path / "kept").unlink()
    back_up.run(gateway, NOW + timedelta(minutes=20))
    assert standing(gateway) == []
    (made,) = backup.made(tmp_path / "kept")
    assert trial.bring_back(gateway.config.store.full_url, made[1]).messages == 0


def test_a_backup_that_cannot_be_brought_back_is_told(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = backup.keep

    def spoilt(*given: object) -> Path | None:
        made = keep(*given)  # type: ignore[arg-type]
        if made is not None:  # the disk lied
            made.write_bytes(made.read_bytes()[:20_000])
        return made

    monkeypatch.setattr(backup, "keep", spoilt)
    back_up.run(gateway, NOW)
    assert ["cannot be brought back" in says for says in standing(gateway)] == [True]
