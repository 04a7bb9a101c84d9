"""The table [store]: where everything is kept, and where it is backed up to."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from smsgw.config.links import Section

HOME = Path("/var/lib/smsgw")  # where the unit's StateDirectory= is


class StoreConfig(Section):
    """Where everything is kept: one SQLite file, or a PostgreSQL database."""

    url: str = Field(
        default=f"sqlite:///{HOME}/smsgw.db",
        repr=False,  # it may hold a password
        description="The database: a file, sqlite:////folder/smsgw.db (four slashes), or "
        "postgresql+psycopg://user@host/database.",
    )
    password: SecretStr | None = Field(
        default=None,
        description="The password of the PostgreSQL user, kept out of the url.",
    )
    synchronous: Literal["FULL", "NORMAL"] = Field(
        default="FULL",
        description="When SQLite says that something is kept: FULL waits for the disk at every commit; "
        "NORMAL is faster, but a power cut can take back the last moments, messages "
        "included that somebody was told are accepted.",
    )
    state_dir: Path | None = Field(
        default=None,
        description="The folder for everything that is not a row; by default the folder of the SQLite file, "
        f"or {HOME} with PostgreSQL.",
        examples=[str(HOME)],
    )

    backup_every: int = Field(
        default=0,
        ge=0,
        le=24 * 31,
        description="Every how many hours the whole store is backed up while it runs; 0 is never: then make backups "
        "with smsgw db backup.",
        examples=[24],
    )
    backup_dir: Path | None = Field(
        default=None,
        description="The folder for these backups, best on another disk; by default backups in state_dir.",
        examples=["/mnt/backup/smsgw"],
    )
    backup_keep: int = Field(default=7, ge=1, le=1000, description="How many of these backups are kept, the newest.")

    @field_validator("url")
    @classmethod
    def _a_database_that_keeps(cls, url: str, info: ValidationInfo) -> str:
        read = _read_url(url)
        if read.get_backend_name() == "postgresql":
            return read.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        if not read.database or read.database == ":memory:":
            raise ValueError("names no file, so nothing would be kept: write sqlite:////folder/smsgw.db")
        # A relative path would mean another, empty database in every working directory.
        return read.set(database=str(_placed(Path(read.database), info))).render_as_string()

    @field_validator("state_dir", "backup_dir")
    @classmethod
    def _absolute(cls, folder: Path | None, info: ValidationInfo) -> Path | None:
        return folder and _placed(folder, info)

    @field_validator("password")
    @classmethod
    def _one_password(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        url = info.data.get("url", "")
        if password and url.startswith("sqlite"):
            raise ValueError("is for PostgreSQL: a SQLite file has none")
        if password and url and make_url(url).password:
            raise ValueError("is given twice, here and in url: take it out of the url")
        return password

    @property
    def full_url(self) -> str:
        """The url with the password in its place; not for logs."""
        url = make_url(self.url)
        if self.password:
            url = url.set(password=self.password.get_secret_value())
        return url.render_as_string(hide_password=False)

    @property
    def backups(self) -> Path:
        """`backup_dir`, or its default."""
        return self.backup_dir or self.folder / "backups"

    @property
    def folder(self) -> Path:
        """`state_dir`, or its default."""
        database = make_url(self.url).database
        if self.state_dir or self.url.startswith("postgresql") or not database:
            return self.state_dir or HOME
        return Path(database).parent


def _read_url(url: str) -> URL:
    """The parts of a database url that we can use. Raises ValueError, which quotes no password."""
    try:
        read = make_url(url)
    except (ArgumentError, ValueError) as wrong:
        raise ValueError(
            "is no database url: sqlite:////folder/smsgw.db or postgresql+psycopg://user@host/db"
        ) from wrong
    if read.drivername not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise ValueError(f"{read.drivername} is not supported: use sqlite:/// or postgresql+psycopg://")
    return read


def _placed(path: Path, info: ValidationInfo) -> Path:
    """The path as seen from the folder of the configuration file, when it is being read from one."""
    return Path((info.context or {}).get("folder", ".")) / path
