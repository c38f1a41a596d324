"""Duplicates and merges, over HTTP."""

from typing import Any

from service import Service
from shop import KARI, OLA

NORDMANN = {"name": "Kari Nordmann", "email": "kari@example.org"}
NOBODY = "mem_00000000000000000000000000"


async def enter(service: Service, msisdn: str) -> str:
    await service.shop.clock.turn(1)
    reply = await service.post("/v1/members", {"phone": f"+{msisdn}", "profile": NORDMANN}, "integration")
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def two(service: Service) -> tuple[str, str]:
    return await enter(service, KARI), await enter(service, OLA)


async def merged(service: Service, stays: str, goes: str) -> Any:
    proposed = await service.post("/v1/merges", {"stays": stays, "goes": goes}, "integration")
    assert proposed.status == 201, proposed.body
    done = await service.post(f"/v1/merges/{proposed.body['id']}/confirm", None, "admin")
    assert done.status == 200, done.body
    return done.body


async def test_duplicates_are_listed_in_full_until_they_are_two_people(service: Service) -> None:
    kari, again = await two(service)
    [found] = (await service.get("/v1/members/duplicates", "integration")).body["duplicates"]
    assert (found["one"]["id"], found["other"]["id"], found["other"]["phone"]) == (kari, again, f"+{OLA}")
    assert (found["reasons"], found["sure"], found["logged_in"]) == (["same_email"], "high", None)
    for _ in range(2):
        said = await service.post(
            "/v1/members/distinct", {"one": again, "other": kari}, "integration", Idempotency_Key="k"
        )
        assert (said.status, said.body["one"], said.body["other"]) == (200, kari, again)
    empty = await service.get("/v1/members/duplicates", "integration")
    assert empty.body == {"duplicates": [], "cursor": None}
    assert (await service.get("/v1/members/duplicates?cursor=+47", "integration")).problem == "invalid-request"
    assert (await service.get("/v1/members/duplicates", "station")).status == 403
    nobody = await service.post("/v1/members/distinct", {"one": NOBODY, "other": kari}, "integration")
    assert nobody.problem == "not-found"


async def test_a_merge_is_proposed_confirmed_and_undone(service: Service) -> None:
    kari, again = await two(service)
    said = {"stays": kari, "goes": again}
    proposed = await service.post("/v1/merges", said, "integration", Idempotency_Key="p")
    assert (proposed.status, proposed.body["state"], proposed.body["plan"]["number"]) == (201, "proposed", "stays")
    merge = f"/v1/merges/{proposed.body['id']}"
    done = await service.post(f"{merge}/confirm", None, "integration", Idempotency_Key="c")
    assert (done.status, done.body["state"], done.body["stays"]) == (200, "confirmed", kari)
    repeated = await service.post("/v1/merges", said, "integration", Idempotency_Key="p")
    assert (repeated.status, repeated.body) == (201, done.body), "as it is now"
    old = (await service.get(f"/v1/members/{again}", "integration")).body
    assert (old["merged_into"], old["phone"], old["profile"]["name"]) == (kari, None, None)
    assert (await service.get(merge, "integration")).body == done.body
    for wrong in ({}, {"why": ""}, {"why": "x", "by": "me"}):
        assert (await service.post(f"{merge}/undo", wrong, "integration")).problem == "invalid-request"
    undone = await service.post(f"{merge}/undo", {"why": "Her mother."}, "integration", Idempotency_Key="u")
    assert (undone.body["state"], undone.body["why"], undone.body["not_restored"]) == ("undone", "Her mother.", [])
    assert (await service.post(f"{merge}/confirm", None, "integration", Idempotency_Key="c")).body == undone.body
    assert (await service.get(f"/v1/members/{again}", "integration")).body["phone"] == f"+{OLA}"
    listed = (await service.get("/v1/merges?limit=1", "integration")).body
    assert listed == {"merges": [undone.body], "cursor": None}


async def test_the_old_member_number_finds_the_person_and_the_old_id_takes_no_more(service: Service) -> None:
    kari, again = await two(service)
    number = (await service.get(f"/v1/members/{again}", "integration")).body["member_number"]
    await merged(service, kari, again)
    found = await service.post("/v1/members/lookup", {"member_number": number}, "integration")
    assert [one["id"] for one in found.body["members"]] == [kari]
    path = f"/v1/members/{again}"
    no = {"element": "sms", "granted": False, "method": "staff", "actor": "customer"}
    refused = [
        await service.post(f"{path}/consents", no, "integration", Idempotency_Key="n"),
        await service.post(f"{path}/consents", no, "integration", Idempotency_Key="n"),
        await service.post(f"{path}/erasure", {"reason": "legal_duty"}, "integration"),
        await service.post(f"{path}/restriction", {"reason": "unlawful"}, "integration"),
        await service.call("DELETE", path, "integration"),
        await service.get(f"{path}/export", "integration"),
    ]
    for reply in refused:
        assert (reply.status, reply.problem, reply.body["merged_into"]) == (409, "member-merged", kari)
    assert (await service.post("/v1/merges", {"stays": again, "goes": kari}, "integration")).problem == "merge-refused"


async def test_the_export_holds_both_rows_and_the_erasure_takes_them(service: Service) -> None:
    kari, again = await two(service)
    merge = await merged(service, kari, again)
    drawn = (await service.get(f"/v1/members/{kari}/export", "integration")).body
    assert [one["id"] for one in drawn["merges"]] == [merge["id"]]
    [former] = drawn["former"]
    assert (former["id"], former["profile"]["email"]) == (again, NORDMANN["email"])
    assert [one["phone"] for one in former["numbers"]] == [f"+{OLA}"]
    page = await service.get(f"/v1/members/{kari}/export/page", "integration")
    assert again in page.raw.decode()
    assert (await service.post(f"/v1/members/{kari}/erasure", {"reason": "legal_duty"}, "integration")).status == 200
    assert (await service.get(f"/v1/members/{again}", "integration")).status == 404
    undone = await service.post(f"/v1/merges/{merge['id']}/undo", {"why": "x"}, "integration")
    assert (undone.status, undone.problem) == (409, "merge-refused")


async def test_what_does_not_fit_is_refused(service: Service) -> None:
    kari, again = await two(service)
    for stays, goes in ((kari, NOBODY), (NOBODY, kari), ("x", kari)):
        assert (await service.post("/v1/merges", {"stays": stays, "goes": goes}, "integration")).status == 404
    proposed = (await service.post("/v1/merges", {"stays": kari, "goes": again}, "integration")).body
    changed = {"profile": {"gender": "female"}}
    assert (await service.call("PATCH", f"/v1/members/{again}", "integration", json=changed)).status == 200
    late = await service.post(f"/v1/merges/{proposed['id']}/confirm", None, "integration")
    assert (late.status, late.problem) == (412, "precondition-failed")
    early = await service.post(f"/v1/merges/{proposed['id']}/undo", {"why": "x"}, "integration")
    assert (early.status, early.problem) == (409, "merge-refused")
    assert (await service.post("/v1/merges", {"stays": kari, "goes": again}, "station")).status == 403
    for path in ("/v1/merges/mrg_00000000000000000000000000", "/v1/merges/x"):
        assert (await service.get(path, "integration")).status == 404
    assert (await service.get("/v1/merges?cursor=x", "integration")).problem == "invalid-request"
