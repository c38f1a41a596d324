"""Stations, keys, and how a till becomes a station."""

import pytest

from medlem.club.masked import Masked
from medlem.club.place import KeyKind
from medlem.club.secrets import kind_of
from service import Reply, Service, open_service
from shop import KARI, Shop

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


async def pairing_code(service: Service) -> str:
    reply = await service.post(f"/v1/stations/{service.shop.station.id}/pairing", None, "admin")
    assert reply.status == 201
    return str(reply.body["code"])


async def pair(service: Service, code: str, **headers: str) -> Reply:
    return await service.call("POST", "/till/pair", None, json={"code": code}, headers=headers)


async def cookie(service: Service, **headers: str) -> str:
    reply = await pair(service, await pairing_code(service), **headers)
    assert reply.status == 200
    return reply.headers["set-cookie"].partition(";")[0]


async def test_a_new_station_comes_with_a_key_that_works(service: Service) -> None:
    made = await service.post("/v1/stations", {"name": "Till 2", "store": None}, "admin")
    assert made.status == 201
    assert made.body.keys() == {"id", "name", "store", "key"}
    assert kind_of(Masked(made.body["key"])) is KeyKind.STATION
    assert (await service.identify(key=made.body["key"]))["membership"] == "not_member"


async def test_a_station_is_put_into_the_store_that_is_named(service: Service) -> None:
    first = (await service.get("/v1/stations", "admin")).body["stations"][0]
    made = await service.post("/v1/stations", {"name": "Till 2", "store": first["store"]}, "admin")
    assert made.body["store"] == first["store"]


@pytest.mark.parametrize("store", ["x", "sto_01kaq2y3m8e5x7r1t9v0w2z4b6"])
async def test_a_store_that_nobody_knows_is_not_found(service: Service, store: str) -> None:
    reply = await service.post("/v1/stations", {"name": "Till 2", "store": store}, "admin")
    assert (reply.status, reply.problem) == (404, "not-found")


async def test_stations_are_listed_without_their_keys(service: Service) -> None:
    [station] = (await service.get("/v1/stations", "admin")).body["stations"]
    assert station == {
        "id": service.shop.station.id,
        "name": "Till 1",
        "store": service.shop.station.store,
        "created_at": "2026-11-23T10:00:00Z",
    }


async def test_a_station_out_of_service_is_gone_and_its_key_with_it(service: Service) -> None:
    path = f"/v1/stations/{service.shop.station.id}"
    assert (await service.call("DELETE", path, "admin")).status == 204
    assert (await service.call("DELETE", path, "admin")).status == 404
    assert (await service.get("/v1/stations", "admin")).body["stations"] == []
    assert (await service.post("/v1/identifications", {"phone": "400 00 011"})).status == 401


async def test_keys_are_made_listed_and_revoked(service: Service) -> None:
    made = (await service.post("/v1/keys", {"kind": "integration", "name": "Loyalty"}, "admin")).body
    assert (await service.get("/v1/members", made["key"])).status == 200
    listed = (await service.get("/v1/keys", "admin")).body["keys"]
    [mine] = [key for key in listed if key["id"] == made["id"]]
    assert mine == {
        "id": made["id"],
        "kind": "integration",
        "name": "Loyalty",
        "station": None,
        "created_at": "2026-11-23T10:00:00Z",
        "expires_at": None,
        "revoked_at": None,
    }
    assert (await service.call("DELETE", f"/v1/keys/{made['id']}", "admin")).status == 204
    assert (await service.call("DELETE", f"/v1/keys/{made['id']}", "admin")).status == 404
    assert (await service.get("/v1/members", made["key"])).status == 401


async def test_a_second_key_for_a_station(service: Service) -> None:
    wanted = {"kind": "station", "name": "spare", "station": service.shop.station.id}
    made = (await service.post("/v1/keys", wanted, "admin")).body
    assert made["station"] == service.shop.station.id
    await service.identify(key=made["key"])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "station", "name": "x"}, 422),
        ({"kind": "admin", "name": "x", "station": "sta_01kaq2y3m8e5x7r1t9v0w2z4b6"}, 422),
        ({"kind": "owner", "name": "x"}, 422),
        ({"kind": "station", "name": "x", "station": "sta_01kaq2y3m8e5x7r1t9v0w2z4b6"}, 404),
        ({"kind": "station", "name": "x", "station": "x"}, 404),
    ],
)
async def test_a_key_that_makes_no_sense_is_not_made(service: Service, body: dict[str, str], status: int) -> None:
    before = (await service.get("/v1/keys", "admin")).body
    assert (await service.post("/v1/keys", body, "admin")).status == status
    assert (await service.get("/v1/keys", "admin")).body == before


async def test_a_paired_till_is_the_station_by_its_cookie(service: Service) -> None:
    service.shop.kari()
    reply = await pair(service, (await pairing_code(service)).lower(), **SAME_ORIGIN)
    assert (reply.status, reply.body) == (200, {"id": service.shop.station.id, "name": "Till 1"})
    attributes = reply.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(attributes)
    login = {"Cookie": attributes[0], **SAME_ORIGIN}
    found = await service.call("POST", "/v1/identifications", None, json={"phone": "400 00 011"}, headers=login)
    asked = await service.call("POST", "/v1/enrolments", None, json={"identification": found.body["id"]}, headers=login)
    assert asked.status == 202
    shown = await service.call("GET", f"/v1/enrolments/{asked.body['id']}", None, headers=login)
    assert shown.body == asked.body
    assert service.shop.platform.pushes[KARI] == 1


async def test_on_this_machine_the_cookie_goes_without_tls(service: Service) -> None:
    reply = await pair(service, await pairing_code(service))
    assert reply.headers["set-cookie"].startswith("medlem=mdl_st_")
    assert "Secure" not in reply.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_the_cookie_counts_for_nothing_on_foreign_pages(service: Service, headers: dict[str, str]) -> None:
    login = {"Cookie": await cookie(service), **headers}
    reply = await service.call("POST", "/v1/identifications", None, json={"phone": "400 00 011"}, headers=login)
    assert (reply.status, reply.problem) == (401, "unauthenticated")


async def test_the_cookie_counts_where_the_origin_is_our_own(service: Service) -> None:
    login = {"Cookie": f"theme=dark; {await cookie(service)}", "Origin": f"http://127.0.0.1:{service.port}"}
    reply = await service.call("POST", "/v1/identifications", None, json={"phone": "400 00 011"}, headers=login)
    assert reply.status == 201


async def test_the_cookie_opens_no_other_calls(service: Service) -> None:
    login = {"Cookie": await cookie(service), **SAME_ORIGIN}
    for path in ("/v1/members", "/v1/keys", "/v1/stations"):
        assert (await service.call("GET", path, None, headers=login)).status == 401


async def test_the_cookie_of_a_form_post_is_not_enough(service: Service) -> None:
    login = {"Cookie": await cookie(service), **SAME_ORIGIN, "Content-Type": "text/plain"}
    reply = await service.call("POST", "/v1/identifications", None, data='{"phone":"400 00 011"}', headers=login)
    assert (reply.status, reply.problem) == (415, "unsupported-media-type")


async def test_behind_tls_the_cookie_is_bound_to_the_host(shop: Shop) -> None:
    proxied = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", **SAME_ORIGIN}
    async with open_service(shop, trusted_proxies=["127.0.0.1"]) as service:
        reply = await pair(service, await pairing_code(service), **proxied)
        sent = reply.headers["set-cookie"]
        assert sent.startswith("__Host-medlem=mdl_st_")
        assert sent.endswith("; Secure")
        assert "strict-transport-security" in reply.headers
        login = {"Cookie": sent.partition(";")[0], **proxied}
        reply = await service.call("POST", "/v1/identifications", None, json={"phone": "400 00 011"}, headers=login)
        assert reply.status == 201
        # Another host of the same site could plant a cookie without the prefix: it counts for nothing here.
        login["Cookie"] = login["Cookie"].replace("__Host-", "")
        reply = await service.call("POST", "/v1/identifications", None, json={"phone": "400 00 011"}, headers=login)
        assert reply.status == 401


async def test_a_code_works_once(service: Service) -> None:
    code = await pairing_code(service)
    assert (await pair(service, code)).status == 200
    again = await pair(service, code)
    assert (again.status, again.problem) == (401, "unauthenticated")


async def test_a_code_grows_old_after_ten_minutes(service: Service) -> None:
    code = await pairing_code(service)
    await service.shop.clock.turn(600)
    assert (await pair(service, code)).status == 401


async def test_a_foreign_page_cannot_pair_this_browser(service: Service) -> None:
    reply = await pair(service, await pairing_code(service), Origin="https://evil.example")
    assert (reply.status, reply.problem) == (403, "forbidden")


async def test_nobody_guesses_codes(service: Service) -> None:
    for _ in range(10):
        assert (await pair(service, "CDFGHJKM")).status == 401
    right = await pairing_code(service)
    reply = await pair(service, right)
    assert (reply.status, reply.problem) == (429, "too-many-requests")
    assert reply.headers["retry-after"] == "600"
    await service.shop.clock.turn(600)
    assert (await pair(service, await pairing_code(service))).status == 200


async def test_a_code_is_made_for_a_known_station_only(service: Service) -> None:
    for unknown in ("x", "sta_01kaq2y3m8e5x7r1t9v0w2z4b6"):
        reply = await service.post(f"/v1/stations/{unknown}/pairing", None, "admin")
        assert (reply.status, reply.problem) == (404, "not-found")


async def test_plain_http_from_elsewhere_pairs_nothing_and_uses_no_code(service: Service) -> None:
    code = await pairing_code(service)
    reply = await pair(service, code, **{"X-Forwarded-For": "192.0.2.7"})
    assert (reply.status, reply.problem) == (403, "forbidden")
    assert (await pair(service, code)).status == 200
