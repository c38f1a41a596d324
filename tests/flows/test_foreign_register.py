"""The till keeps working while the merchant's own register is down, slow or lying."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from medlem.club.phone import PhoneNumber
from medlem.flows import announcing
from medlem.flows.views import IdentificationView
from medlem.registers.by_club import Registers
from medlem.registers.own import OwnRegister
from medlem.registers.remembering import Remembering
from registers_at_hand import Liar, http_register, lying, reference_server
from shop import KARI, OLA, Shop

PHONE = PhoneNumber(KARI)
MEMBER = {"member_number": "C-17", "name": "Kari Nordmann", "since": "2024-05-01"}
KNOWN = json.dumps({"phone": PHONE.e164, "member": MEMBER}).encode()
NOBODY = json.dumps({"phone": PHONE.e164, "member": None}).encode()


@dataclass
class Counter:
    """A till in a shop whose register is somebody else's server."""

    shop: Shop
    liar: Liar

    async def identify(self) -> IdentificationView:
        found = await self.shop.identify()
        station = self.shop.station
        event = (await self.shop.storage.reading.events.after(station.club, station.id, 0, 99))[-1]
        shown = json.loads(event.body)
        assert (shown["membership"], shown["member"] is None) == (found.membership, found.member is None)
        return found


async def put(shop: Shop, url: str, within: float = 5.0) -> Registers:
    http = http_register(url, shop.clock, within=within)
    registers = Registers(OwnRegister(shop.storage))
    registers.put(shop.club.id, Remembering(http, shop.clock, timedelta(hours=24), 100), http, http.close)
    shop.ports = replace(shop.ports, register=registers)
    return registers


@pytest.fixture
async def counter(shop: Shop) -> AsyncIterator[Counter]:
    async with lying() as liar:
        registers = await put(shop, liar.url, within=0.3)
        yield Counter(shop, liar)
        await registers.close()


async def test_while_it_answers_it_is_believed(counter: Counter) -> None:
    counter.liar.says(KNOWN)
    found = await counter.identify()
    assert found.member is not None
    assert (found.membership, found.member.name, found.member.member_number) == ("member", "Kari N.", "C-17")
    counter.liar.says(NOBODY)
    assert (await counter.identify()).membership == "not_member"


@pytest.mark.parametrize("before", [False, True], ids=["never heard of", "remembered"])
@pytest.mark.parametrize("trouble", ["down", "slow", "lying", "html"])
async def test_while_it_is_down_slow_or_lying_the_till_says_unknown_or_how_old_its_answer_is(
    counter: Counter, trouble: str, *, before: bool
) -> None:
    at = counter.shop.clock.now()
    if before:
        counter.liar.says(KNOWN)
        assert (await counter.identify()).as_of is None
        await counter.shop.clock.turn(720)
    other = json.dumps({"phone": PhoneNumber(OLA).e164, "member": MEMBER | {"name": "Ola Hansen"}}).encode()
    answers = {"down": b"", "slow": KNOWN, "lying": other, "html": b"<!doctype html><h1>Welcome</h1>"}
    counter.liar.says(answers[trouble])
    counter.liar.drip = trouble == "slow"
    if trouble == "down":
        counter.liar.answer = b""
    found = await counter.identify()
    if before:
        assert found.member is not None
        assert (found.membership, found.member.name, found.as_of) == ("member", "Kari N.", at)
    else:
        assert (found.membership, found.member, found.as_of) == ("unknown", None, None)


async def test_while_it_is_down_customers_join_and_are_members_at_once_and_it_hears_when_it_is_back(
    counter: Counter,
) -> None:
    shop = counter.shop
    counter.liar.answer = b""
    shop.kari()
    assert (await counter.identify()).membership == "unknown"
    asked = await shop.invite()
    shop.platform.approve(KARI)
    await shop.wait(6)
    assert (await shop.show(asked.id)).state == "accepted"
    assert (await announcing.tell(shop.ports, shop.club.id)).heard == 0
    assert (await counter.identify()).membership == "member"
    with reference_server() as url:
        registers = await put(shop, url)
        await shop.clock.turn(10)
        assert (await counter.identify()).membership == "member"
        assert (await announcing.tell(shop.ports, shop.club.id)).heard == 1
        found = await counter.identify()
        assert found.member is not None
        assert (found.membership, found.member.name) == ("member", "Kari N.")
        await registers.close()
