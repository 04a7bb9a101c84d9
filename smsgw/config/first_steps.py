"""What somebody tells of the company at the beginning, as the tables of the configuration that say it.

These settings are static: a page shows the tables, and whoever runs the gateway puts them into its file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ..errors import BadInput, Fault
from .sections import Config
from .toml import as_toml


@dataclass(frozen=True, slots=True)
class Company:
    """The company. hours: such as "Mo-Fr 08:00-16:00"; country: two letters; language: of who has none of their own."""

    name: str = ""
    country: str = ""
    language: str = ""
    zone: str = "UTC"
    hours: tuple[str, ...] = ()

    def tables(self) -> dict[str, dict[str, Any]]:
        """The tables, by name, with the keys that say something."""
        business: dict[str, Any] = {"zone": self.zone, "hours": list(self.hours)}
        told: dict[str, dict[str, Any]] = {"business": business}
        if self.country:
            business["country"] = told.setdefault("sending", {})["region"] = self.country.upper()
        if self.language:
            told["orders"] = {"language": self.language}
        if self.name:
            told["pages"] = {"company": self.name}
        return told


def of(config: Config) -> Company:
    """What a configuration says of the company."""
    business = config.business
    country = business.country or config.sending.region or ""
    return Company(config.pages.company, country, config.orders.language, business.zone, tuple(business.hours))


def check(company: Company) -> None:
    """Raises BadInput with every mistake."""
    try:
        Config.model_validate(company.tables())
    except ValidationError as wrong:
        raise BadInput([_fault(one) for one in wrong.errors(include_url=False)]) from wrong


def _fault(error: Mapping[str, Any]) -> Fault:
    place = [str(step) for step in error["loc"]]
    return Fault("/" + "/".join(place), "value_invalid", f"{place[-1]}: {error['msg'].removeprefix('Value error, ')}")


def block(company: Company) -> str:
    """The tables as they stand in the file."""
    return "\n".join(
        "\n".join([f"[{name}]", *(f"{key} = {as_toml(value)}" for key, value in keys.items())]) + "\n"
        for name, keys in company.tables().items()
    )
