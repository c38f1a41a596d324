"""The merchant's page: what a phone brings leaves the address, and what becomes of it is seen by its browser alone."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from prometheus_client import REGISTRY

from fakes_platform import RedeemTrouble
from medlem.club.enrolment import Finish
from medlem.club.extras import Choice, Extra, ExtraKind
from medlem.club.ids import ClubId
from medlem.web.finish.sheet import sheet
from service import Reply, Service, open_service, until
from shop import KARI, OLA, Shop

PAGE = "/finish/100001"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
EXTRAS = (
    Extra(name="size", kind=ExtraKind.TEXT, label={"en": "Shoe <size>", "nb": "Skostørrelse"}),
    Extra(
        name="heard",
        kind=ExtraKind.CHOICE,
        label={"en": "How did you hear of us?"},
        choices=(Choice("friend", {"en": "From a friend", "nb": "Fra en venn"}), Choice("sign", {"en": "The sign"})),
    ),
    Extra(name="gift", kind=ExtraKind.YES_NO, label={"en": "A gift?", "nb": "En gave?"}),
)


async def wanted(club: ClubId) -> Sequence[Extra]:
    del club
    return EXTRAS


@pytest.fixture
def page(shop: Shop) -> Shop:
    """A shop whose customers finish on the page; Kari is one of them."""
    shop.platform.finishes = Finish.ON_PAGE
    shop.kari()
    return shop


async def get(service: Service, query: str = "", cookie: str | None = None, **headers: str) -> Reply:
    named = {"Accept-Language": "en", **headers} | ({} if cookie is None else {"Cookie": cookie})
    return await service.call("GET", f"{PAGE}{query}", None, headers=named, allow_redirects=False)


async def brought(service: Service, code: str) -> str:
    """The phone opens the page with a code; the cookie that it is given."""
    reply = await get(service, f"?{urlencode({'code': code})}")
    assert (reply.status, reply.headers["Location"]) == (303, "./100001")
    return str(reply.headers["Set-Cookie"]).partition(";")[0]


async def joined(service: Service, shop: Shop, msisdn: str = KARI) -> str:
    """Ask, say yes and come to the page; the browser's cookie."""
    await service.ask(f"+{msisdn}")
    return await brought(service, shop.platform.approve(msisdn) or "")


async def digest(shop: Shop) -> str:
    """What the one landing is known by."""
    (landing,) = await shop.storage.reading.landings.left_lying(shop.clock.now() + timedelta(minutes=1), 10)
    return landing.digest


async def send(service: Service, cookie: str, word: str, **said: str) -> Reply:
    body = urlencode({"word": word} | {f"extra-{name}": answer for name, answer in said.items()})
    headers = {**FORM, "Cookie": cookie, "Accept-Language": "en"}
    return await service.call("POST", PAGE, None, data=body, headers=headers, allow_redirects=False)


def word_in(reply: Reply) -> str:
    found = re.search(r'name="word" value="(\w+)"', reply.raw.decode())
    assert found is not None, reply.raw
    return found[1]


async def test_the_new_member_is_welcomed_and_the_till_is_told(page: Shop) -> None:
    async with open_service(page) as service:
        asked = await service.ask()
        cookie = await brought(service, page.platform.approve(KARI) or "")
        reply = await get(service, cookie=cookie)
        text = reply.raw.decode()
        assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert "<h1>Welcome, Kari!</h1>" in text
        shown = (await service.get(f"/v1/enrolments/{asked['id']}")).body
        assert shown["state"] == "accepted"
        assert shown["member"]["member_number"] in text
        assert "<form" not in text


async def test_the_page_shows_the_first_name_and_the_number_and_nothing_else(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        text = (await get(service, cookie=await joined(service, page))).raw.decode()
        for secret in ("Nordmann", KARI, KARI.removeprefix("47"), "mem_", "enr_"):
            assert secret not in text


async def test_the_code_leaves_the_address_and_nobody_is_told_where_it_came_from(page: Shop) -> None:
    async with open_service(page) as service:
        await service.ask()
        reply = await get(service, f"?code={page.platform.approve(KARI)}&more=1")
        assert reply.status == 303
        assert "?" not in reply.headers["Location"]
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert reply.headers["Cache-Control"] == "no-store"
        cookie = reply.headers["Set-Cookie"]
        assert cookie.startswith("medlem-finish=")
        assert {part.strip() for part in cookie.split(";")[1:]} == {"Path=/", "Max-Age=900", "HttpOnly", "SameSite=Lax"}


async def test_behind_tls_the_cookie_is_for_this_host_and_tls_alone(page: Shop) -> None:
    async with open_service(page, trusted_proxies=["127.0.0.1"]) as service:
        await service.ask()
        behind = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
        reply = await get(service, f"?code={page.platform.approve(KARI)}", **behind)
        assert reply.headers["Set-Cookie"].startswith("__Host-medlem-finish=")
        assert "; Secure" in reply.headers["Set-Cookie"]


async def test_in_the_clear_no_cookie_leaves_this_machine_and_the_member_is_made_all_the_same(page: Shop) -> None:
    async with open_service(page, trusted_proxies=["127.0.0.1"]) as service:
        asked = await service.ask()
        reply = await get(service, f"?code={page.platform.approve(KARI)}", **{"X-Forwarded-For": "192.0.2.7"})
        assert reply.status == 303
        assert "Set-Cookie" not in reply.headers
        await page.ports.errands.finish()
        assert (await service.get(f"/v1/enrolments/{asked['id']}")).body["state"] == "accepted"


async def test_the_page_runs_nothing_and_sends_nothing_elsewhere(page: Shop) -> None:
    async with open_service(page) as service:
        reply = await get(service)
        policy = dict(part.strip().partition(" ")[::2] for part in reply.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "script-src" not in policy
        assert re.findall(r"<script|<style|\bstyle=|\bon\w+=|{{", reply.raw.decode()) == []


async def test_an_address_that_is_opened_twice_redeems_once(page: Shop) -> None:
    page.platform.person(OLA)
    async with open_service(page) as service:
        await service.ask(f"+{OLA}")
        await service.ask()
        code = page.platform.approve(KARI) or ""
        first, second = await brought(service, code), await brought(service, code)
        for cookie in (first, second):
            assert b"Welcome, Kari!" in (await get(service, cookie=cookie)).raw
        assert page.platform.redeemed[code] == 1


async def test_without_the_cookie_there_is_nothing_to_see(page: Shop) -> None:
    async with open_service(page) as service:
        await joined(service, page)
        for cookie in (None, "medlem-finish=a-guess", "other=1"):
            reply = await get(service, cookie=cookie)
            assert reply.status == 200
            assert b"Nothing to see here" in reply.raw


async def test_a_stranger_with_a_made_up_code_learns_nothing(page: Shop) -> None:
    async with open_service(page) as service:
        reply = await get(service, "?code=made-up")
        assert "Set-Cookie" not in reply.headers, "nobody is being asked"
        assert page.platform.redeemed.total() == 0
        await service.ask()
        text = (await get(service, cookie=await brought(service, "made-up"))).raw
        assert b"We are not sure" in text


async def test_codes_from_one_place_are_not_taken_for_ever(page: Shop) -> None:
    async with open_service(page) as service:
        await service.ask()
        for number in range(100):
            await brought(service, f"made-up-{number}")
        reply = await get(service, "?code=one-more")
        assert reply.status == 429
        assert b"Not just now" in reply.raw
        assert page.platform.redeemed["one-more"] == 0


@pytest.mark.parametrize("query", ["?code=", "?code=a%00b", "?code=" + "a" * 3000, "?code=%C3%A9", "?%ff", "?code"])
async def test_what_can_be_no_code_is_not_taken(page: Shop, query: str) -> None:
    async with open_service(page) as service:
        await service.ask()
        reply = await get(service, query)
        assert reply.status in {200, 303}
        assert page.platform.redeemed.total() == 0


async def test_a_page_of_no_club_is_a_page_all_the_same(page: Shop) -> None:
    async with open_service(page) as service:
        for sales_unit in ("999999", "%00", "%C3%A9"):
            reply = await service.call("GET", f"/finish/{sales_unit}?code=x", None)
            assert reply.status == 404
            assert reply.headers["Content-Type"] == "text/html; charset=utf-8"


ERRORS = {
    "access_denied": "No thanks, then",
    "outdated_app_version": "The app needs an update",
    "server_error": "That did not work",
    "wrong_challenge": "That did not work",
    "unknown_reject_reason": "That did not work",
    "something_new": "That did not work",
}


@pytest.mark.parametrize("error", ERRORS)
async def test_an_error_names_nobody_so_it_is_told_and_counted_and_ends_nothing(page: Shop, error: str) -> None:
    label = {"error": "unknown" if error == "something_new" else error}
    before = REGISTRY.get_sample_value("medlem_finish_errors_total", label) or 0
    async with open_service(page) as service:
        asked = await service.ask()
        reply = await get(service, f"?error={error}&error_description=Kari+said+no")
        assert ERRORS[error] in reply.raw.decode()
        assert b"Kari" not in reply.raw
        assert (await service.get(f"/v1/enrolments/{asked['id']}")).body["state"] == "waiting"
    assert REGISTRY.get_sample_value("medlem_finish_errors_total", label) == before + 1


async def test_a_browser_that_waits_sees_the_welcome_as_soon_as_there_is_one(page: Shop) -> None:
    page.platform.redeem_troubles.append(RedeemTrouble.UNSENT)
    async with open_service(page) as service:
        cookie = await joined(service, page)
        await until(lambda: page.platform.redeemed.total() == 1)
        waiting = asyncio.create_task(get(service, cookie=cookie))
        await service.watched(await digest(page))
        await page.clock.turn(3)
        await page.work()
        assert b"Welcome, Kari!" in (await waiting).raw


async def test_a_page_that_has_waited_long_says_so_and_looks_again(page: Shop) -> None:
    page.platform.redeem_troubles.append(RedeemTrouble.UNSENT)
    async with open_service(page) as service:
        waiting = asyncio.create_task(get(service, cookie=await joined(service, page)))
        await service.watched(await digest(page))
        await page.clock.turn(10)
        reply = await waiting
        assert b"One moment" in reply.raw
        assert reply.headers["Refresh"] == "3"


@pytest.mark.parametrize(
    ("asked", "title"),
    [("nb-NO, en;q=0.5", "Ingenting å se her"), ("en", "Nothing to see here"), ("", "Ingenting å se her")],
)
async def test_it_speaks_the_customers_language(page: Shop, asked: str, title: str) -> None:
    async with open_service(page) as service:
        assert title in (await get(service, **{"Accept-Language": asked})).raw.decode()


def test_every_language_says_the_same_things() -> None:
    english, norwegian = sheet().words["en"], sheet().words["nb"]
    assert list(english) == list(norwegian)
    assert all(text.strip() for text in norwegian.values())


# -- what the new member adds


async def members(service: Service, msisdn: str = KARI) -> Any:
    (found,) = (await service.post("/v1/members/lookup", {"phone": f"+{msisdn}"}, "integration")).body["members"]
    return found


async def test_what_the_member_adds_is_in_the_members_api(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        form = await get(service, cookie=cookie)
        assert "Shoe &lt;size&gt;" in form.raw.decode()
        reply = await send(service, cookie, word_in(form), size="  42  wide ", heard="friend", gift="yes")
        assert (reply.status, reply.headers["Location"]) == (303, "./100001")
        assert (await members(service))["extras"] == {"size": "42 wide", "heard": "friend", "gift": "yes"}
        assert b"Thank you!" in (await get(service, cookie=cookie)).raw


async def test_everything_may_be_left_out_and_what_nobody_asked_is_not_kept(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        word = word_in(await get(service, cookie=cookie))
        await send(service, cookie, word, size="", stranger="x")
        assert (await members(service))["extras"] == {}


async def test_the_form_is_taken_once(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        word = word_in(await get(service, cookie=cookie))
        await send(service, cookie, word, size="42")
        assert (await send(service, cookie, word, size="43")).status == 303
        assert (await members(service))["extras"] == {"size": "42"}


@pytest.mark.parametrize("said", [{"size": "x" * 201}, {"heard": "nobody"}, {"gift": "perhaps"}, {"size": "\x1b[2J"}])
async def test_what_cannot_be_taken_comes_back_with_what_was_filled_in(page: Shop, said: dict[str, str]) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        word = word_in(await get(service, cookie=cookie))
        reply = await send(service, cookie, word, **({"size": '4"2'} | said))
        text = reply.raw.decode()
        assert reply.status == 422
        assert 'role="alert"' in text
        assert "size" in said or 'value="4&quot;2"' in text
        assert (await members(service))["extras"] == {}


@pytest.mark.parametrize("word", ["", "0" * 64, "é"])
async def test_a_form_of_another_page_is_not_taken(page: Shop, word: str) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        assert (await send(service, cookie, word, size="42")).status == 403
        assert (await members(service))["extras"] == {}


async def test_a_form_from_another_site_is_not_taken(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        word = word_in(await get(service, cookie=cookie))
        headers = {**FORM, "Cookie": cookie, "Sec-Fetch-Site": "cross-site"}
        reply = await service.call("POST", PAGE, None, data=f"word={word}&extra-size=42", headers=headers)
        assert reply.status == 403
        assert (await members(service))["extras"] == {}


async def test_the_form_comes_as_a_form_and_not_too_large(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        assert (await service.post(PAGE, {"word": "x"}, None)).problem == "unsupported-media-type"
        large = await service.call("POST", PAGE, None, data="a=" + "b" * 70_000, headers=FORM)
        assert large.problem == "too-large"


async def test_a_quarter_of_an_hour_later_nothing_is_added(page: Shop) -> None:
    async with open_service(page, extras=wanted) as service:
        cookie = await joined(service, page)
        word = word_in(await get(service, cookie=cookie))
        await page.clock.turn(15 * 60)
        reply = await send(service, cookie, word, size="42")
        assert reply.status == 303
        assert b"Nothing to see here" in (await get(service, cookie=cookie)).raw
        assert (await members(service))["extras"] == {}


async def test_its_files_are_kept_for_ever_and_are_its_own(page: Shop) -> None:
    async with open_service(page) as service:
        text = (await get(service)).raw.decode()
        for name in re.findall(r'href="(files/\w+/[\w.]+)"', text):
            reply = await service.get(f"/finish/{name}", None)
            assert reply.status == 200
            assert "immutable" in reply.headers["Cache-Control"]
        assert (await service.get("/finish/files/000000000000/finish.css", None)).problem == "not-found"
        assert (await service.get(f"/finish/files/{sheet().version}/page.html", None)).problem == "not-found"
