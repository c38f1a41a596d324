"""The pretend phone in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from playwright.async_api import expect

from browser.phone import HAND, PATIENCE, Phone, open_phone, own_simulator
from browser.phone_states import TERMS, stickers
from medlem.simulator.app import start
from simulator.desk import KARI, OLA, Desk, receiving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Page

    OpenPage = Callable[..., Awaitable[Page]]

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def desk() -> AsyncIterator[Desk]:
    async with own_simulator() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def phone(desk: Desk, open_page: OpenPage) -> AsyncIterator[Phone]:
    await desk.person(story="Has a new app.")
    opened = await open_phone(await open_page(**HAND), desk, KARI)
    yield opened
    assert opened.hosts == {desk.url}
    assert opened.errors == []
    assert await opened.complaints() == []


async def given(desk: Desk, auth_req_id: str) -> list[str]:
    """The consents that reached the merchant."""
    await desk.later(5)
    tokens = (await desk.collect(auth_req_id)).json
    consents = (await desk.userinfo(tokens)).json["delegatedConsents"]["consents"]
    return [each["id"] for each in consents if each["accepted"]]


async def test_a_request_arrives_by_itself_with_its_code_and_what_is_shared(phone: Phone) -> None:
    await phone.says(phone.page.locator("#nothing"), "Nothing waits")

    await phone.asked()

    await phone.says(phone.page.locator("#push"), "Nordlys Kaffe")
    await phone.says(phone.question.locator(".letters"), "4MX-CQ3")
    assert await phone.question.locator(".shares li").all_inner_texts() == [
        "your name",
        "your phone number",
        "your email address",
    ]
    await phone.says(phone.page.locator("#said"), "Nordlys Kaffe")


async def test_yes_shares_only_what_was_ticked(phone: Phone) -> None:
    asked = await phone.asked()
    ticks = phone.question.get_by_role("checkbox")
    assert [await tick.is_checked() for tick in await ticks.all()] == [False] * 4

    await phone.tick("Receive offers via SMS").check()
    await phone.button("Approve").click()

    await phone.says(phone.outcome, "Nordlys Kaffe got your name, your phone number")
    await phone.says(phone.outcome.locator(".given"), "Receive offers via SMS")
    await expect(phone.question).to_have_count(0)
    assert await given(phone.desk, asked) == ["sms"]
    await phone.button("Done").click()
    await expect(phone.outcome).to_have_count(0)
    await phone.says(phone.page.locator("#past"), "Shared")


async def test_no_shares_nothing(phone: Phone) -> None:
    asked = await phone.asked()

    await phone.button("Decline").click()

    await phone.says(phone.outcome, "Nordlys Kaffe got nothing")
    await phone.desk.later(5)
    assert (await phone.desk.collect(asked)).error == (400, "access_denied")


async def test_a_required_consent_is_marked_and_must_be_ticked(phone: Phone) -> None:
    await phone.desk.switch(consents=[TERMS])
    asked = await phone.asked()
    await phone.says(phone.question, "needed to go on")

    await phone.button("Approve").click()
    assert await phone.tick("The terms of the club").evaluate("box => box.matches(':invalid')")
    await expect(phone.question).to_be_visible()
    await phone.tick("The terms of the club").check()
    await phone.button("Approve").click()

    await phone.says(phone.outcome, "Shared")
    assert await given(phone.desk, asked) == ["terms"]


async def test_a_request_that_is_too_old_leaves_the_phone(phone: Phone) -> None:
    await phone.asked(requested_expiry="60")
    await expect(phone.question.locator("[data-part=left]")).to_have_text(re.compile(r"^(1:00|0:5\d) left$"))

    await phone.desk.later(60)

    await phone.says(phone.outcome, "Too late")
    await expect(phone.question).to_have_count(0)


async def test_ticks_stay_while_other_requests_come(phone: Phone) -> None:
    await phone.asked()
    await phone.tick("Receive offers via email").check()

    await phone.ask(scope="openid name", binding_message="7KX-RT9")

    await expect(phone.question).to_have_count(2, timeout=PATIENCE)
    assert await phone.tick("Receive offers via email").is_checked()


async def test_a_request_answered_elsewhere_leaves_the_phone(phone: Phone) -> None:
    asked = await phone.asked()

    await phone.desk.press("decline", asked)

    await phone.says(phone.outcome, "Declined")


async def test_without_push_nothing_shows_before_a_refresh(phone: Phone) -> None:
    await phone.desk.call("PATCH", f"/sim/people/{KARI}", json={"push": False})
    refresh = phone.button("Pull down to refresh")
    await expect(refresh).to_be_visible(timeout=PATIENCE)

    await phone.ask()
    # Another piece of news has come through, so the request has too.
    await phone.desk.call("PATCH", f"/sim/people/{KARI}", json={"name": "Kari Lie"})
    await phone.says(phone.page.locator("#name"), "Kari Lie")
    await expect(phone.question).to_have_count(0)
    await expect(phone.page.locator("#push")).to_be_hidden()

    await refresh.click()
    await expect(phone.question).to_be_visible()


async def test_a_new_number_moves_the_page_along(phone: Phone) -> None:
    await phone.button("Change this person").click()
    await phone.page.get_by_label("Number, with country code").fill(OLA)
    await phone.button("Change the number").click()

    await phone.says(phone.page.locator("#number"), "+47 400 00 051")
    assert phone.page.url == f"{phone.desk.url}/phone/{OLA}"
    await phone.desk.asked(OLA)
    await expect(phone.question).to_be_visible(timeout=PATIENCE)
    await phone.says(phone.page.locator("#content"), OLA)


async def test_a_number_that_somebody_has_is_refused_in_words(phone: Phone) -> None:
    await phone.desk.person(OLA)
    await phone.button("Change this person").click()
    await phone.page.get_by_label("Number, with country code").fill(OLA)
    await phone.button("Change the number").click()

    await phone.says(phone.page.get_by_role("alert"), "Somebody has that number")
    phone.errors.clear()  # The browser notes every refusal.


async def test_withdrawing_ends_the_sharing_and_asks_for_consents_again(phone: Phone) -> None:
    tokens = await phone.desk.logged_in(scope="openid name delegatedConsents")

    await phone.button("Change this person").click()
    await phone.button("Withdraw my consent").click()
    await phone.says(phone.page.locator("#settings-said"), "Withdrawn")
    await phone.button("Close").click()

    assert (await phone.desk.userinfo(tokens)).status == 401
    await phone.asked()
    assert await phone.question.get_by_role("checkbox").count() == 4


async def test_the_drawer_changes_the_person(phone: Phone) -> None:
    await phone.button("Change this person").click()
    await phone.page.get_by_label("App").select_option("old")
    await phone.says(phone.page.locator("#settings-said"), "Saved")
    await phone.page.get_by_label("Answers").select_option("decline")
    await phone.page.get_by_label("After so many seconds").fill("3")
    await phone.page.get_by_role("spinbutton", name="Age").fill("14")
    await phone.page.get_by_label("Push messages are on").uncheck()
    await phone.button("Close").click()

    await phone.says(phone.page.locator("#unusable"), "too old")
    await expect(phone.button("Pull down to refresh")).to_be_visible(timeout=PATIENCE)
    traits = await phone.person()
    assert [traits[name] for name in ("app", "answers", "after", "age", "push")] == ["old", "decline", 3, 14, False]


async def test_a_tokenised_code_renews_itself_before_it_is_too_old(phone: Phone) -> None:
    content = phone.page.locator("#content")
    await phone.page.get_by_role("radio", name="Tokenised").check()
    await phone.says(content, "https://qr.vipps.no/p/")
    first = await content.inner_text()

    await phone.desk.later(299)

    await expect(content).not_to_have_text(first, timeout=PATIENCE)
    assert (await phone.desk.exchange(await content.inner_text())).json["msisdn"] == KARI


async def test_the_text_of_the_code_is_copied_for_the_till(phone: Phone) -> None:
    await phone.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await phone.says(phone.page.locator("#content"), KARI)

    await phone.button("Copy the text").click()

    await phone.says(phone.page.locator("#said"), "Copied")
    assert await phone.page.evaluate("navigator.clipboard.readText()") == await phone.desk.qr("clear")


async def test_everything_works_by_keyboard_alone(phone: Phone) -> None:
    asked = await phone.asked()
    keys = phone.page.keyboard
    await phone.page.locator("#push").focus()
    await keys.press("Enter")
    await expect(phone.question.locator("h3")).to_be_focused()
    await keys.press("Tab")
    await expect(phone.tick("Receive offers via email")).to_be_focused()
    await keys.press("Space")
    for _ in range(4):
        await keys.press("Tab")
    await expect(phone.button("Approve")).to_be_focused()
    await keys.press("Enter")

    await expect(phone.outcome.locator("h3")).to_be_focused(timeout=PATIENCE)
    await keys.press("Tab")
    await keys.press("Enter")
    await expect(phone.page.locator("#requests-title")).to_be_focused()
    assert await given(phone.desk, asked) == ["email"]


async def test_the_drawer_opens_and_closes_by_keyboard(phone: Phone) -> None:
    await phone.button("Change this person").focus()
    await phone.page.keyboard.press("Enter")
    await expect(phone.page.locator("#settings")).to_be_visible()
    await phone.page.keyboard.press("Escape")

    await expect(phone.page.locator("#settings")).to_be_hidden()
    await expect(phone.button("Change this person")).to_be_focused()


async def test_the_page_goes_on_when_the_simulator_was_started_again(open_page: OpenPage, tmp_path: Path) -> None:
    first = await start(directory=tmp_path)
    port = int(first.url.rpartition(":")[2])
    async with ClientSession() as session:
        desk = Desk(session, first)
        desk.keys = (await desk.call("GET", "/sim/credentials")).json
        await desk.person()
        phone = await open_phone(await open_page(**HAND), desk, KARI)
        await first.close()
        await expect(phone.page.locator("#lost")).to_be_visible(timeout=PATIENCE)

        again = Desk(session, await start(directory=tmp_path, port=port), desk.keys)
        await again.asked(KARI)
        await expect(phone.question).to_be_visible(timeout=PATIENCE)
        await expect(phone.page.locator("#lost")).to_be_hidden()
        await phone.button("Approve").click()
        await phone.says(phone.outcome, "Shared")
        await again.running.close()


async def test_the_language_is_chosen_on_the_page_and_kept(phone: Phone) -> None:
    await phone.button("Norsk").click()

    await expect(phone.page.get_by_role("heading", name="Min QR-kode")).to_be_visible(timeout=PATIENCE)
    await phone.page.goto(f"{phone.desk.url}/")
    await expect(phone.page.get_by_role("heading", name="Dårlige dager")).to_be_visible(timeout=PATIENCE)


async def test_the_phone_scans_the_sticker_that_is_chosen_and_says_what_came_of_it(phone: Phone) -> None:
    scanned = phone.page.locator("#scanned")
    await expect(phone.page.locator("#scan")).to_be_hidden()
    await stickers(phone)
    await phone.page.locator("#stickers button").last.click()
    await phone.says(scanned, "The code was not found")
    async with receiving() as receiver:
        await phone.desk.register(receiver.url, "user.checked-in.v1")
        await phone.page.locator("#stickers button").first.click()
        assert b'"till-1"' in (await receiver.next()).body
        await phone.says(scanned, "You are checked in")
        await phone.says(scanned, "Till 1")
