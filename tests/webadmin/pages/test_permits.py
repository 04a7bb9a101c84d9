"""Roles at the pages: what somebody may not do is refused, and not drawn."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask

from tests.webadmin.pages.conftest import Visitor
from webadmin.pages.only_allowed import OnlyAllowed
from webadmin.pages.permits import may_hear

READ = (
    "/inbox", "/messages", "/orders", "/inquiries", "/answers", "/surveys", "/customers", "/segments", "/campaigns",
    "/templates", "/consents", "/costs", "/rates", "/links",
)  # fmt: skip
EVERYBODYS = {"/logout", "/language"}


@pytest.fixture
def one_of(app: Flask) -> Callable[[str], Visitor]:
    """Somebody of a role, logged in."""

    def enter(role: str) -> Visitor:
        visitor = Visitor(app)
        visitor.get(visitor.link(role, role))
        return visitor

    return enter


def test_a_viewer_sees_every_page_and_no_form_that_writes(one_of: Callable[[str], Visitor]) -> None:
    viewer, admin = one_of("viewer"), one_of("owner")
    for path in READ:
        page = viewer.page(path)
        sent = set(re.findall(r'<form[^>]*method="post"[^>]*action="([^"]*)"', page))
        mine = {action for action in sent if action.startswith("/me") or action in EVERYBODYS}
        assert sent - mine - {"/segments/count"} == set(), path
        assert 'name="csrf_token"' in admin.page(path)


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("viewer", "/customers", 403), ("agent", "/rates", 403), ("agent", "/templates/new", 403),
        ("developer", "/phones/1", 403), ("manager", "/rates", 422), ("agent", "/customers", 422),
    ],
)  # fmt: skip
def test_a_form_is_taken_from_whose_role_has_what_it_needs(
    one_of: Callable[[str], Visitor], role: str, path: str, status: int
) -> None:
    visitor = one_of(role)
    token = re.findall(r'name="csrf_token" value="([^"]*)"', visitor.page("/links"))[0]
    assert visitor.post(path, {"csrf_token": token}).status_code == status


def test_a_developer_sees_no_text_and_starts_elsewhere(
    one_of: Callable[[str], Visitor], said: Callable[[str], str]
) -> None:
    developer = one_of("developer")
    for path in ("/inbox", "/messages", "/customers", "/orders", "/inquiries", "/campaigns", "/costs"):
        response = developer.get(path)
        assert response.status_code == 403, path
        assert "Your role does not include this." in said(response.text)
    assert developer.get("/").location != "/inbox"
    places = re.findall(r'<nav class="places".*?</nav>', developer.page("/links"), re.DOTALL)[0]
    assert "/inbox" not in places


def test_an_agent_finds_no_way_to_the_costs(one_of: Callable[[str], Visitor]) -> None:
    agent = one_of("agent")
    assert 'href="/costs' not in agent.page("/inbox")
    assert agent.get("/costs").status_code == 403
    assert agent.get("/rates").status_code == 403


def test_a_view_that_nobody_named_is_for_the_owner_alone(
    one_of: Callable[[str], Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    from webadmin.pages import permits

    monkeypatch.delitem(permits.NEEDS, "links")
    assert one_of("manager").get("/links").status_code == 403
    assert one_of("owner").get("/links").status_code == 200


def test_who_may_not_read_texts_does_not_hear_of_them_either() -> None:
    assert may_hear("agent", "inbound.received")
    assert not may_hear("agent", "alert.raised")
    assert not may_hear("developer", "inbound.received")
    assert may_hear("developer", "webhook.disabled")
    assert not may_hear("manager", "webhook.disabled")


def test_a_form_and_a_link_ask_first_and_a_name_stays_without_its_link(app: Flask) -> None:
    before = OnlyAllowed(app.jinja_env).preprocess
    form = """<form method="post" action="{{ url_for('pages.set_rate') }}">\n<input>\n</form>"""
    assert before(form, None) == "{% if may_open('pages.set_rate') %}" + form + "{% endif %}"
    mere = """<a class="go" href="{{ url_for('pages.costs') }}">{{ _("Costs") }}</a>"""
    assert before(mere, None) == "{% if may_open('pages.costs') %}" + mere + "{% endif %}"
    name = before("""<a href="{{ url_for('pages.customer', id=x) }}">{{ x.name }}</a>""", None)
    assert name.count("{% if may_open('pages.customer') %}") == 2
    assert "{% endif %}{{ x.name }}{% if" in name
    door = """<form method="post" action="{{ url_for('pages.log_in') }}"></form>"""
    assert before(door, None) == door


def test_a_heading_goes_with_the_form_that_is_all_under_it(app: Flask) -> None:
    before = OnlyAllowed(app.jinja_env).preprocess
    ask, heading = "{% if may_open('pages.set_rate') %}", '<h2>{{ _("New") }}</h2>\n'
    form = """<form method="post" action="{{ url_for('pages.set_rate') }}"><input></form>"""
    assert before(f"{heading}{form}\n{{% endblock %}}", None).startswith(ask + heading)
    assert before(f"{heading}{form}\n<ol></ol>", None).startswith(heading + ask)
    fold = f"<details><summary>{{{{ _('New') }}}}</summary>\n{form}\n</details>"
    assert before(fold, None) == ask + fold + "{% endif %}"


def test_every_template_can_still_be_read(app: Flask) -> None:
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)
