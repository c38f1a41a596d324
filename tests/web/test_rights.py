"""The rights of members over HTTP."""

import json

from medlem.club.member import Profile
from medlem.club.phone import PhoneNumber
from medlem.flows import undoing
from medlem.web.dossier_page import STYLE
from service import Reply, Service
from shop import KARI, OLA

KARIS = {"phone": "+4740000011", "profile": {"name": "Kari <b>Nordmann</b>", "email": "kari@example.org"}}
ASKED = {"reason": "asked_by_member", "requested_at": "2026-11-20T09:30:00+01:00"}


async def entered(service: Service) -> str:
    return str((await service.post("/v1/members", KARIS, "integration")).body["id"])


async def erased(service: Service, member: str, **headers: str) -> Reply:
    return await service.post(f"/v1/members/{member}/erasure", ASKED, "integration", **headers)


async def test_an_export_is_everything_that_is_kept(service: Service) -> None:
    service.shop.kari()
    await service.ask()
    service.shop.platform.approve(KARI)
    await service.shop.wait(6)
    [member] = (await service.get("/v1/members", "integration")).body["members"]
    await service.identify()
    reply = await service.get(f"/v1/members/{member['id']}/export", "integration")
    assert reply.status == 200
    export = reply.body
    assert export["member"] == member
    assert export["club"] == {"name": "Fjord & Fjell", "sales_unit": "100001"}
    assert [number["phone"] for number in export["numbers"]] == [f"+{KARI}"]
    assert [question["state"] for question in export["enrolments"]] == ["accepted"]
    assert [sight["phone"] for sight in export["identifications"]] == [f"+{KARI}"]
    assert export["sub"]
    again = (await service.get(f"/v1/members/{member['id']}/export", "integration")).body
    assert [right["what"] for right in again["rights"]] == ["exported"]
    assert again["rights"][0]["by"].startswith("key_")


async def test_an_export_says_how_it_was_decided_whose_a_number_is_and_what_was_taken_back(service: Service) -> None:
    shop, kari = service.shop, {"name": "Kari Nordmann", "email": "kari@example.org"}
    entry = (await service.post("/v1/members", {"phone": f"+{KARI}", "profile": kari}, "integration")).body["id"]
    person = shop.platform.person(OLA)
    person.phone_claim = PhoneNumber(KARI)
    person.profile = Profile(name="Kari Nordmann", email="kari@example.org", email_verified=True)
    await shop.invite(OLA)
    shop.platform.approve(OLA)
    await shop.wait(6)
    [found] = (await service.get(f"/v1/members/{entry}/export", "integration")).body["decisions"]
    assert (found["outcome"], found["undone_by"], found["sub_before"]) == ("entry_found", None, None)
    assert found["profile_before"]["name"] == "Kari Nordmann"
    await undoing.undo(shop.ports, shop.club, found["id"], "Mona", "Not hers, she says.")
    first, second = (await service.get(f"/v1/members/{entry}/export", "integration")).body["decisions"]
    assert (first["undone_by"], second["undoes"], second["by"]) == (second["id"], first["id"], "Mona")
    assert (second["sub_before"], second["profile_before"]) == (None, None), "that is somebody else's"
    assert person.sub not in json.dumps([first, second])
    page = (await service.get(f"/v1/members/{entry}/export/page", "integration")).raw.decode()
    for shown in ("How it was decided that a number is yours", "entry_found", "Not hers, she says.", "undone"):
        assert shown in page, shown


async def test_an_export_can_be_read_by_a_person_and_runs_nothing(service: Service) -> None:
    member = await entered(service)
    reply = await service.get(f"/v1/members/{member}/export/page", "integration")
    assert reply.status == 200
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    text = reply.raw.decode()
    assert "Kari &lt;b&gt;Nordmann&lt;/b&gt;" in text
    assert "<b>" not in text
    assert f"<style>{STYLE}</style>" in text
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


async def test_an_erasure_says_what_is_gone_and_what_is_kept_until_when(service: Service) -> None:
    member = await entered(service)
    reply = await erased(service, member)
    assert reply.status == 200
    assert reply.body["requested_at"] == "2026-11-20T08:30:00Z"
    assert reply.body["erased_at"] == "2026-11-23T10:00:00Z"
    assert "profile" in reply.body["erased"]
    kept = {one["what"]: one["until"] for one in reply.body["kept"]}
    assert kept == {"consents": "2029-11-22T10:00:00Z", "erasure": None, "keyed_hashes": None}
    for path in (f"/v1/members/{member}", f"/v1/members/{member}/export"):
        assert (await service.get(path, "integration")).status == 404


async def test_an_erasure_that_comes_twice_is_answered_as_the_first_time(service: Service) -> None:
    member = await entered(service)
    first = await erased(service, member, **{"Idempotency-Key": "one"})
    await service.shop.clock.turn(60)
    assert (await erased(service, member, **{"Idempotency-Key": "one"})).body == first.body
    assert (await erased(service, member)).body == first.body


async def test_nobody_who_was_erased_is_entered_by_a_list(service: Service) -> None:
    member = await entered(service)
    await erased(service, member)
    reply = await service.post("/v1/members", KARIS, "integration")
    assert (reply.status, reply.problem) == (409, "erased-before")
    assert "0011" not in reply.raw.decode()


async def test_inactive_is_no_reason_that_a_caller_may_give(service: Service) -> None:
    member = await entered(service)
    reply = await service.post(f"/v1/members/{member}/erasure", {"reason": "inactive"}, "integration")
    assert reply.problem == "invalid-request"
    spoken = {"reason": "asked_by_member", "requested_at": "2026-11-20T09:30:00"}
    reply = await service.post(f"/v1/members/{member}/erasure", spoken, "integration")
    assert reply.problem == "invalid-request"


async def test_a_member_is_restricted_and_the_restriction_lifted(service: Service) -> None:
    member = await entered(service)
    path = f"/v1/members/{member}/restriction"
    reply = await service.post(path, {"reason": "accuracy_contested"}, "integration")
    assert (reply.status, reply.body["restricted_at"]) == (200, "2026-11-23T10:00:00Z")
    found = await service.identify()
    assert (found["membership"], found["member"]["name"]) == ("member", None)
    assert (await service.call("DELETE", path, "integration")).status == 204
    assert (await service.call("DELETE", path, "integration")).status == 204
    assert (await service.get(f"/v1/members/{member}", "integration")).body["restricted_at"] is None


async def test_a_till_exports_erases_and_restricts_nobody(service: Service) -> None:
    member = await entered(service)
    for path, body in (("erasure", ASKED), ("restriction", {"reason": "unlawful"})):
        assert (await service.post(f"/v1/members/{member}/{path}", body)).status == 403
    assert (await service.get(f"/v1/members/{member}/export")).status == 403


async def test_rights_of_nobody_are_not_found(service: Service) -> None:
    nobody = "mem_01kaq2y3m8e5x7r1t9v0w2z4b6"
    assert (await erased(service, nobody)).status == 404
    assert (await service.get(f"/v1/members/{nobody}/export", "integration")).status == 404
    assert (
        await service.post(f"/v1/members/{nobody}/restriction", {"reason": "unlawful"}, "integration")
    ).status == 404


async def test_an_erased_member_stands_on_no_list(service: Service) -> None:
    member = await entered(service)
    await erased(service, member)
    assert (await service.get("/v1/members", "integration")).body["members"] == []
    assert (await service.get("/v1/members?sharing=withdrawn", "integration")).body["members"] == []
    found = await service.post("/v1/members/lookup", {"phone": f"+{KARI}"}, "integration")
    assert found.body["members"] == []
