"""What must be right on every call to the platform, whichever it is."""

from typing import TYPE_CHECKING

import pytest

from medlem.club.errors import Refusal
from medlem.club.ids import StationQrId
from medlem.club.masked import Masked
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Question
from medlem.vipps.access_token import AccessToken
from medlem.vipps.http import Wire
from medlem.vipps.sales_unit import AuthMethod
from medlem.vipps.troubles import KeysRefused, Surprise, Unavailable
from medlem.vipps.webhooks import Registrations
from signed_tokens import SUB
from stub_platform import (
    CLUB,
    CODE,
    DISCOVERY,
    KARI,
    KEYS,
    REQUEST,
    SHORT,
    USERINFO,
    House,
    Said,
    Stub,
    open_house,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

SYSTEM = ("Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version")
LONGEST = 30


async def everything(house: House) -> None:
    """Every call that there is; how they end does not matter here."""
    platform = house.platform
    wire = Wire(house.clock, SHORT)
    hooks = Registrations(house.unit, AccessToken(house.unit, wire, house.clock), SHORT, house.clock)
    qr = StationQrId("stq_1")
    calls: list[Awaitable[object]] = [
        platform.reveal(CLUB, PersonalQr("https://qr.vipps.no/p/abc")),
        platform.reveal_customer(CLUB, Masked("customer-token")),
        platform.hang_qr(CLUB, qr, "Till 1"),
        platform.find_qr(CLUB, qr),
        platform.hung_qrs(CLUB),
        platform.remove_qr(CLUB, qr),
        platform.ask(Question(CLUB, KARI, CODE)),
        platform.collect(CLUB, REQUEST),
        platform.exists(CLUB, KARI),
        hooks.register("login.merchant-initiated.ping.v1", "https://club.example.org/hooks"),
        hooks.listed(),
        hooks.remove("1"),
        house.told(house.good().claiming(msn="123456")),
    ]
    for call in calls:
        try:
            await call
        except (Refusal, Unavailable, KeysRefused, Surprise):
            continue
    await wire.close()
    await platform.close()


@pytest.mark.parametrize("method", list(AuthMethod))
async def test_every_call_but_userinfo_says_who_calls_and_for_whom(stub: Stub, method: AuthMethod) -> None:
    stub.says(USERINFO, Said({"sub": SUB}))
    long = "a point of sale with a very long name indeed"
    await everything(open_house(stub, auth_method=method, system_name=long, plugin_version=long))
    ours = [seen for seen in stub.seen if seen.path not in {DISCOVERY, KEYS, USERINFO}]
    assert len({(seen.method, seen.path) for seen in ours}) == 13
    for seen in ours:
        assert seen.headers["Merchant-Serial-Number"] == "123456", seen.path
        for name in SYSTEM:
            assert 1 <= len(seen.headers[name]) <= LONGEST, (seen.path, name)
    (userinfo,) = stub.calls(USERINFO)
    assert not [name for name in userinfo.headers if name.lower().startswith(("vipps-", "ocp-", "merchant-"))]
