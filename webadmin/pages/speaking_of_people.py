"""Roles and browsers in words."""

from __future__ import annotations

import re

from flask_babel import gettext


def role_name(role: str) -> str:
    """What a role is called."""
    names: dict[str, str] = {
        "owner": gettext("owner"),
        "manager": gettext("manager"),
        "agent": gettext("agent"),
        "viewer": gettext("viewer"),
        "developer": gettext("developer"),
    }
    return names.get(role, role)


def role_says(role: str) -> str:
    """What a role is for, in a sentence."""
    says: dict[str, str] = {
        "owner": gettext("Everything, and people, keys and webhooks too."),
        "manager": gettext("The whole business: customers, campaigns, money, links. No people, no keys."),
        "agent": gettext("Answers customers, and deals with orders and questions. Sees nothing of money."),
        "viewer": gettext("Sees what is there, and changes nothing."),
        "developer": gettext("Connects programs: keys and webhooks. Sees no text of any customer."),
    }
    return says.get(role, "")


_BROWSERS = (  # the first that is in it: others call themselves by these names too
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"),
    ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(said: str | None) -> str:
    """What a browser is, of what it says of itself (User-Agent); what nobody knows as it is, shortened."""
    said = said or ""
    browser = next((name for mark, name in _BROWSERS if mark in said), "")
    system = next((name for mark, name in _SYSTEMS if mark in said), "")
    if browser and system:
        return str(gettext("%(browser)s on %(system)s", browser=browser, system=system))
    return browser or system or re.sub(r"\s+", " ", said)[:40] or str(gettext("unknown"))
