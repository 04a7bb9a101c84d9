"""How this gateway is set up: one TOML file, as typed fields that carry their own manual.

`load` reads it and tells every mistake at once; the rest of the house gets a `Config` or one of its sections.
"""

from __future__ import annotations

from smsgw.config.file import Loaded, Origin, find, in_force, load, load_with_origins, places
from smsgw.config.links import LinkConfig, Section, driver_config, kinds
from smsgw.config.mail import BoxConfig, MailConfig, own_addresses
from smsgw.config.manual import example, reference_markdown
from smsgw.config.money import MoneyConfig
from smsgw.config.orders import OrdersConfig
from smsgw.config.sections import (
    Config,
    LogConfig,
    ReceivingConfig,
    SendingConfig,
    WebConfig,
)
from smsgw.config.store import StoreConfig
from smsgw.config.webhooks import WebhooksConfig

__all__ = [
    "BoxConfig",
    "Config",
    "LinkConfig",
    "Loaded",
    "LogConfig",
    "MailConfig",
    "MoneyConfig",
    "OrdersConfig",
    "Origin",
    "ReceivingConfig",
    "Section",
    "SendingConfig",
    "StoreConfig",
    "WebConfig",
    "WebhooksConfig",
    "driver_config",
    "example",
    "find",
    "in_force",
    "kinds",
    "load",
    "load_with_origins",
    "own_addresses",
    "places",
    "reference_markdown",
]
