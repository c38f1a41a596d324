"""The simulator's start page over HTTP: what it tells of people, faults, switches and calls."""

import msgspec

from medlem.simulator.switches import Switches
from simulator.desk import KARI, Desk
from simulator.stream import watching


async def test_the_start_page_shows_everything_there_is(desk: Desk) -> None:
    await desk.person(story="Has a new app.")
    await desk.person("4740000052", age=14)
    await desk.asked()

    page = await desk.call("GET", "/")
    async with watching(desk, "/news") as news:
        shown = (await news.next())["picture"]

    assert page.status == 200
    assert "SIMULATION" in page.text
    assert shown["credentials"] == desk.keys
    assert [(each["msisdn"], each["open"], each["usable"]) for each in shown["people"]] == [
        (KARI, 1, True),
        ("4740000052", 0, False),
    ]
    assert shown["people"][0]["story"] == "Has a new app."
    assert shown["calls"] == await desk.calls()


async def test_every_switch_is_there_with_its_value_its_default_and_its_choices(desk: Desk) -> None:
    await desk.switch(interval=2)

    async with watching(desk, "/news") as news:
        shown = {each["name"]: each for each in (await news.next())["picture"]["switches"]}

    assert list(shown) == [field.name for field in msgspec.structs.fields(Switches)]
    assert (shown["interval"]["value"], shown["interval"]["default"], shown["interval"]["choices"]) == (2, 5, None)
    assert shown["revocation_parts"]["choices"] == [2, 3]
    assert shown["client_auth"]["choices"] == ["client_secret_basic", "client_secret_post"]


async def test_calls_and_faults_are_news_at_once(desk: Desk) -> None:
    async with watching(desk, "/news") as news:
        assert (await news.next())["picture"]["faults"]["faults"] == []

        await desk.fault("access_token", "500")
        await news.until(lambda picture: picture["faults"]["faults"])

        await desk.get_token()
        shown = await news.until(lambda picture: picture["calls"]["operations"]["access_token"]["count"])

    assert shown["calls"]["operations"]["access_token"]["last"][0]["status"] == 500


async def test_the_page_knows_which_faults_mean_something_where(desk: Desk) -> None:
    async with watching(desk, "/news") as news:
        faults = (await news.next())["picture"]["faults"]

    only = {each["kind"]: each["only"] for each in faults["kinds"]}
    assert "token" in faults["operations"]
    assert (only["delay"], only["rotated_key"]) == ([], ["jwks", "token"])
