"""The API with two clubs in one service: a key opens its own club, whatever it asks for."""

import json
from dataclasses import dataclass, replace
from datetime import timedelta

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.club.place import Club, KeyKind, Station
from medlem.flows import places
from medlem.flows.answers import Subscribed
from medlem.flows.limits import Limit, Limits
from medlem.flows.tables import StorageUnavailable
from medlem.web.options import TillOptions
from service import RIGHT_SIGNATURE, Service, open_service
from shop import KARI, Shop

PING = "login.merchant-initiated.ping.v1"


@dataclass
class Neighbour:
    """Another club in the same service."""

    club: Club
    till: Station


async def neighbour(service: Service) -> Neighbour:
    """Let there be one; its keys open calls as `their station`, `their integration`, `their admin`."""
    club = await places.settle_club(service.shop.ports, "200200", "Bakgården", "NO")
    made = await places.add_station(service.shop.ports, club, "Till 1", None)
    service.keys["their station"] = made.secret.reveal()
    for kind in (KeyKind.INTEGRATION, KeyKind.ADMIN):
        key = await places.add_key(service.shop.ports, club, kind, "theirs")
        service.keys[f"their {kind}"] = key.secret.reveal()
    return Neighbour(club, made.station)


async def test_the_same_number_is_asked_in_each_club_by_itself(service: Service) -> None:
    theirs = await neighbour(service)
    service.shop.kari()
    first, second = await service.ask(), await service.ask(key="their station")
    assert first["id"] != second["id"]
    assert service.shop.platform.pushes[KARI] == 2
    assert {push.club for push in service.shop.platform.questions.values()} == {service.shop.club.id, theirs.club.id}
    for wanted, key in ((first["id"], "their station"), (second["id"], "station")):
        assert (await service.get(f"/v1/enrolments/{wanted}", key)).problem == "not-found"
    service.shop.platform.approve(KARI)  # the newest question, which is theirs
    await service.shop.wait(6)
    assert (await service.get(f"/v1/enrolments/{second['id']}", "their station")).body["state"] == "accepted"
    assert (await service.get(f"/v1/enrolments/{first['id']}")).body["state"] == "waiting"


async def test_an_identification_of_one_club_starts_nothing_in_another(service: Service) -> None:
    await neighbour(service)
    found = await service.identify()
    reply = await service.post("/v1/enrolments", {"identification": found["id"]}, "their station")
    assert reply.problem == "not-found"


async def test_members_of_one_club_are_unknown_in_another_by_number_and_by_id(service: Service) -> None:
    await neighbour(service)
    made = (await service.post("/v1/members", {"phone": f"+{KARI}"}, "integration")).body
    assert (await service.identify())["membership"] == "member"
    assert (await service.identify(key="their station"))["membership"] == "not_member"
    for key in ("their integration", "their admin"):
        assert (await service.post("/v1/members/lookup", {"phone": f"+{KARI}"}, key)).body["members"] == []
        assert (await service.get("/v1/members", key)).body["members"] == []
        for method, path in (("GET", ""), ("GET", "/consents"), ("DELETE", "")):
            assert (await service.call(method, f"/v1/members/{made['id']}{path}", key)).status == 404
    assert (await service.post("/v1/members", {"phone": f"+{KARI}"}, "their integration")).status == 201
    assert (await service.get(f"/v1/members/{made['id']}", "integration")).body["left_at"] is None


async def test_stations_and_keys_of_one_club_are_not_found_by_another(service: Service) -> None:
    await neighbour(service)
    keys = (await service.get("/v1/keys", "admin")).body["keys"]
    theirs = (await service.get("/v1/keys", "their admin")).body["keys"]
    assert {key["id"] for key in keys}.isdisjoint(key["id"] for key in theirs)
    here = service.shop.station.id
    assert here not in {each["id"] for each in (await service.get("/v1/stations", "their admin")).body["stations"]}
    assert (await service.call("DELETE", f"/v1/stations/{here}", "their admin")).status == 404
    assert (await service.call("POST", f"/v1/stations/{here}/pairing", "their admin")).status == 404
    for key in keys:
        assert (await service.call("DELETE", f"/v1/keys/{key['id']}", "their admin")).status == 404
    made = await service.post("/v1/keys", {"kind": "station", "name": "x", "station": here}, "their admin")
    assert made.status == 404
    assert (await service.get("/v1/stations", "admin")).status == 200


async def test_a_screen_is_told_of_its_own_club_only(service: Service) -> None:
    await neighbour(service)
    async with service.listen("their station") as screen:
        assert (await screen.next()).kind == "snapshot"
        await service.identify()
        await service.identify(key="their station")
        event = await screen.next()
        assert (event.kind, event.id) == ("identification", 1)
    async with service.listen() as screen:
        snapshot = await screen.next()
        assert (snapshot.body["station"]["id"], snapshot.id) == (service.shop.station.id, 1)


async def test_the_same_idempotency_key_in_two_clubs_is_two_calls(service: Service) -> None:
    await neighbour(service)
    body = {"phone": f"+{KARI}"}
    first = await service.post("/v1/identifications", body, idempotency_key="same")
    second = await service.post("/v1/identifications", body, "their station", idempotency_key="same")
    assert (first.status, second.status) == (201, 201)
    assert first.body["id"] != second.body["id"]
    again = await service.post("/v1/identifications", body, idempotency_key="same")
    assert again.body["id"] == first.body["id"]


async def test_limits_are_counted_for_each_club(shop: Shop) -> None:
    one = (Limit(1, timedelta(hours=1)),)
    limited = shop.with_limits(replace(Limits(), lookups_per_station=one, asks_per_phone=one))
    async with open_service(limited) as service:
        await neighbour(service)
        shop.kari()
        await service.ask()
        await service.ask(key="their station")
        assert (await service.post("/v1/identifications", {"phone": f"+{KARI}"})).status == 429
        reply = await service.post("/v1/identifications", {"phone": f"+{KARI}"}, "their station")
        assert reply.status == 429


async def test_a_no_in_one_club_keeps_no_other_club_from_asking(shop: Shop) -> None:
    limited = shop.with_limits(replace(Limits(), ask_after_decline=timedelta(days=1)))
    async with open_service(limited) as service:
        await neighbour(service)
        shop.kari()
        await service.ask()
        shop.platform.decline(KARI)
        await shop.wait(6)
        found = await service.identify()
        assert (await service.post("/v1/enrolments", {"identification": found["id"]})).status == 429
        await service.ask(key="their station")


async def registered(service: Service, club: Club) -> str:
    path = f"/hooks/vipps/{club.sales_unit}/{PING}"
    hook = Subscribed("hook", f"https://club.example.org{path}", Masked(club.id), service.shop.clock.now())
    async with service.shop.storage.transaction() as tx:
        await tx.webhooks.keep_registration(club.id, PING, hook)
    return path


async def test_a_ping_at_one_clubs_address_wakes_nothing_of_another(service: Service) -> None:
    theirs = await neighbour(service)
    own, other = await registered(service, service.shop.club), await registered(service, theirs.club)
    service.shop.kari()
    enrolment = await service.ask()
    [request] = service.shop.platform.questions
    body = json.dumps({"auth_req_id": request}).encode()
    headers = {"Authorization": RIGHT_SIGNATURE, "Content-Type": "application/json"}
    service.shop.platform.approve(KARI)
    assert (await service.call("POST", other, None, data=body, headers=headers)).status == 200
    assert await service.shop.work() == 0
    assert (await service.call("POST", own, None, data=body, headers=headers)).status == 200
    assert await service.shop.work() == 1
    assert (await service.get(f"/v1/enrolments/{enrolment['id']}")).body["state"] == "accepted"


async def test_an_admin_sees_the_figures_of_the_own_club_and_of_no_other(service: Service) -> None:
    async def figures(key: str | None, **headers: str) -> str:
        return (await service.get("/metrics", key, **headers)).raw.decode()

    away = {"X_Forwarded_For": "192.0.2.7"}
    assert "medlem_http_requests_total" in await figures("admin", **away), "the only club's admin sees everything"
    await neighbour(service)
    service.shop.kari()
    await service.ask(key="their station")
    here, there, all_of_it = (
        await figures("admin", **away),
        await figures("their admin", **away),
        await figures(None),
    )
    ours, theirs = 'sales_unit="100001",state="waiting"} 0.0', 'sales_unit="200200",state="waiting"} 1.0'
    assert ours in here
    assert theirs in there
    assert "200200" not in here
    assert "100001" not in there
    assert "medlem_http_requests_total" not in here + there, "they count what all clubs did together"
    assert ours in all_of_it
    assert theirs in all_of_it
    assert "medlem_http_requests_total" in all_of_it


async def test_a_till_of_one_club_is_no_till_of_another(service: Service) -> None:
    theirs = await neighbour(service)
    offer = await service.call("POST", f"/v1/stations/{theirs.till.id}/pairing", "their admin", json={})
    assert offer.status == 201, offer.raw
    paired = await service.post("/till/pair", {"code": offer.body["code"]}, None)
    assert paired.status == 200, paired.raw
    cookie = paired.headers["Set-Cookie"].split(";")[0]
    found = await service.call(
        "POST", "/v1/identifications", None, json={"phone": "400 00 011", "country": "NO"},
        headers={"Cookie": cookie, "Origin": str(service.http._base_url).rstrip("/")},
    )  # fmt: skip
    assert found.status == 201, found.raw
    mine = await service.shop.storage.reading.identifications.get(theirs.club.id, found.body["id"])
    assert mine is not None
    assert await service.shop.storage.reading.identifications.get(service.shop.club.id, found.body["id"]) is None


async def test_a_tills_page_is_that_of_its_own_club(shop: Shop) -> None:
    async def till_of(club: ClubId | None) -> TillOptions:
        if club in {None, shop.club.id}:
            return TillOptions(signup_url="https://ours.example.org/join", several=True)
        return TillOptions(signup_url="https://theirs.example.org/join", country="DK", several=True)

    async with open_service(shop, till_of=till_of) as service:
        theirs = await neighbour(service)
        offer = await service.call("POST", f"/v1/stations/{theirs.till.id}/pairing", "their admin", json={})
        paired = await service.post("/till/pair", {"code": offer.body["code"]}, None)
        cookie = {"Cookie": paired.headers["Set-Cookie"].split(";")[0]}
        before = (await service.get("/till", None)).raw.decode()
        assert "https://ours.example.org/join" in before
        assert "&quot;several&quot;:true" in before, "so the page is loaded anew once it is paired"
        for site in ({}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"}):
            page = (await service.call("GET", "/till", None, headers=cookie | site)).raw.decode()
            assert "https://theirs.example.org/join" in page
            assert "https://ours.example.org/join" not in page
        foreign = await service.call("GET", "/till", None, headers=cookie | {"Sec-Fetch-Site": "cross-site"})
        assert "https://theirs.example.org/join" not in foreign.raw.decode()
        own = {"Sec-Fetch-Site": "same-origin"}
        ours = await service.call("GET", "/till/signup.svg", None, headers=own)
        code = await service.call("GET", "/till/signup.svg", None, headers=cookie | own)
        assert ours.raw != code.raw


async def test_a_tills_page_opens_where_the_database_does_not(shop: Shop) -> None:
    async def away(_: ClubId | None) -> TillOptions:
        raise StorageUnavailable("It does not answer.")

    async with open_service(shop, till_of=away, till=TillOptions(country="FI")) as service:
        page = await service.get("/till", None)
        assert page.status == 200
        assert "&quot;country&quot;:&quot;FI&quot;" in page.raw.decode()
