"""What each view of the pages needs, and the one place where that is checked, before any of them.

A view that is not named here is for the owner alone. What somebody may not do is not drawn for them either: see
only_allowed.py.
"""

from __future__ import annotations

from flask import redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from smsgw.access.roles import SELF, may
from smsgw.errors import Forbidden, Unauthenticated

from ..auth import must_enrol, person
from .blueprint import pages

EVERYBODY = "everybody"  # strangers too: the view looks for itself who comes
UNNAMED = "people:manage"  # what nobody has but the owner

MINE = (  # one's own account: all that is open to whoever must get a second factor first
    "me", "change_password", "begin_factor", "confirm_factor", "renew_codes", "remove_factor", "end_my_session",
    "add_passkey", "remove_passkey",
)  # fmt: skip

NEEDS: dict[str, str] = {
    # Doors, and what is not for people at the desk.
    **dict.fromkeys(("static", "start", "login", "log_in", "enter", "speak", "logout"), EVERYBODY),
    **dict.fromkeys(("login_code", "give_code", "show_passkey"), EVERYBODY),
    **dict.fromkeys(("invited", "accept_invitation", "setup", "finish_setup"), EVERYBODY),
    **dict.fromkeys(("api_docs", "api_subject", "preferences", "prefer"), EVERYBODY),
    **dict.fromkeys(("message_page", "message_page_answered", "open_message_page", "answer_message_page"), EVERYBODY),
    **dict.fromkeys(("message_page_medium", "message_page_original", "short_link"), EVERYBODY),
    **dict.fromkeys(("own_page", "order_again", "ask_on_page"), EVERYBODY),
    **dict.fromkeys(("join_page", "join", "calendar_ics"), EVERYBODY),
    **dict.fromkeys(("find", "help"), SELF),  # each finds what they may see
    "event_stream": SELF,  # tells each only what they may see
    "today": "messages:read",
    **dict.fromkeys(("first_steps", "begin_company", "find_modems", "try_carrier"), "people:manage"),
    **dict.fromkeys(("first_text", "leave_steps"), "people:manage"),
    # What customers say, and what is answered.
    **dict.fromkeys(("inbox", "conversation", "leave_conversation"), "conversations:read"),
    **dict.fromkeys(("assign_conversation", "snooze_conversation", "several_conversations"), "conversations:write"),
    **dict.fromkeys(("handled", "reopen_conversation"), "conversations:write"),
    **dict.fromkeys(("calls", "one_call", "call_statistics"), "conversations:read"),
    **dict.fromkeys(("new_call", "take_call", "finish_call"), "conversations:write"),
    "text_from_call": "messages:send",
    **dict.fromkeys(("answer", "undo_answer", "look_at_answer", "cost", "quick_send"), "messages:send"),
    **dict.fromkeys(("look_at_message", "take_back_list", "send_failed_again"), "messages:send"),
    "written_message": "messages:send",
    **dict.fromkeys(("sent_list", "short_links_page", "short_links_sheet"), "messages:read"),
    **dict.fromkeys(("messages", "message", "medium", "medium_file", "medium_small"), "messages:read"),
    **dict.fromkeys(("take_back", "replace_text", "revoke_page", "hold_page"), "messages:send"),
    **dict.fromkeys(("type_text", "turn_knobs"), "simulator:*"),
    **dict.fromkeys(("orders", "order", "products"), "orders:read"),
    **dict.fromkeys(("decide_order", "several_orders", "bring_products"), "orders:manage"),
    **dict.fromkeys(("inquiries", "inquiry", "automatic_answers", "corrections", "replay_texts"), "inquiries:read"),
    **dict.fromkeys(("answer_inquiry", "assign_inquiry", "close_inquiry", "correct_inquiry"), "inquiries:write"),
    "several_inquiries": "inquiries:write",
    **dict.fromkeys(("switch_topic", "write_answer", "rehearse_answer", "decide_correction"), "answers:manage"),
    **dict.fromkeys(("surveys", "survey", "survey_csv"), "surveys:read"),
    **dict.fromkeys(("new_survey", "draft_survey", "start_survey", "end_survey"), "surveys:write"),
    # Customers.
    **dict.fromkeys(("customers_page", "customer", "segments_page", "count_segment"), "customers:read"),
    **dict.fromkeys(("add_customer", "card_of", "change_customer", "note_customer", "set_mms"), "customers:write"),
    **dict.fromkeys(("merge_customer", "unmerge_customer", "group_customer", "own_link"), "customers:write"),
    **dict.fromkeys(("customer_imports", "customer_import", "bring_sheet", "order_import"), "customers:write"),
    **dict.fromkeys(("save_segment", "remove_segment", "add_group", "several_customers"), "customers:write"),
    **dict.fromkeys(("customers_sheet", "copy_customer", "erase_customer"), "customers:privacy"),
    "data_protection": "customers:privacy",
    **dict.fromkeys(("consents", "certificate", "consent_poster"), "consents:read"),
    **dict.fromkeys(("record_consent", "decide_doubt", "make_link"), "consents:record"),
    "add_category": "consents:manage",
    # Campaigns and money.
    **dict.fromkeys(("campaigns", "campaign", "campaign_targets", "templates_page"), "campaigns:read"),
    **dict.fromkeys(("new_campaign", "write_campaign", "edit_campaign", "change_campaign"), "campaigns:write"),
    **dict.fromkeys(("campaign_step", "move_campaign"), "campaigns:write"),
    **dict.fromkeys(("calendar", "calendar_address"), "campaigns:read"),
    **dict.fromkeys(("new_template", "write_template", "template", "change_template"), "campaigns:write"),
    **dict.fromkeys(("remove_template", "look_at_template"), "campaigns:write"),
    **dict.fromkeys(("costs", "rates_page"), "money:read"),
    **dict.fromkeys(("set_budget", "change_budget_page", "set_plan", "remove_plan_page", "end_alert"), "money:manage"),
    **dict.fromkeys(("set_rate", "bring_rates", "remove_rate_page", "set_exchange"), "money:manage"),
    **dict.fromkeys(("links", "link"), "links:read"),
    "trace_link": "links:trace",
    # People and programs.
    **dict.fromkeys(MINE, SELF),
    **dict.fromkeys(("people", "invite_person", "link_person", "change_person", "end_a_session"), "people:manage"),
    **dict.fromkeys(("audit", "verify_audit"), "audit:read"),
    **dict.fromkeys(("developers", "webhook", "replay_one", "replay_many"), "webhooks:read"),
    **dict.fromkeys(("make_key", "revoke_key"), "keys:manage"),
    **dict.fromkeys(
        ("add_webhook", "test_webhook", "rotate_webhook", "switch_webhook", "remove_webhook"), "webhooks:manage"
    ),
    **dict.fromkeys(("settings", "take_settings"), "people:manage"),
}

HEARS = {  # which permission lets somebody hear what happens to a record, as it happens; else the owner alone
    **dict.fromkeys(("message", "inbound", "mms_notice", "call"), "messages:read"),
    "link": "links:read",
    **dict.fromkeys(("conversation", "talk"), "conversations:read"),
    "order": "orders:read",
    **dict.fromkeys(("inquiry", "answer_topic", "auto_answer", "correction"), "inquiries:read"),
    **dict.fromkeys(("survey", "participant"), "surveys:read"),
    **dict.fromkeys(("customer", "customer_import"), "customers:read"),
    "consent": "consents:read",
    "campaign": "campaigns:read",
    "alert": "money:read",
    "webhook": "webhooks:read",
}


def need_of(endpoint: str | None) -> str:
    """The permission that an endpoint of the pages needs, such as "pages.inbox"."""
    return NEEDS.get((endpoint or "").removeprefix("pages."), UNNAMED)


def may_open(endpoint: str) -> bool:
    """Whether who sent this request may use an endpoint of the pages: what is not so is not drawn."""
    need, found = need_of(endpoint), person()
    if need == EVERYBODY or found is None:
        return need == EVERYBODY
    return found.may(need) and (not must_enrol(found) or endpoint.removeprefix("pages.") in MINE)


def may_hear(role: str, event: str) -> bool:
    """Whether a role hears of an event, such as order.confirmed."""
    return may(role, HEARS.get(event.partition(".")[0], UNNAMED))


@pages.before_request
def check() -> Response | None:
    """The check. Raises Unauthenticated for strangers, Forbidden for those whose role does not have what it needs.

    Whoever must have a second factor and has none is taken to where they get it.
    """
    need, found = need_of(request.endpoint), person()
    if need == EVERYBODY:
        return None
    if found is None:
        raise Unauthenticated("nobody is logged in, or the session is over: log in")
    if must_enrol(found) and (request.endpoint or "").removeprefix("pages.") not in MINE:
        return redirect(url_for("pages.me"), 303)
    if not found.may(need):
        hint = gettext("Whoever owns this gateway can give you another role, on the page People.")
        raise Forbidden(gettext("Your role does not include this."), hint=hint)
    return None
