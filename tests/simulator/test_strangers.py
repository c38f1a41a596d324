"""Pages from elsewhere, open in the same browser, press no buttons here."""

import pytest

from simulator.desk import KARI, Desk

FOREIGN = (
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "same-origin"},
)


@pytest.mark.parametrize("headers", FOREIGN)
async def test_a_page_from_elsewhere_cannot_approve(desk: Desk, headers: dict[str, str]) -> None:
    await desk.person()
    asked = await desk.asked()

    reply = await desk.call("POST", f"/sim/requests/{asked}/approve", json={}, headers=headers)

    assert reply.status == 403
    assert reply.json.keys() == {"title", "status", "detail"}
    assert len((await desk.call("GET", f"/sim/people/{KARI}/requests")).json["requests"]) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/sim/people"),
        ("PATCH", f"/sim/people/{KARI}"),
        ("POST", f"/sim/people/{KARI}/revoke"),
        ("PUT", "/sim/faults"),
        ("PUT", "/sim/switches"),
        ("POST", "/sim/clock"),
        ("DELETE", "/sim/nothing"),
    ],
)
async def test_nor_change_anything_else(desk: Desk, method: str, path: str) -> None:
    reply = await desk.call(method, path, json={}, headers={"Origin": "https://elsewhere.example"})

    assert reply.status in {403, 404}
    assert reply.status == 403 or path == "/sim/nothing"


async def test_our_own_pages_can(desk: Desk) -> None:
    await desk.person()
    asked = await desk.asked()
    ours = {"Origin": desk.url, "Sec-Fetch-Site": "same-origin"}

    assert (await desk.call("POST", f"/sim/requests/{asked}/approve", json={}, headers=ours)).status == 204
    assert (await desk.call("POST", f"/sim/people/{KARI}/revoke", headers=ours)).status == 204


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_form_is_no_call_even_from_our_own_address(desk: Desk, kind: str) -> None:
    headers = {"Origin": desk.url, "Content-Type": kind}

    assert (await desk.call("POST", "/sim/clock", data='{"advance": 1}', headers=headers)).status == 415


async def test_a_program_says_neither_and_is_let_through(desk: Desk) -> None:
    assert (await desk.call("POST", "/sim/clock", data='{"advance": 1}')).status == 200


async def test_what_a_program_at_the_platform_says_of_itself_does_not_matter(desk: Desk) -> None:
    assert (await desk.get_token(Origin="https://elsewhere.example")).status == 200


async def test_no_page_from_elsewhere_is_allowed_to_read(desk: Desk) -> None:
    reply = await desk.call("GET", "/sim/credentials", headers={"Origin": "https://elsewhere.example"})

    assert not [name for name in reply.headers if name.lower().startswith("access-control")]
