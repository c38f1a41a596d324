"""A customer is at the counter."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fakes_platform import App
from fakes_register import ObedientRegister
from medlem.club.errors import (
    InvalidPhoneNumber,
    NotFound,
    PlatformRefusedKeys,
    PlatformUnavailable,
    TooManyRequests,
    UnreadableCode,
)
from medlem.club.member import Profile
from medlem.flows import membership, scan
from medlem.flows.limits import Limit, Limits
from shop import KARI, STRANGER, Shop, unknown_station


def silent_register() -> ObedientRegister:
    register = ObedientRegister()
    register.silent = True
    return register


async def test_a_stranger_is_not_a_member(shop: Shop) -> None:
    found = await shop.identify()
    assert (found.membership, found.member, found.evidence) == ("not_member", None, "typed")
    assert found.customer.masked == "•• •• •• 11"
    assert found.expires_at == shop.clock.now() + timedelta(minutes=15)


async def test_a_member_is_greeted_by_a_short_name(shop: Shop) -> None:
    profile = Profile(given_name="Kari", family_name="Nordmann")
    entered = await membership.enter(shop.ports, shop.club, f"+{KARI}", profile)
    found = await shop.identify()
    assert found.membership == "member"
    assert found.member is not None
    assert (found.member.name, found.member.member_number) == ("Kari N.", entered.member.member_number)


@pytest.mark.parametrize(("kind", "evidence"), [("token", "personal_qr_token"), ("clear", "personal_qr_clear")])
async def test_evidence_tells_how_we_know(shop: Shop, kind: str, evidence: str) -> None:
    shop.kari()
    assert (await shop.scan(kind=kind)).evidence == evidence


async def test_a_scanners_own_additions_do_no_harm(shop: Shop) -> None:
    shop.kari()
    code = shop.platform.qr(KARI).reveal()
    assert (await scan.by_scan(shop.ports, shop.station, f"]Q1{code}\r\n")).membership == "not_member"


@pytest.mark.parametrize(
    ("typed", "advice"),
    [
        ("7038010001234", "product"),
        ("]E07038010001234\r", "product"),
        ("https://example.com/menu", "not from the customer's app"),
        ("https://qr.vip", "part of a code"),
        ("r.vipps.no/p/abc", "part of a code"),
        ("httpsØ--qr.vipps.no-p-abc", "keyboard layout"),
        ("httpsÖ--qr.vipps.no-p-abc", "keyboard layout"),
        ("https>&&qr.vipps.no&p&abc", "keyboard layout"),
        ("", "Nothing was scanned"),
        ("https://qr.vipps.no/p/" + "a" * 300, "part of a code"),
    ],
)
async def test_what_is_no_personal_qr_code_is_refused_with_advice(shop: Shop, typed: str, advice: str) -> None:
    with pytest.raises(UnreadableCode, match=advice):
        await scan.by_scan(shop.ports, shop.station, typed)
    assert await shop.kinds() == []


async def test_a_code_that_the_platform_does_not_know_is_refused(shop: Shop) -> None:
    with pytest.raises(UnreadableCode):
        await scan.by_scan(shop.ports, shop.station, "https://qr.vipps.no/p/nobodys")


async def test_a_platform_that_is_away_is_told_and_nothing_is_written(shop: Shop) -> None:
    shop.kari()
    shop.platform.down = True
    with pytest.raises(PlatformUnavailable):
        await shop.scan()
    shop.platform.down, shop.platform.keys_refused = False, True
    with pytest.raises(PlatformRefusedKeys):
        await shop.scan()
    assert await shop.kinds() == []


async def test_a_typed_number_needs_no_platform(shop: Shop) -> None:
    shop.platform.down = True
    assert (await shop.identify()).membership == "not_member"


async def test_a_register_that_does_not_answer_stops_no_sale(shop: Shop) -> None:
    ports = replace(shop.ports, register=silent_register())
    found = await scan.by_number(ports, shop.station, f"+{KARI}", "NO")
    assert (found.membership, found.member) == ("unknown", None)


async def test_a_number_that_cannot_be_mobile_is_refused(shop: Shop) -> None:
    with pytest.raises(InvalidPhoneNumber) as refusal:
        await scan.by_number(shop.ports, shop.station, "22 34 56 78", "NO")
    assert "22" not in str(refusal.value)


async def test_every_identification_is_shown_on_its_own_stations_screen_alone(shop: Shop) -> None:
    other = await shop.another_station()
    await shop.identify()
    await shop.identify()
    assert await shop.kinds() == ["identification", "identification"]
    assert await shop.kinds(other) == []


async def test_another_stations_identification_is_not_there(shop: Shop) -> None:
    other = await shop.another_station()
    found = await shop.identify()
    assert await scan.show(shop.ports, shop.station, found.id) == found
    for station in (other, unknown_station(shop)):
        with pytest.raises(NotFound):
            await scan.show(shop.ports, station, found.id)


async def test_a_station_that_looks_up_too_much_is_told_when_to_come_back(shop: Shop) -> None:
    limited = shop.with_limits(Limits(lookups_per_station=(Limit(2, timedelta(minutes=1)),)))
    await limited.identify()
    await shop.clock.turn(10)
    await limited.identify()
    with pytest.raises(TooManyRequests) as refusal:
        await limited.identify()
    assert refusal.value.retry_after == 50
    await shop.clock.turn(50)
    assert (await limited.identify()).membership == "not_member"


async def test_a_full_station_does_not_bother_the_platform(shop: Shop) -> None:
    shop.kari()
    limited = shop.with_limits(Limits(lookups_per_station=(Limit(1, timedelta(minutes=1)),)))
    await limited.identify()
    shop.platform.down = True
    with pytest.raises(TooManyRequests):
        await limited.scan()


async def test_a_search_for_numbers_that_nobody_has_is_stopped(shop: Shop) -> None:
    limited = shop.with_limits(Limits(lookup_misses_per_station=(Limit(2, timedelta(hours=1)),)))
    shop.platform.knows_who_exists = True
    shop.kari()
    shop.platform.person("4740000013", app=App.NONE)
    for msisdn in (STRANGER, STRANGER, KARI, "4740000013"):
        await limited.identify(msisdn)
        await shop.ports.errands.finish()
    with pytest.raises(TooManyRequests):
        await limited.identify(KARI)
