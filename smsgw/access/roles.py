"""Roles: what each may do, as one table, in the words of the API's scopes and a few that only people need.

Whoever wants to know whether somebody may do something asks `may`; nobody compares roles.
"""

from __future__ import annotations

from .keys import GREATER, SCOPES

OWNER = "owner"
SELF = "self"  # what everybody may who is logged in: their own password, second factor and sessions
PEOPLE = {
    "people:manage": "invite people, give them roles, switch them off, and end their sessions",
    "keys:manage": "make and revoke API keys; nobody gives a key more than they may themselves",
    "webhooks:read": "see webhooks and what was told to them, without the texts, and have it told again",
    "consents:record": "write down what a customer said about consent",
}
PERMISSIONS = SCOPES | PEOPLE
_COVERED = {**GREATER, "webhooks:read": ("webhooks:manage",), "consents:record": ("consents:manage", "consents:*")}

_SEES = (
    "messages:read", "links:read", "campaigns:read", "consents:read", "orders:read", "inquiries:read", "surveys:read",
    "customers:read", "conversations:read",
)  # fmt: skip

ROLES: dict[str, frozenset[str]] = {
    # Everything, and the people themselves.
    OWNER: frozenset({"admin:*"}),
    # The business: everything but people, keys and webhooks.
    "manager": frozenset({
        "messages:*", "links:*", "links:ussd", "campaigns:*", "consents:*", "orders:*", "inquiries:*", "answers:manage",
        "surveys:*", "customers:*", "money:*", "conversations:*", "audit:read", "simulator:*",
    }),
    # Who answers: customers, orders and questions; sees campaigns, and nothing of money.
    "agent": frozenset({
        *_SEES, "messages:send", "orders:manage", "inquiries:write", "customers:write", "conversations:write",
        "consents:record", "simulator:*",
    }),
    # Who looks: all that is there, and writes nothing.
    "viewer": frozenset({*_SEES, "money:read"}),
    # Who connects programs: keys and webhooks, and no text of any customer.
    "developer": frozenset({"keys:manage", "webhooks:read", "messages:send", "links:read"}),
}  # fmt: skip


def may(role: str, permission: str) -> bool:
    """Whether a role has a permission of PERMISSIONS, or SELF; a role that is none may nothing."""
    held = ROLES.get(role, frozenset())
    if permission == SELF:
        return bool(held)
    enough = {permission, permission.split(":")[0] + ":*", *_COVERED.get(permission, ())}
    return "admin:*" in held or bool(enough & held)


def grantable(role: str) -> list[str]:
    """The scopes that somebody of this role may give to a key: no more than they have, in the order of SCOPES."""
    return [scope for scope in SCOPES if may(role, scope)]
