"""Members for the merchant's own systems."""

import json
from typing import Any

import pytest

from medlem.club.endpoint import NoticeKind
from medlem.flows import outbox
from service import Reply, Service
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
        "members": [member],
        "cursor": None,
    }
    nobody = await service.post("/v1/members/lookup", {"phone": "+4740000012"}, "integration")
    assert (nobody.status, nobody.body) == (200, {"members": [], "cursor": None})


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


async def enter(service: Service, last: int, **profile: str) -> Any:
    body = {"phone": f"+474000001{last}", "profile": profile}
    return (await service.post("/v1/members", body, "integration")).body


async def listed(service: Service, query: str) -> list[str]:
    """Every page, of one member each."""
    seen: list[str] = []
    cursor = ""
    while True:
        page = (await service.get(f"/v1/members?limit=1&{query}{cursor}", "integration")).body
        seen += [member["id"] for member in page["members"]]
        if page["cursor"] is None:
            return seen
        cursor = f"&cursor={page['cursor']}"


async def patch(service: Service, member: str, profile: object, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = json.dumps({"profile": profile})
    said = {"Content-Type": "application/merge-patch+json", **named}
    return await service.call("PATCH", f"/v1/members/{member}", "integration", data=body, headers=said)


async def test_members_are_listed_by_what_they_are(service: Service) -> None:
    made = []
    for last in range(4):
        made.append((await enter(service, last))["id"])
        await service.shop.clock.turn(60)
    await service.call("DELETE", f"/v1/members/{made[0]}", "integration")
    await service.shop.clock.turn(60)
    assert await listed(service, "state=present") == made[1:]
    assert await listed(service, "state=left") == made[:1]
    assert await listed(service, "joined_from=2026-11-23T10:01:00Z&joined_to=2026-11-23T10:03:00Z") == made[1:3]
    assert await listed(service, "joined_from=2026-11-23T11:02:00%2B01:00") == made[2:]
    assert await listed(service, "changed_since=2026-11-23T10:03:00Z") == [made[3], made[0]]
    assert await listed(service, "changed_since=2026-11-23T10:03:00Z&state=left") == made[:1]
    assert await listed(service, "changed_since=2026-11-24T10:00:00Z") == []
    assert await listed(service, "sharing=withdrawn") == []


async def test_members_are_listed_by_where_they_joined(service: Service) -> None:
    service.shop.kari()
    await service.ask()
    service.shop.platform.approve(KARI)
    await service.shop.wait(6)
    await enter(service, 2)
    [member] = await listed(service, f"station={service.shop.station.id}")
    shown = (await service.get(f"/v1/members/{member}", "integration")).body
    assert shown["station"] == service.shop.station.id


@pytest.mark.parametrize(
    "query",
    [
        "state=gone",
        "changed_since=yesterday",
        "changed_since=2026-11-23",
        "changed_since=2026-11-23T10:00:00",
        "joined_to=2026-13-23T10:00:00Z",
        "station=x",
        "changed_since=2026-11-23T10:00:00Z&cursor=mem_01kaq2y3m8e5x7r1t9v0w2z4b6",
        "cursor=17~mem_01kaq2y3m8e5x7r1t9v0w2z4b6",
        "cursor=.QQ==~mem_01kaq2y3m8e5x7r1t9v0w2z4b6",
        "cursor=.~~mem_01kaq2y3m8e5x7r1t9v0w2z4b6",
    ],
)
async def test_a_list_that_cannot_be_is_refused(service: Service, query: str) -> None:
    reply = await service.get(f"/v1/members?{query}", "integration")
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_members_are_found_by_number_and_by_name(service: Service) -> None:
    kari = await enter(service, 1, name="Kari Nordmann", family_name="Nordmann")
    ola = await enter(service, 2, name="Ola Nordby", family_name="Nordby")

    async def found(**by: str) -> list[str]:
        reply = await service.post("/v1/members/lookup", by, "integration")
        assert reply.status == 200, reply.raw
        return [member["id"] for member in reply.body["members"]]

    assert await found(member_number=kari["member_number"]) == [kari["id"]]
    assert await found(member_number="no such") == []
    assert await found(name="KARI") == [kari["id"]]
    assert await found(family_name="nord") == [ola["id"], kari["id"]]
    assert await found(name="nord") == []


async def test_names_are_found_page_by_page(service: Service) -> None:
    for number in range(60):
        body = {"phone": f"+47400000{number:02}", "profile": {"name": f"Kari {number:02}"}}
        await service.post("/v1/members", body, "integration")
    first = (await service.post("/v1/members/lookup", {"name": "kari"}, "integration")).body
    second = (await service.post("/v1/members/lookup", {"name": "kari", "cursor": first["cursor"]}, "integration")).body
    names = [member["profile"]["name"] for page in (first, second) for member in page["members"]]
    assert names == [f"Kari {number:02}" for number in range(60)]
    assert second["cursor"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "k"},
        {"name": "kari", "phone": "+4740000011"},
        {"phone": "+4740000011", "cursor": "mem_01kaq2y3m8e5x7r1t9v0w2z4b6"},
        {"name": "kari", "cursor": "x"},
    ],
)
async def test_who_looks_for_nobody_or_two_is_told_so(service: Service, body: object) -> None:
    reply = await service.post("/v1/members/lookup", body, "integration")
    assert (reply.status, reply.problem) == (422, "invalid-request")


async def test_a_patch_changes_what_it_names_and_nothing_else(service: Service) -> None:
    address = {"street_address": "Storgata 1", "postal_code": "0155"}
    made = (
        await service.post(
            "/v1/members",
            {"phone": "+4740000011", "profile": {"name": "Kari", "email": "k@example.org", "address": address}},
            "integration",
        )
    ).body
    changed = await patch(service, made["id"], {"name": "Kari Berg", "email": None, "address": {"postal_code": "0150"}})
    assert changed.status == 200
    profile = changed.body["profile"]
    assert (profile["name"], profile["email"]) == ("Kari Berg", None)
    assert (profile["address"]["street_address"], profile["address"]["postal_code"]) == ("Storgata 1", "0150")
    assert (await service.get(f"/v1/members/{made['id']}", "integration")).body == changed.body
    gone = await patch(service, made["id"], {"address": None})
    assert gone.body["profile"]["address"] is None
    assert (await patch(service, made["id"], {"address": {"region": "Oslo"}})).body["profile"]["address"]["region"]
    emptied = await patch(service, made["id"], {"address": {"region": None}})
    assert emptied.body["profile"]["address"] is None


async def test_each_change_is_one_event_and_no_change_is_none(service: Service) -> None:
    made = await enter(service, 1, name="Kari")
    await outbox.add_endpoint(
        service.shop.ports, service.shop.club.id, "https://crm.example.org/", frozenset({NoticeKind.MEMBER_UPDATED})
    )
    for name in ("Kari", "Kari Berg", "Kari Berg"):
        await patch(service, made["id"], {"name": name})
    await service.call("PATCH", f"/v1/members/{made['id']}", "integration", json={})
    for endpoint in await outbox.claim(service.shop.ports, 10):
        await outbox.tell(service.shop.ports, endpoint)
    [heard] = service.shop.messenger.heard["https://crm.example.org/"]
    assert json.loads(heard.body)["data"] == {"member": made["id"], "present": True, "version": 2}


async def test_nothing_is_written_over_that_was_not_read(service: Service) -> None:
    made = await enter(service, 1, name="Kari")
    where = f"/v1/members/{made['id']}"
    tag = (await service.get(where, "integration")).headers["ETag"]
    assert (await service.get(where, "integration")).headers["ETag"] == tag
    first = await patch(service, made["id"], {"name": "Kari Berg"}, If_Match=tag)
    assert (first.status, first.headers["ETag"] == tag) == (200, False)
    late = await patch(service, made["id"], {"name": "Kari Dahl"}, If_Match=tag)
    assert (late.status, late.problem) == (412, "precondition-failed")
    gone = await service.call("DELETE", where, "integration", headers={"If-Match": tag})
    assert (gone.status, gone.problem) == (412, "precondition-failed")
    assert (await service.get(where, "integration")).body["profile"]["name"] == "Kari Berg"
    weak = await patch(service, made["id"], {"name": "Kari Dahl"}, If_Match=f"W/{first.headers['ETag']}")
    assert weak.status == 412
    both = await patch(service, made["id"], {"name": "Kari Dahl"}, If_Match=f"{tag}, {first.headers['ETag']}")
    assert both.status == 200
    assert (await patch(service, made["id"], {"name": "Kari"}, If_Match="*")).status == 200
    tag = (await service.get(where, "integration")).headers["ETag"]
    assert (await service.call("DELETE", where, "integration", headers={"If-Match": tag})).status == 204


@pytest.mark.parametrize(
    ("profile", "pointer"),
    [
        ({"email_verified": True}, "/profile"),
        ({"name": 1}, "/profile/name"),
        ({"name": ""}, "/profile/name"),
        ({"address": {"formatted": "x"}}, "/profile/address"),
        (None, "/profile"),
    ],
)
async def test_a_patch_of_something_else_is_refused(service: Service, profile: object, pointer: str) -> None:
    made = await enter(service, 1)
    reply = await patch(service, made["id"], profile)
    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert [error["pointer"] for error in reply.body["errors"]] == [pointer]


async def test_a_patch_of_nobody_or_as_a_form_is_refused(service: Service) -> None:
    assert (await patch(service, "mem_01kaq2y3m8e5x7r1t9v0w2z4b6", {})).problem == "not-found"
    made = await enter(service, 1)
    form = await service.call("PATCH", f"/v1/members/{made['id']}", "integration", data="name=x")
    assert (form.status, form.problem) == (415, "unsupported-media-type")
