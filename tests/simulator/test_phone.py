"""The pretend phone in a browser: what it shows, and that its buttons do what they say."""

import pytest

from simulator.desk import KARI, Desk


async def test_a_phone_shows_its_codes_and_that_nothing_is_real(desk: Desk) -> None:
    await desk.person(story="Has a new app.")

    page = await desk.call("GET", f"/phone/{KARI}")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "SIMULATION" in page.text
    assert "Has a new app." in page.text
    assert f"https://qr.vipps.no/28/2/01/031/{KARI}?v=1" in page.text
    assert "https://qr.vipps.no/p/" in page.text
    assert page.text.count("<svg") == 2
    assert "Nothing waits." in page.text


async def test_a_phone_runs_no_foreign_script(desk: Desk) -> None:
    await desk.person(name="<script>alert(1)</script>", story='"><img src=x>')
    page = await desk.call("GET", f"/phone/{KARI}")
    listed = await desk.call("GET", "/phone")

    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    for shown in (page, listed):
        assert "<script>alert" not in shown.text
        assert "<img" not in shown.text
        assert "style=" not in shown.text


async def test_a_request_shows_who_asks_for_what_with_which_code(desk: Desk) -> None:
    await desk.person()
    await desk.asked(binding_message="4MX-CQ3", scope="openid name email delegatedConsents")
    bare = await desk.asked(scope="openid")

    page = (await desk.call("GET", f"/phone/{KARI}")).text

    assert "Nordlys Kaffe" in page
    assert "4MX-CQ3" in page
    assert "name, email, delegatedConsents" in page
    assert page.count('type="checkbox"') == 4
    assert f"/phone/{KARI}/requests/{bare}/approve" in page


@pytest.mark.parametrize(("button", "outcome"), [("approve", 200), ("decline", 400)])
async def test_a_button_answers_and_leads_back_to_the_phone(desk: Desk, button: str, outcome: int) -> None:
    await desk.person()
    auth_req_id = await desk.asked(scope="openid delegatedConsents")

    pressed = await desk.call("POST", f"/phone/{KARI}/requests/{auth_req_id}/{button}", data={"sms": "on"})

    assert (pressed.status, pressed.headers["Location"]) == (303, f"/phone/{KARI}")
    await desk.later(5)
    reply = await desk.collect(auth_req_id)
    assert reply.status == outcome
    if outcome == 200:
        boxes = (await desk.userinfo(reply.json)).json["delegatedConsents"]["consents"]
        assert [box["id"] for box in boxes if box["accepted"]] == ["sms"]


async def test_a_required_box_left_open_is_refused_by_the_phone_too(desk: Desk) -> None:
    await desk.person()
    await desk.switch(consents=[{"id": "terms", "title": "The terms", "required": True}])
    auth_req_id = await desk.asked(scope="openid customFlow")

    assert " required" in (await desk.call("GET", f"/phone/{KARI}")).text
    assert (await desk.call("POST", f"/phone/{KARI}/requests/{auth_req_id}/approve")).status == 422


@pytest.mark.parametrize("button", ["approve", "decline"])
async def test_a_request_that_is_gone_says_so(desk: Desk, button: str) -> None:
    await desk.person()

    assert (await desk.call("POST", f"/phone/{KARI}/requests/gone/{button}")).status == 409
    assert (await desk.call("POST", f"/phone/4740000099/requests/gone/{button}")).status == 409


async def test_a_phone_without_push_does_not_look_for_news(desk: Desk) -> None:
    await desk.person()
    assert "data-looks" in (await desk.call("GET", f"/phone/{KARI}")).text
    await desk.person(push=False)
    page = (await desk.call("GET", f"/phone/{KARI}")).text

    assert "data-looks" not in page
    assert "refresh to see" in page


async def test_the_list_leads_to_every_phone(desk: Desk) -> None:
    assert "Nobody here yet" in (await desk.call("GET", "/phone")).text
    await desk.person()

    assert f'href="/phone/{KARI}"' in (await desk.call("GET", "/phone")).text
    assert (await desk.call("GET", "/phone/4740000099")).status == 404


async def test_style_and_script_come_from_here(desk: Desk) -> None:
    style = await desk.call("GET", "/phone/phone.css")
    script = await desk.call("GET", "/phone/phone.js")

    assert style.headers["Content-Type"].startswith("text/css")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "fetch(" in script.text
