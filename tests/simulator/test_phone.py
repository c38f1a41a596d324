"""The pretend phone over HTTP: its page, its codes, and the news that reach it."""

import re
from typing import Any

import pytest
import segno

from simulator.desk import KARI, OLA, Desk
from simulator.stream import watching

FOUR = ["email", "sms", "digital", "personal"]


async def picture(desk: Desk, msisdn: str = KARI) -> Any:
    async with watching(desk, f"/phone/{msisdn}/news") as news:
        return (await news.next())["picture"]


async def test_a_phone_says_at_once_that_nothing_is_real(desk: Desk) -> None:
    await desk.person()

    page = await desk.call("GET", f"/phone/{KARI}")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "SIMULATION" in page.text
    assert f'data-msisdn="{KARI}"' in page.text


async def test_a_phone_lets_no_text_become_markup(desk: Desk) -> None:
    await desk.person(name="<script>alert(1)</script> {{band.word}} [[languages]]", story='"><img src=x>')

    page = (await desk.call("GET", f"/phone/{KARI}")).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{band.word}} [[languages]]" in page
    assert "<script>alert" not in page
    assert "<img" not in page


async def test_a_phone_with_no_owner_says_so(desk: Desk) -> None:
    page = await desk.call("GET", f"/phone/{KARI}")

    assert page.status == 404
    assert "Nobody has that number" in page.text
    assert (await desk.call("GET", f"/phone/{KARI}/news")).status == 404
    assert (await desk.call("GET", f"/phone/{KARI}/code")).status == 404


async def test_all_phones_are_found_on_the_start_page(desk: Desk) -> None:
    reply = await desk.call("GET", "/phone")

    assert (reply.status, reply.headers["Location"]) == (302, "/#people")


def drawn(code: Any) -> set[tuple[int, int]]:
    """The dark squares of a drawing."""
    strokes = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", code["path"])
    return {(int(x) + step, int(y)) for x, y, length in strokes for step in range(int(length))}


async def test_the_clear_code_is_drawn_as_its_text_says(desk: Desk) -> None:
    await desk.person()

    code = (await desk.call("GET", f"/phone/{KARI}/code?kind=clear")).json

    rows = segno.make(code["content"], error="m", micro=False).matrix
    assert code["content"] == await desk.qr("clear")
    assert code["expires_at"] is None
    assert code["size"] == len(rows)
    assert drawn(code) == {(x, y) for y, row in enumerate(rows) for x, dark in enumerate(row) if dark}


async def test_a_tokenised_code_is_new_each_time_and_says_until_when_it_is_good(desk: Desk) -> None:
    await desk.person()
    await desk.switch(personal_qr_lifetime=100)
    async with watching(desk, f"/phone/{KARI}/news") as news:
        now = (await news.next())["now"]

    first = (await desk.call("GET", f"/phone/{KARI}/code?kind=token")).json
    second = (await desk.call("GET", f"/phone/{KARI}/code?kind=token")).json

    assert first["content"] != second["content"]
    assert first["expires_at"] >= now + 100
    assert (await desk.exchange(first["content"])).json["msisdn"] == KARI
    await desk.later(first["expires_at"] - now + 1)
    assert (await desk.exchange(first["content"])).status == 400


async def test_there_are_two_kinds_of_code(desk: Desk) -> None:
    await desk.person()

    assert (await desk.call("GET", f"/phone/{KARI}/code?kind=round")).status == 404


async def test_a_request_shows_who_asks_for_what_with_which_code(desk: Desk) -> None:
    await desk.person()
    asked = await desk.asked(binding_message="4MX-CQ3", scope="openid name email delegatedConsents")

    shown = await picture(desk)

    (request,) = shown["requests"]
    assert shown["merchant"] == "Nordlys Kaffe"
    assert (request["id"], request["code"], request["shares"]) == (asked, "4MX-CQ3", ["name", "email"])
    assert [(box["id"], box["required"]) for box in request["consents"]] == [(box, False) for box in FOUR]


async def test_news_arrive_while_the_page_is_open(desk: Desk) -> None:
    await desk.person()
    async with watching(desk, f"/phone/{KARI}/news") as news:
        assert (await news.next())["picture"]["requests"] == []

        asked = await desk.asked(scope="openid name delegatedConsents")
        shown = await news.until(lambda picture: picture["requests"])
        assert shown["requests"][0]["id"] == asked

        await desk.press("approve", asked, consents={"sms": True})
        shown = await news.until(lambda picture: picture["past"])

    (outcome,) = shown["past"]
    assert shown["requests"] == []
    assert (outcome["id"], outcome["state"], outcome["shares"]) == (asked, "approved", ["name"])
    assert [box["title"] for box in outcome["consents"] if box["given"]] == ["Receive offers via SMS"]


async def test_what_became_of_the_latest_requests_is_still_on_the_phone(desk: Desk) -> None:
    await desk.person()
    for _ in range(4):
        await desk.press("decline", await desk.asked())
    await desk.press("approve", await desk.asked())
    await desk.asked(requested_expiry="60")
    await desk.later(60)

    past = (await picture(desk))["past"]

    assert [outcome["state"] for outcome in past] == ["expired", "approved", "declined", "declined", "declined"]


async def test_a_person_who_could_not_be_asked_saw_nothing(desk: Desk) -> None:
    await desk.switch(ineligible_told_at="poll")
    await desk.person(app="old")
    await desk.asked()

    shown = await picture(desk)

    assert (shown["usable"], shown["requests"], shown["past"]) == (False, [], [])


async def test_a_phone_is_followed_to_its_owners_new_number(desk: Desk) -> None:
    await desk.person()
    async with watching(desk, f"/phone/{KARI}/news") as news:
        await news.next()
        await desk.call("PATCH", f"/sim/people/{KARI}", json={"msisdn": OLA})
        await desk.person(name="Somebody else")

        shown = await news.until(lambda picture: picture["person"]["msisdn"] != KARI)

    assert (shown["person"]["msisdn"], shown["person"]["name"]) == (OLA, "Kari Nordmann")


async def test_a_stream_tells_the_same_picture_only_once(desk: Desk) -> None:
    await desk.person()
    await desk.person(OLA)
    async with watching(desk, f"/phone/{KARI}/news") as news:
        before = (await news.next())["picture"]
        await desk.asked(OLA)
        await desk.call("PATCH", f"/sim/people/{KARI}", json={"age": 31})

        after = (await news.next())["picture"]

    assert after["person"]["age"] == before["person"]["age"] + 1


async def test_a_turned_clock_is_news(desk: Desk) -> None:
    await desk.person()
    async with watching(desk, f"/phone/{KARI}/news") as news:
        before = (await news.next())["now"]
        await desk.later(300)

        assert (await news.next())["now"] >= before + 300


async def test_a_stopping_simulator_ends_the_streams(desk: Desk) -> None:
    await desk.person()
    async with watching(desk, f"/phone/{KARI}/news") as news:
        await news.next()
        await desk.running.close()

        with pytest.raises(EOFError):
            await news.next()


async def test_a_silent_stream_shows_that_it_lives(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medlem.simulator.screen.news.HEARTBEAT", 0.01)
    await desk.person()
    async with watching(desk, f"/phone/{KARI}/news") as news:
        await news.next()
        assert await news.line() == b"\n"

        assert await news.line() == b":\n"
