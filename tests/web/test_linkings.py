"""How members are reached, over HTTP."""

from medlem.club.member import Profile
from medlem.club.phone import PhoneNumber
from service import Service
from shop import KARI, OLA

NORDMANN = {"name": "Kari Nordmann", "given_name": "Kari", "family_name": "Nordmann", "email": "kari@example.org"}


async def enter(service: Service, given_name: str = "Kari", *, shared: bool = False) -> str:
    profile = NORDMANN | {"given_name": given_name, "name": f"{given_name} Nordmann"}
    said = {"phone": f"+{KARI}", "profile": profile} | ({"shared_number": True} if shared else {})
    reply = await service.post("/v1/members", said, "integration")
    assert reply.status == 201, reply.body
    return str(reply.body["id"])


async def taken_over(service: Service) -> tuple[str, str]:
    """Somebody's login is taken for an entry's; the entry, and the linking."""
    entry = await enter(service)
    person = service.shop.platform.person(OLA)
    person.profile = Profile(name="Kari Nordmann", email=NORDMANN["email"], email_verified=True)
    person.phone_claim = PhoneNumber(KARI)
    asked = await service.shop.invite(OLA)
    service.shop.platform.approve(OLA)
    await service.shop.wait(6)
    shown = (await service.get(f"/v1/enrolments/{asked.id}", "station")).body
    assert (shown["outcome"], shown["member"]["id"]) == ("entry_found", entry)
    [linking] = (await service.get(f"/v1/members/{entry}/links", "integration")).body["linkings"]
    return entry, linking["id"]


async def test_a_member_shows_every_number_and_every_decision(service: Service) -> None:
    entry, linking = await taken_over(service)
    links = (await service.get(f"/v1/members/{entry}/links", "integration")).body["links"]
    assert [(one["phone"], one["verified_by"], one["ended_because"]) for one in links] == [
        (f"+{KARI}", "merchant", "verified"),
        (f"+{KARI}", "login", None),
    ]
    assert links[0]["ended_by"] == links[1]["begun_by"] == linking


async def test_a_wrong_linking_is_taken_back_by_whom_and_why(service: Service) -> None:
    entry, linking = await taken_over(service)
    await service.shop.clock.turn(1)
    why = {"why": "Not her."}
    done = await service.post(f"/v1/linkings/{linking}/undo", why, "admin")
    assert (done.status, done.body["undoes"], done.body["why"]) == (200, linking, "Not her.")
    assert done.body["by"].startswith("key_")
    assert (await service.post(f"/v1/linkings/{linking}/undo", why, "integration")).body == done.body
    assert (await service.get(f"/v1/members/{entry}", "integration")).body["profile"]["email_verified"] is None
    back = await service.post(f"/v1/linkings/{done.body['id']}/undo", why, "integration")
    assert back.body["undoes"] == done.body["id"]
    assert (await service.get(f"/v1/members/{entry}", "integration")).body["profile"]["email_verified"] is True


async def test_an_undoing_says_why_and_no_till_undoes(service: Service) -> None:
    _, linking = await taken_over(service)
    for wrong in ({}, {"why": ""}, {"why": "x", "by": "me"}):
        reply = await service.post(f"/v1/linkings/{linking}/undo", wrong, "integration")
        assert (reply.status, reply.problem) == (422, "invalid-request")
    assert (await service.post(f"/v1/linkings/{linking}/undo", {"why": "x"}, "station")).status == 403
    nobody = await service.post("/v1/linkings/lnk_00000000000000000000000000/undo", {"why": "x"}, "integration")
    assert (nobody.status, nobody.problem) == (404, "not-found")


async def test_a_number_is_shared_only_where_that_is_said(service: Service) -> None:
    kari = await enter(service)
    taken = await service.post("/v1/members", {"phone": f"+{KARI}"}, "integration")
    assert (taken.status, taken.problem) == (409, "already-member")
    await service.shop.clock.turn(1)
    per = await enter(service, "Per", shared=True)
    found = await service.post("/v1/members/lookup", {"phone": f"+{KARI}"}, "integration")
    assert [one["id"] for one in found.body["members"]] == [kari, per]


async def test_a_cashier_chooses_by_first_name_and_sees_no_more_before(service: Service) -> None:
    kari = await enter(service)
    await service.shop.clock.turn(1)
    per = await enter(service, "Per", shared=True)
    shown = (await service.post("/v1/identifications", {"phone": f"+{KARI}"}, "station")).body
    assert (shown["membership"], shown["doubt"], shown["member"]) == ("member", "choose", None)
    assert shown["choices"] == [{"id": kari, "first_name": "Kari"}, {"id": per, "first_name": "Per"}]
    path = f"/v1/identifications/{shown['id']}/member"
    chosen = await service.post(path, {"member": per}, "station")
    assert (chosen.status, chosen.body["doubt"], chosen.body["choices"]) == (200, None, [])
    assert chosen.body["member"]["name"] == "Per N."
    for wrong in ("mem_00000000000000000000000000", "x"):
        assert (await service.post(path, {"member": wrong}, "station")).problem == "not-found"
