"""Members for the merchant's own systems."""

import pytest

from service import Service
from shop import KARI

KARIS = {"phone": "+4740000011", "profile": {"name": "Kari Nordmann", "email": "kari@example.org"}}


async def test_a_member_entered_by_hand_is_shown_in_full(service: Service) -> None:
    reply = await service.post("/v1/members", KARIS, "integration")
    assert reply.status == 201
    member = reply.body
    assert member["phone"] == "+4740000011"
    assert member["profile"]["name"] == "Kari Nordmann"
    assert (member["joined_at"], member["left_at"], member["station"]) == ("2026-11-23T10:00:00Z", None, None)
    assert member["consents"] == {}
    assert (await service.get(f"/v1/members/{member['id']}", "integration")).body == member


async def test_a_whole_profile_can_be_entered(service: Service) -> None:
    address = {"street_address": "Storgata 1", "postal_code": "0155", "region": "Oslo", "country": "NO"}
    profile = {"given_name": "Kari", "family_name": "Nordmann", "birthdate": "1990-01-01", "address": address}
    reply = await service.post("/v1/members", {"phone": "400 00 011", "profile": profile}, "integration")
    assert {name: reply.body["profile"]["address"][name] for name in address} == address


async def test_a_member_is_looked_up_by_number(service: Service) -> None:
    member = (await service.post("/v1/members", KARIS, "integration")).body
    assert (await service.post("/v1/members/lookup", {"phone": "+4740000011"}, "integration")).body == {
        "members": [member]
    }
    nobody = await service.post("/v1/members/lookup", {"phone": "+4740000012"}, "integration")
    assert (nobody.status, nobody.body) == (200, {"members": []})


async def test_a_member_who_logged_in_shows_where_they_joined(service: Service) -> None:
    service.shop.kari()
    await service.ask()
    service.shop.platform.approve(KARI)
    await service.shop.wait(6)
    [member] = (await service.get("/v1/members", "integration")).body["members"]
    assert member["station"] == service.shop.station.id
    assert member["phone"] == f"+{KARI}"


async def test_members_are_listed_page_by_page(service: Service) -> None:
    for last in range(5):
        await service.post("/v1/members", {"phone": f"+474000001{last}"}, "integration")
        await service.shop.clock.turn(1)
    seen, query = [], "?limit=2"
    while True:
        page = (await service.get(f"/v1/members{query}", "integration")).body
        seen += [member["phone"] for member in page["members"]]
        if page["cursor"] is None:
            break
        query = f"?limit=2&cursor={page['cursor']}"
    assert seen == [f"+474000001{last}" for last in range(5)]


async def test_a_page_that_ends_exactly_at_the_last_member_is_the_last(service: Service) -> None:
    await service.post("/v1/members", KARIS, "integration")
    assert (await service.get("/v1/members?limit=1", "integration")).body["cursor"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "limit=", "limit=1.5", "cursor=x", "cursor=", "page=2"]
)
async def test_a_wrong_page_is_refused(service: Service, query: str) -> None:
    reply = await service.get(f"/v1/members?{query}", "integration")
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_who_leaves_is_a_member_no_more_and_stays_in_the_list(service: Service) -> None:
    member = (await service.post("/v1/members", KARIS, "integration")).body
    for _ in range(2):
        reply = await service.call("DELETE", f"/v1/members/{member['id']}", "integration")
        assert (reply.status, reply.raw) == (204, b"")
    left = (await service.get(f"/v1/members/{member['id']}", "integration")).body
    assert (left["left_at"], left["phone"]) == ("2026-11-23T10:00:00Z", None)
    assert (await service.identify())["membership"] == "not_member"


async def test_a_number_that_reaches_a_member_is_not_entered_twice(service: Service) -> None:
    await service.post("/v1/members", KARIS, "integration")
    reply = await service.post("/v1/members", KARIS, "integration")
    assert (reply.status, reply.problem) == (409, "already-member")
    assert reply.body["member"]["name"] == "Kari N."


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"phone": 1}, "/phone"),
        ({"phone": "+4740000011", "profile": {"email": 1}}, "/profile/email"),
        ({"phone": "+4740000011", "profile": {"address": {"country": []}}}, "/profile/address/country"),
        ({"phone": "+4740000011", "profile": {"shoe_size": 41}}, "/profile"),
        ({"phone": "+4740000011", "profile": {"email_verified": True}}, "/profile"),
        ({"phone": "+4740000011", "profile": {"name": ""}}, "/profile/name"),
        ({"phone": "+4740000011", "profile": {"name": " "}}, "/profile/name"),
        ({"phone": "+4740000011", "profile": {"name": "Kari\n"}}, "/profile/name"),
        ({"phone": "+4740000011", "profile": {"name": "Kari\x00"}}, "/profile/name"),
        ({"profile": {}}, ""),
        ([], ""),
    ],
)
async def test_a_flaw_is_pointed_at(service: Service, body: object, pointer: str) -> None:
    reply = await service.post("/v1/members", body, "integration")
    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert [error["pointer"] for error in reply.body["errors"]] == [pointer]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_a_member_that_nobody_knows_is_not_found(service: Service, method: str) -> None:
    for unknown in ("mem_01kaq2y3m8e5x7r1t9v0w2z4b6", "x"):
        reply = await service.call(method, f"/v1/members/{unknown}", "integration")
        assert (reply.status, reply.problem) == (404, "not-found")
