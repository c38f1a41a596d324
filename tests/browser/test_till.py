"""The till page with real customers behind it: what a cashier sees, and what the next customer must not see."""

from contextlib import AsyncExitStack

import aiohttp
import pytest
from playwright.async_api import expect

from browser.conftest import OpenPage, OpenTill
from browser.people import World
from browser.states import STATES
from browser.till import PATIENCE, Till, open_till

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHIP = ".chip"


async def test_a_scan_becomes_a_member(till: Till, world: World) -> None:
    customer = world.customer(name="Kari Nordmann")
    await till.scan(customer.code("token"))
    await till.invite()
    await till.shows("waiting")
    (request,) = customer.requests()
    assert await till.code() == request["binding_message"]
    customer.approve()
    await till.shows("accepted")
    await till.says("Kari N.")
    assert customer.msisdn not in await till.page.content()
    await till.press("Enter")
    await till.shows("idle")
    await till.scan(customer.code())
    await till.shows("member")
    assert customer.pushes() == 1


async def test_a_member_costs_no_tap(till: Till, world: World) -> None:
    await till.scan(world.member("Anne", "Solberg").code())
    await till.shows("member")
    await till.says("Anne S.")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "From 12 minutes ago. The register does not answer now."),
        ("nb", "Slik det var for 12 minutter siden. Registeret svarer ikke nå."),
    ],
)
async def test_what_the_register_said_before_bears_its_age(till: Till, language: str, line: str) -> None:
    await till.page.select_option("#language", language)
    await STATES["remembered"](till)
    await till.says("Anne S.")
    await till.says(line)
    assert line in await till.page.locator("#status").inner_text()


async def test_a_customer_may_say_no(till: Till, world: World) -> None:
    customer = world.customer()
    await till.ask(customer)
    customer.decline()
    await till.shows("declined")
    assert await till.page.locator('[data-action="again"]').count() == 0, "nobody is nagged"


async def test_who_does_not_answer_is_asked_at_most_twice_more(till: Till, world: World) -> None:
    customer = world.customer()
    await till.ask(customer)
    for _ in range(2):
        world.later(200)
        await till.shows("expired")
        await till.page.locator('[data-action="again"][aria-disabled="false"]').wait_for()
        await till.press("F2")
        await till.shows("waiting")
    world.later(200)
    await till.shows("expired")
    assert await till.page.locator('[data-action="again"]').count() == 0
    assert customer.pushes() == 3


@pytest.mark.parametrize(("app", "state"), [("old", "app_too_old"), ("none", "cannot_use_app")])
async def test_who_cannot_use_the_app_signs_up_another_way(till: Till, world: World, app: str, state: str) -> None:
    await till.look_up(world.customer(app=app))
    await till.invite()
    await till.shows(state)
    await till.press("F8")
    await till.shows("signup")
    await till.says("Ask the customer to scan this")


async def test_a_page_loaded_anew_goes_on_where_it_was(till: Till, world: World) -> None:
    customer = world.customer()
    await till.look_up(customer)
    await till.shows("not_member")
    await till.page.reload()
    await till.invite()
    await till.shows("waiting")
    code = await till.code()
    await till.page.reload()
    await till.shows("waiting")
    assert await till.code() == code
    await till.press("Escape")
    await till.shows("idle")
    await till.page.reload()
    await till.shows("idle")
    await till.page.wait_for_selector(CHIP)
    customer.approve()
    await till.page.wait_for_selector('.chip[data-state="accepted"]')
    await expect(till.page.locator("#status")).to_contain_text("Now a member")


async def test_a_result_is_not_left_for_the_next_customer(a_till: OpenTill, world: World) -> None:
    till = await a_till()
    await till.page.clock.install()
    await till.look_up(world.member("Anne", "Solberg"))
    await till.shows("member")
    await till.page.clock.run_for(7_000)
    assert await till.state() == "member"
    await till.page.clock.run_for(1_500)
    await till.shows("idle")
    assert "Anne" not in await till.page.content()
    await till.page.reload()
    await till.shows("idle")


async def test_nothing_is_left_on_a_screen_that_is_put_aside(till: Till, world: World) -> None:
    await till.look_up(world.member("Anne", "Solberg"))
    await till.shows("member")
    await till.page.evaluate(
        "Object.defineProperty(document, 'hidden', { value: true });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    await till.shows("idle")


async def test_a_window_that_gets_no_keys_says_so(till: Till) -> None:
    await till.page.evaluate("document.hasFocus = () => false; dispatchEvent(new Event('blur'))")
    await till.page.click("#unfocused")
    await till.page.evaluate("delete document.hasFocus; dispatchEvent(new Event('focus'))")
    await expect(till.page.locator("#unfocused")).to_be_hidden()


async def test_escape_clears_the_number(till: Till) -> None:
    await till.type("4123")
    await till.settle()
    await till.press("Escape")
    await expect(till.page.locator("#number")).to_have_value("")


async def test_a_number_that_nobody_finished_goes_away(a_till: OpenTill) -> None:
    till = await a_till()
    await till.page.clock.install()
    await till.type("4123")
    await till.page.clock.run_for(31_000)
    assert await till.page.input_value("#number") == ""


async def test_a_wrong_number_comes_back_to_be_put_right(till: Till) -> None:
    for wrong in ("12", "22 33 44 55 66 77"):
        await till.page.fill("#number", wrong)
        await till.press("Enter")
        await till.shows("invalid_number")
        await expect(till.page.locator("#number")).to_have_value(wrong)
        await till.press("Escape")
        await till.shows("idle")


async def test_the_country_is_chosen_and_never_guessed(till: Till, world: World) -> None:
    world.customer(msisdn="4520123456")
    await till.page.check('input[value="DK"]', force=True)
    await till.page.fill("#number", "20 12 34 56")
    await till.press("Enter")
    await till.shows("not_member")
    assert await till.posted("/v1/identifications") == [{"phone": "20 12 34 56", "country": "DK"}]


async def test_the_next_customer_is_served_while_the_first_makes_up_her_mind(till: Till, world: World) -> None:
    first = world.customer()
    await till.ask(first)
    code = await till.code()
    await till.press("Escape")
    await till.shows("idle")
    await till.page.click(CHIP)
    await till.shows("waiting")
    assert await till.code() == code
    await till.press("Escape")
    await till.shows("idle")
    first.decline()
    await till.page.wait_for_selector('.chip[data-state="declined"]')
    await till.page.click(CHIP)
    await till.shows("declined")
    await till.press("Escape")
    await till.shows("idle")
    assert await till.page.locator(CHIP).count() == 0


async def test_two_tills_that_ask_one_phone_ask_once(a_till: OpenTill, world: World) -> None:
    one, other = await a_till("Till 1"), await a_till("Till 2")
    customer = world.customer()
    await one.ask(customer)
    await other.ask(customer)
    assert await one.code() == await other.code()
    customer.approve()
    await one.shows("accepted")
    await other.shows("accepted")
    assert customer.pushes() == 1


async def test_tills_do_not_see_each_others_customers(a_till: OpenTill, world: World) -> None:
    one, other = await a_till("Till 1"), await a_till("Till 2")
    await one.ask(world.customer())
    await other.look_up(world.customer())
    await other.shows("not_member")
    assert await other.page.locator(CHIP).count() == 0
    assert await one.state() == "waiting"


async def test_another_program_at_the_station_shows_its_customer_here(till: Till, world: World) -> None:
    customer = world.customer()
    found = world.api("POST", "/v1/identifications", {"phone": f"+{customer.msisdn}"}, till.station["key"])
    await till.shows("not_member")
    world.api("POST", "/v1/enrolments", {"identification": found["id"]}, till.station["key"])
    await till.shows("waiting")


async def test_everything_goes_by_keyboard_alone(till: Till, world: World) -> None:
    customer = world.customer()
    await till.type(customer.spoken)
    await till.settle()
    await till.press("Enter")
    await till.invite()
    await till.shows("waiting")
    await till.settle()
    await till.press("Enter")
    await till.settle()
    assert await till.state() == "waiting", "a second Enter does not take the code away"
    await till.press("Escape")
    await till.shows("idle")
    await till.settle()
    await till.press("F8")
    await till.shows("signup")
    await till.settle()
    await till.type("7")
    await till.shows("idle")
    await expect(till.page.locator("#number")).to_have_value("7")


async def test_a_second_tap_sends_nothing(till: Till, world: World) -> None:
    await till.look_up(world.customer())
    await till.shows("not_member")
    await till.page.evaluate("document.querySelector('[data-action=invite]').click()")
    assert await till.posted("/v1/enrolments") == [], "the button has only just appeared"
    await till.page.locator('[data-action="invite"][aria-disabled="false"]').wait_for()
    await till.page.evaluate("const it = document.querySelector('[data-action=invite]'); it.click(); it.click();")
    await till.shows("waiting")
    assert len(await till.posted("/v1/enrolments")) == 1


async def test_a_killed_service_loses_no_yes(till: Till, world: World) -> None:
    customer = world.customer()
    await till.ask(customer)
    code = await till.code()
    world.kill_service()
    customer.approve()
    await till.shows("accepted")
    await till.page.wait_for_selector('#line[data-line="live"]')
    assert code == code.upper()
    assert customer.pushes() == 1


async def test_without_a_live_line_answers_still_come(till: Till, world: World) -> None:
    customer = world.customer()
    await till.ask(customer)
    await till.page.route("**/v1/events", lambda route: route.abort())
    world.kill_service()
    await till.page.wait_for_selector('#line[data-line="lost"]')
    customer.approve()
    await till.shows("accepted")
    await till.page.unroute("**/v1/events")
    await till.page.wait_for_selector('#line[data-line="live"]', timeout=PATIENCE)


async def test_a_line_that_ends_properly_is_taken_up_again_without_a_pause(till: Till, world: World) -> None:
    await till.stop_clock()
    await till.page.clock.run_for(2_000)
    headers = {"Authorization": f"Bearer {till.station['key']}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        AsyncExitStack() as others,
        till.page.expect_request("**/v1/events", timeout=PATIENCE),
    ):
        for _ in range(8):  # a ninth stream ends the oldest, which is the page's
            await others.enter_async_context(session.get(f"{world.service}/v1/events"))


async def test_the_sale_goes_on_when_the_service_does_not_answer(till: Till, world: World) -> None:
    customer = world.member("Anne", "Solberg")
    await till.page.route("**/v1/identifications", lambda route: route.abort())
    await till.look_up(customer)
    await till.shows("down")
    await till.says("Carry on with the sale")
    await till.page.unroute("**/v1/identifications")
    await till.press("Enter")
    await till.shows("member")


async def test_a_till_that_was_taken_out_of_service_wants_to_be_paired(till: Till, world: World) -> None:
    world.api("DELETE", f"/v1/stations/{till.station['id']}")
    await till.shows("pairing")
    assert await till.page.text_content("#station") == "medlem"


async def test_a_code_is_typed_as_it_was_read_out(world: World, open_page: OpenPage) -> None:
    page = await open_page()
    station, code = world.station("Till 9")
    await page.goto(f"{world.service}/till")
    await page.wait_for_selector('body[data-state="pairing"]')
    assert station["name"] not in await page.content()
    await page.fill("#pairing", "CCCC")
    await page.keyboard.press("Enter")
    await expect(page.locator("#pairing-error")).to_contain_text("eight characters")
    await page.fill("#pairing", "cccc-cccc")
    await page.keyboard.press("Enter")
    await expect(page.locator("#pairing-error")).to_contain_text("Ask for a new one")
    await page.fill("#pairing", f"{code[:4]} - {code[4:]}".lower())
    await page.keyboard.press("Enter")
    await page.wait_for_selector('body[data-state="idle"]')
    assert await page.text_content("#station") == "Till 9"


async def test_a_pairing_code_does_not_stay_in_the_address(world: World, open_page: OpenPage) -> None:
    page = await open_page()
    await open_till(page, world)
    assert page.url == f"{world.service}/till"
    # A used code in an old link does no harm to a till that is paired.
    await page.goto(f"{world.service}/till#pair=CCCCCCCC")
    await page.wait_for_selector('body[data-state="idle"]')
