"""`make live`, tried on the simulator in the place of the test environment, and without keys."""

from typing import Any

import pytest

from documented.live import NEEDED, OPTIONAL, TEST_HOST, run, settings
from simulator.desk import KARI, Desk

TRIED = "Everything is as documented."


def environment(desk: Desk, **more: str) -> dict[str, str]:
    return {
        "MEDLEM_LIVE_CLIENT_ID": desk.keys["client_id"],
        "MEDLEM_LIVE_CLIENT_SECRET": desk.keys["client_secret"],
        "MEDLEM_LIVE_SUBSCRIPTION_KEY": desk.keys["subscription_key"],
        "MEDLEM_LIVE_MSN": desk.keys["msn"],
        "MEDLEM_LIVE_URL": desk.url,
        **more,
    }


async def tried(desk: Desk, **more: Any) -> tuple[int, list[str]]:
    said: list[str] = []

    async def turn(seconds: float) -> None:
        await desk.later(seconds + 1)

    code = await run(environment(desk, **more), said.append, sleep=turn)
    return code, said


@pytest.mark.parametrize("missing", [*NEEDED, None])
async def test_without_keys_it_says_so_and_is_no_success(missing: str | None) -> None:
    said: list[str] = []
    some = {} if missing is None else dict.fromkeys(NEEDED, "x") | {missing: ""}
    assert await run(some, said.append) == 2
    text = "\n".join(said)
    assert "NOT TRIED" in text
    assert TRIED not in text
    for name in NEEDED | OPTIONAL:
        assert name in text
    assert text.count("(missing)") == (4 if missing is None else 1)


def test_it_calls_the_test_environment_unless_told_otherwise() -> None:
    keys = dict.fromkeys(NEEDED, "1")
    assert settings(keys)[0] == TEST_HOST
    assert settings(keys)[1].discovery_url.startswith(f"{TEST_HOST}/")


async def test_it_pushes_nothing_and_changes_nothing_by_default(desk: Desk) -> None:
    await desk.person()
    code, said = await tried(desk)
    assert (code, said[-1]) == (0, TRIED), said
    calls = await desk.calls()
    assert calls["pushes"] == {}
    assert (await desk.call("GET", "/webhooks/v1/webhooks", headers=await desk.merchant())).json["webhooks"] == []


async def test_with_a_number_it_asks_and_follows_the_answer(desk: Desk) -> None:
    await desk.person(answers="approve", after=10)
    code, said = await tried(desk, MEDLEM_LIVE_NUMBER=KARI)
    assert (code, said[-1]) == (0, TRIED), said
    assert "ok       client: the yes is read" in said
    calls = await desk.calls()
    assert (calls["pushes"], calls["violations"]) == ({KARI: 2}, 0)
    assert KARI not in "\n".join(said)


async def test_a_customer_who_says_no_is_no_difference(desk: Desk) -> None:
    await desk.person(answers="decline")
    code, said = await tried(desk, MEDLEM_LIVE_NUMBER=KARI)
    assert code == 0
    assert "   note  Declined: no yes, so nothing to read" in said


async def test_what_differs_is_told_and_is_no_success(desk: Desk) -> None:
    await desk.fault("discovery", "500")
    await desk.switch(unknown_code_status=404)
    code, said = await tried(desk)
    assert code == 1
    assert any(line.startswith("DIFFERS  discovery: status 500, not 200") for line in said)
    assert any(line.startswith("DIFFERS  exchange-refused: status 404, not 400") for line in said)
    assert said[-1].endswith("differ from what is documented.")


async def test_what_the_platform_has_added_is_news_and_no_difference(desk: Desk) -> None:
    await desk.switch(novelties=True)
    code, said = await tried(desk)
    assert (code, said[-1]) == (0, TRIED), said
    assert any(line.startswith("   new   access-token: /addedLater") for line in said)


async def test_keys_that_are_refused_are_told(desk: Desk) -> None:
    code, said = await tried(desk, MEDLEM_LIVE_CLIENT_SECRET="another")
    assert code == 1
    assert "DIFFERS  client: a code that nobody made is told as such: PlatformRefusedKeys" in said
