"""Every view of the pages names the permission that it needs, and every permission is one that roles know."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Flask

from smsgw.access.roles import PERMISSIONS, ROLES, SELF, may
from webadmin.pages.blueprint import pages
from webadmin.pages.permits import EVERYBODY, NEEDS


def faults(views: Blueprint, needs: Mapping[str, str]) -> list[str]:
    """Views that name no permission, names of no view, and permissions that nobody knows, in sentences."""
    app = Flask("probe")
    app.register_blueprint(views)
    routed = {rule.endpoint.partition(".")[2] for rule in app.url_map.iter_rules() if "." in rule.endpoint}
    told = [f"{name} says not what it needs: name it in webadmin/pages/permits.py" for name in routed - set(needs)]
    told += [f"there is no view {name}" for name in set(needs) - routed]
    known = {EVERYBODY, SELF, *PERMISSIONS}
    return sorted(told + [f"{name} needs {need}, which is none" for name, need in needs.items() if need not in known])


def test_every_view_names_what_it_needs() -> None:
    assert faults(pages, NEEDS) == []


def test_a_view_without_a_permission_and_a_wrong_one_are_told() -> None:
    views = Blueprint("probe", "probe")
    for name in ("open", "odd"):
        views.add_url_rule(f"/{name}", name, lambda: "")
    assert faults(views, {"odd": "odd:thing", "gone": SELF}) == [
        "odd needs odd:thing, which is none",
        "open says not what it needs: name it in webadmin/pages/permits.py",
        "there is no view gone",
    ]


def test_every_role_is_made_of_permissions_that_there_are_and_the_owner_has_them_all() -> None:
    for held in ROLES.values():
        assert held <= set(PERMISSIONS)
    assert all(may("owner", permission) for permission in PERMISSIONS)
