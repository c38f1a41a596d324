"""Who stands at the counter, over HTTP."""

import pytest

from fakes_platform import App
from service import Service
from shop import KARI


async def test_a_typed_number_is_read_in_the_shops_country(service: Service) -> None:
    reply = await service.post("/v1/identifications", {"phone": "400 00 011"})
    assert reply.status == 201
    assert reply.body == {
        "id": reply.body["id"],
        "membership": "not_member",
        "evidence": "typed",
        "customer": {"masked": "•• •• •• 11"},
        "member": None,
        "app": "Vipps",
        "expires_at": "2026-11-23T10:15:00Z",
        "as_of": None,
        "app_found": None,
        "doubt": None,
        "choices": [],
    }


async def test_a_typed_number_is_read_in_the_country_that_is_given(service: Service) -> None:
    reply = await service.post("/v1/identifications", {"phone": "20 00 00 11", "country": "DK"})
    assert reply.status == 201
    assert reply.body["app"] == "MobilePay"


async def test_a_scanned_code_is_exchanged_whole(service: Service) -> None:
    service.shop.kari()
    code = service.shop.platform.qr(KARI, "token").reveal()
    reply = await service.post("/v1/identifications", {"scan": code})
    assert reply.status == 201
    assert reply.body["evidence"] == "personal_qr_token"


async def test_a_member_is_greeted_by_first_name_and_initial(service: Service) -> None:
    await service.post("/v1/members", {"phone": f"+{KARI}", "profile": {"name": "Kari Nordmann"}}, "integration")
    found = await service.identify()
    assert found["membership"] == "member"
    assert found["member"]["name"] == "Kari N."


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"scan": "7038010009457"}, "unreadable-code"),
        ({"scan": ""}, "unreadable-code"),
        ({"scan": "https://qr.vipps.no/p/nobody-drew-this"}, "unreadable-code"),
        ({"phone": "12"}, "invalid-phone-number"),
        ({"phone": ""}, "invalid-phone-number"),
        ({"phone": "22 00 00 11"}, "invalid-phone-number"),
        ({}, "invalid-request"),
        ({"scan": "x", "phone": "400 00 011"}, "invalid-request"),
        ({"scan": "x", "country": "NO"}, "invalid-request"),
        ({"phone": "400 00 011", "country": "no"}, "invalid-request"),
        ({"phone": 40000011}, "invalid-request"),
    ],
)
async def test_what_identifies_nobody_is_refused(service: Service, body: dict[str, object], problem: str) -> None:
    reply = await service.post("/v1/identifications", body)
    assert reply.status == 422
    assert reply.problem == problem


async def test_a_platform_that_is_away_is_told_with_the_time_to_come_back(service: Service) -> None:
    service.shop.kari()
    code = service.shop.platform.qr(KARI).reveal()
    service.shop.platform.down = True
    reply = await service.post("/v1/identifications", {"scan": code})
    assert (reply.status, reply.problem) == (503, "platform-unavailable")
    assert int(reply.headers["retry-after"]) > 0


async def test_refused_keys_of_the_sales_unit_are_told(service: Service) -> None:
    service.shop.kari()
    code = service.shop.platform.qr(KARI).reveal()
    service.shop.platform.keys_refused = True
    reply = await service.post("/v1/identifications", {"scan": code})
    assert (reply.status, reply.problem) == (502, "platform-refused-keys")


async def test_nobody_can_tell_from_an_identification_whether_a_stranger_has_the_app(service: Service) -> None:
    service.shop.platform.person(KARI, app=App.NONE)
    without = await service.identify("400 00 011")
    unknown = await service.identify("400 00 099")
    assert without.keys() == unknown.keys()
    assert without["membership"] == unknown["membership"] == "not_member"
