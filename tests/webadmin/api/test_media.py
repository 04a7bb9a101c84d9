"""Media by the API: given, named in messages, fetched from addresses, looked at, taken away."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from smsgw.gateway import Gateway
from smsgw.link import Content, ContentPart, InboundContent
from tests.webadmin.message_pages import PHONE, picture
from tests.webadmin.websites import Web
from webadmin import create_app

JPEG = picture(320, 240)
ID = hashlib.sha256(JPEG).hexdigest()


@pytest.fixture
def web() -> Iterator[Web]:
    made = Web()
    yield made
    made.close()


@pytest.fixture
def gateway(configured: Any) -> Gateway:
    made: Gateway = configured(
        pages={"url": "https://m.example.com"}, webhooks={"networks": ["127.0.0.0/8"]}, media={"largest": 1}
    )
    return made


def give(call: Any, octets: bytes, kind: str = "application/octet-stream") -> Any:
    return call("POST", "/api/v1/media", octets, Content_Type=kind)


def form(octets: bytes, *names: str) -> tuple[bytes, str]:
    pieces = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="x.html"\r\n'.encode()
        + b"Content-Type: text/html\r\n\r\n" + octets + b"\r\n"
        for name in names
    ]  # fmt: skip
    return b"".join(pieces) + b"--edge--\r\n", "multipart/form-data; boundary=edge"


def test_a_medium_is_what_its_octets_say(call: Any) -> None:
    given = give(call, *form(JPEG, "file"))
    assert given.status == 201
    assert given.said == {
        "id": ID, "type": "image/jpeg", "size": len(JPEG), "width": 320, "height": 240, "seconds": None,
        "url": f"/api/v1/media/{ID}/content",
    }  # fmt: skip
    assert give(call, JPEG, "image/png").said == given.said
    assert call("GET", given.headers["Location"]).said == given.said
    octets = call("GET", given.said["url"])
    assert (octets.body, octets.headers["Content-Type"]) == (JPEG, "image/jpeg")
    assert octets.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in octets.headers["Content-Security-Policy"]
    assert call("GET", given.said["url"], Range="bytes=2-5").body == JPEG[2:6]


@pytest.mark.parametrize(
    ("octets", "code"),
    [(b"", "media_empty"), (b"<svg onload=alert(1)>", "media_type_unknown"), (b"MZ\x90\0", "media_type_unknown"),
     (b"GIF89a" + bytes(1 << 20), "media_too_large")],
)  # fmt: skip
def test_what_is_no_medium_is_refused(call: Any, octets: bytes, code: str) -> None:
    assert give(call, octets).faults == {"/file": code}


def test_a_form_has_one_file(call: Any) -> None:
    assert give(call, *form(JPEG, "file", "file")).faults == {"/file": "too_many"}
    assert give(call, *form(JPEG)).faults == {"/file": "field_missing"}
    assert give(call, JPEG, "application/json").status == 415
    assert give(call, bytes(3 << 20)).code == "body_too_large"


def test_a_text_with_a_picture_goes_as_a_link_where_nothing_carries_mms(call: Any) -> None:
    give(call, JPEG)
    sent = call.send(text="Novi zvezki", media=[ID], subject="Novo", policy="link-first", language="sl")
    assert sent.status == 202
    carried = sent.said["content"]
    assert (carried["way"], carried["subject"], carried["policy"]) == ("link", "Novo", "link-first")
    assert carried["slides"] == [{"text": "Novi zvezki", "medium": ID, "sound": None, "seconds": None}]
    assert carried["page"]["visits"] == {}
    assert "https://m.example.com/m/" in sent.said["text"]
    assert call("GET", f"/api/v1/messages/{sent.said['id']}").said["content"] == carried
    [listed] = call("GET", "/api/v1/messages").said["data"]
    assert listed["content"] == carried


def test_a_plain_text_has_no_content(call: Any) -> None:
    assert call.send().said["content"] is None


def test_slides_and_files_by_id(call: Any) -> None:
    pdf = give(call, b"%PDF-1.4 a list").said["id"]
    sound = give(call, b"#!AMR\n" + bytes(60)).said["id"]
    give(call, JPEG)
    slides = [{"text": "one", "medium": ID, "sound": sound, "seconds": 3.5}, {"text": "two"}]
    sent = call(
        "POST", "/api/v1/messages", {"to": PHONE, "slides": slides, "files": [{"medium": pdf, "name": "c.pdf"}]}
    )
    assert sent.status == 202
    assert sent.said["content"]["slides"][0] == slides[0]
    assert sent.said["content"]["files"] == [{"medium": pdf, "name": "c.pdf"}]
    mixed = call("POST", "/api/v1/messages", {"to": PHONE, "media": [sound, pdf], "text": "hear"})
    assert mixed.said["content"]["slides"] == [{"text": "hear", "medium": None, "sound": sound, "seconds": None}]
    assert [one["medium"] for one in mixed.said["content"]["files"]] == [pdf]


def test_everything_that_is_wrong_with_a_content_is_told_where_it_stands(call: Any, web: Web) -> None:
    pdf = give(call, b"%PDF-1.4 a list").said["id"]
    told = call.send(media=["0" * 64, f"{web.url}/none", "ftp://x", "nonsense"])
    assert told.faults == {
        "/media/1": "media_not_fetched", "/media/2": "media_unknown", "/media/3": "media_unknown",
    }  # fmt: skip
    assert call.send(media=["0" * 64]).faults == {"/media/0": "media_unknown"}
    slides = [{"medium": pdf}, {"text": ""}]
    wrong = call("POST", "/api/v1/messages", {"to": PHONE, "slides": slides, "subject": "a\nb"})
    assert wrong.faults == {
        "/slides/0/medium": "media_type_unfit", "/slides/1": "slide_empty", "/subject": "subject_invalid",
    }  # fmt: skip
    assert call("POST", "/api/v1/messages", {"to": PHONE, "slides": [{"text": "x"}], "text": "y"}).faults == {
        "/slides": "slides_and_text"
    }
    assert call.send(media=["x"], policy="sometimes").faults["/policy"] == "unknown_value"


def test_an_address_is_fetched_once_and_where_it_leads(call: Any, web: Web) -> None:
    web.pages = {"/a": (302, "/b?x=1", b""), "/b?x=1": (200, "", JPEG)}
    sent = call.send(text="", media=[f"{web.url}/a", f"{web.url}/a"])
    assert sent.status == 202
    assert [one["medium"] for one in sent.said["content"]["slides"]] == [ID, ID]
    assert web.asked == ["/a", "/b?x=1"]


def test_some_addresses_are_not_fetched(call: Any, web: Web, gateway: Gateway) -> None:
    web.pages = {
        "/round": (302, "/round", b""), "/meta": (302, "http://169.254.169.254/", b""),
        "/large": (200, "", bytes(1 << 21)), "/page": (200, "", b"<html>"), "/500": (500, "", b""),
    }  # fmt: skip
    for place, code in (
        ("/round", "media_not_fetched"), ("/meta", "media_url_refused"), ("/large", "media_too_large"),
        ("/page", "media_type_unknown"), ("/500", "media_not_fetched"),
    ):  # fmt: skip
        assert call.send(media=[web.url + place]).faults == {"/media/0": code}, place
    for url in (
        "http://169.254.169.254/latest",
        "http://10.0.0.1/a",
        "http://[::ffff:169.254.169.254]/",
        "http://u:p@x/",
    ):
        assert call.send(media=[url]).faults["/media/0"] in ("media_url_refused", "media_url_invalid"), url


def test_the_gateways_own_pages_are_not_fetched(configured: Any, caller_of: Any) -> None:
    gateway = configured(web={"listen": "127.0.0.1:45871"}, webhooks={"networks": ["127.0.0.0/8"]})
    call = caller_of(create_app(gateway))
    told = call.send(media=["http://127.0.0.1:45871/inbox"])
    assert told.faults == {"/media/0": "media_url_refused"}


def test_media_in_a_batch_are_judged_item_by_item(call: Any) -> None:
    give(call, JPEG)
    items = [
        {"to": PHONE, "text": "a", "media": [ID]},
        {"to": PHONE, "media": ["0" * 64]},
        {"to": PHONE, "text": "plain"},
    ]
    told = call("POST", "/api/v1/messages/batch", items)
    assert (told.said["accepted"], told.said["refused"]) == (2, 1)
    [problem] = [one["problem"] for one in told.said["data"] if "problem" in one]
    assert problem["errors"][0]["pointer"] == "/1/media/0"


def test_the_same_request_again_sends_nothing(call: Any) -> None:
    give(call, JPEG)
    first, second = (call.send(text="a", media=[ID], client_ref="r1") for _ in range(2))
    assert (first.status, second.status, first.said["id"]) == (202, 200, second.said["id"])


def test_what_may_still_go_keeps_its_media(call: Any, gateway: Gateway) -> None:
    give(call, JPEG)
    id = call.send(text="a", media=[ID]).said["id"]
    assert call("DELETE", f"/api/v1/media/{ID}").status == 409
    assert call("POST", f"/api/v1/messages/{id}/cancel").status == 200
    assert call("DELETE", f"/api/v1/media/{ID}").status == 204
    assert call("GET", f"/api/v1/media/{ID}").status == 404
    assert call("DELETE", f"/api/v1/media/{ID}").status == 404
    assert call.send(media=[ID]).faults == {"/media/0": "media_gone"}
    assert give(call, JPEG).status == 201
    assert call.send(media=[ID], allow_duplicate=True).status == 202


def test_a_page_is_looked_after_by_the_api(call: Any) -> None:
    give(call, JPEG)
    id = call.send(text="a", media=[ID], pin="12-34").said["id"]
    place = f"/api/v1/messages/{id}/page"
    assert call("PUT", f"{place}/hold", {"why": "a claim"}).said["held"] == "a claim"
    assert call("PUT", f"{place}/hold", {"why": None}).said["held"] is None
    assert call("DELETE", place).said["revoked_at"] is not None
    assert call("DELETE", place).status == 404
    plain = call.send(text="no page").said["id"]
    assert call("GET", f"/api/v1/messages/{plain}/page").status == 404


def test_a_person_says_who_can_show_an_mms(call: Any) -> None:
    place = f"/api/v1/numbers/{PHONE}/mms"
    assert call("GET", place).said["state"] == "unknown"
    assert call("PUT", place, {"state": "blocked"}).said["state"] == "blocked"
    told = call("GET", place).said
    assert (told["state"], told["evidence"], told["expires_at"]) == ("blocked", "admin", None)
    assert call("PUT", place, {"state": None}).said["state"] == "unknown"


def test_what_comes_in_shows_its_media(call: Any, gateway: Gateway) -> None:
    parts = (
        ContentPart("text/plain", "poglej".encode("latin-1"), "t.txt", "iso-8859-1"),
        ContentPart("image/gif", JPEG, "../../a b.gif"),
    )
    gateway.brought("phones", InboundContent("r1", PHONE, "+38640999888", Content(parts, "Moja"))).result(90)
    [came] = call("GET", "/api/v1/inbound").said["data"]
    assert (came["kind"], came["text"], came["subject"]) == ("mms", "poglej", "Moja")
    text, shown = came["media"]
    assert (shown["type"], shown["said_type"], shown["size"]) == ("image/jpeg", "image/gif", len(JPEG))
    assert call("GET", shown["url"]).body == JPEG
    assert json.dumps(text)


def test_a_preview_of_a_content_says_how_it_would_go(call: Any) -> None:
    give(call, JPEG)
    told = call("POST", "/api/v1/messages/preview", {"to": PHONE, "text": "Novo", "media": [ID], "language": "en"})
    assert told.status == 200
    assert told.said["content"]["way"] == "link"
    assert told.said["parts"] >= 1
    assert call("GET", "/api/v1/messages").said["data"] == []


def test_the_link_in_the_text_opens_what_was_sent(call: Any, app: Any) -> None:
    give(call, JPEG)
    sent = call.send(text="Novi zvezki", media=[ID], subject="Novo", policy="link-first", language="sl").said
    [token] = re.findall(r"https://m\.example\.com/m/([\w-]{22})", sent["text"])
    phone = app.test_client()
    proof = dict(re.findall(r'name="(proof)" value="(\w+)"', phone.get(f"/m/{token}").text))
    assert phone.post(f"/m/{token}", data=proof).status_code == 303
    assert "Novi zvezki" in phone.get(f"/m/{token}").text
    assert phone.get(f"/m/{token}/1").mimetype == "image/jpeg"
    told = call("GET", f"/api/v1/messages/{sent['id']}").said["content"]["page"]
    assert told["opened_at"] is not None
    assert told["visits"]["opened"] == 1
    events = [one["event"] for one in call("GET", f"/api/v1/messages/{sent['id']}/events").said["data"]]
    assert "page_opened" in events


def test_what_asks_for_a_code_never_goes_as_an_mms(configured: Any, caller_of: Any) -> None:
    phones = {"name": "phones", "kind": "fake", "handsets": [PHONE], "mms": True}
    call = caller_of(create_app(configured(links=[phones], pages={"url": "https://m.example.com"})))
    give(call, JPEG)
    assert call.send(text="a", media=[ID]).said["content"]["way"] == "mms"
    told = call.send(text="b", media=[ID], pin="4711").said["content"]
    assert (told["way"], told["why"]) == ("link", "it asks for a code before it shows anything")


def test_a_large_medium_is_given_once_under_a_key_whatever_boundary_its_form_has(
    configured: Any, caller_of: Any
) -> None:
    call = caller_of(create_app(configured(web={"listen": "127.0.0.1:0", "max_body_mb": 1}, media={"largest": 3})))
    octets = JPEG + b"\0" * 1_500_000
    answers = [
        call(
            "POST",
            "/api/v1/media",
            form(octets, "file")[0].replace(b"--edge", b"--" + mark),
            Content_Type=f"multipart/form-data; boundary={mark.decode()}",
            Idempotency_Key="picture-1",
        )
        for mark in (b"one", b"two")
    ]
    assert [answer.status for answer in answers] == [201, 201]
    assert answers[1].headers["Idempotent-Replayed"] == "true"
