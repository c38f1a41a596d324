"""A scan: the code goes to the platform whole, and every answer has its refusal."""

from dataclasses import replace
from typing import Any

import pytest

from medlem.club.errors import PlatformRefusedKeys, PlatformSurprisedUs, PlatformUnavailable, UnreadableCode
from medlem.club.identification import Evidence
from medlem.club.ids import ClubId
from medlem.club.phone import PhoneNumber
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Revealed
from medlem.vipps.platform import VippsPlatform
from stub_platform import CLUB, EXCHANGE, SHORT, HangUp, House, Said, Scripted, Silence

CLEAR = PersonalQr("https://qr.vipps.no/28/2/01/031/4740000001?v=1")
REFUSED = {
    "title": "Bad request",
    "status": 400,
    "detail": "The request body contains one or more invalid parameters.",
    "extraDetails": [{"name": "qrCode", "reason": "The complete code is required."}],
}


async def reveal(house: House, said: Scripted) -> Revealed:
    house.stub.says(EXCHANGE, said)
    return await house.platform.reveal(CLUB, CLEAR)


async def test_the_code_is_sent_whole_with_every_header(house: House) -> None:
    await reveal(house, Said({"msisdn": "4740000001", "version": "1.0"}))
    (seen,) = house.stub.calls(EXCHANGE)
    assert seen.json == {"qrCode": CLEAR.reveal(), "requestedData": ["MSISDN"]}
    assert seen.headers["Authorization"] == "Bearer api.token_1"
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["Ocp-Apim-Subscription-Key"] == "subscription-key-1"
    assert seen.headers["Merchant-Serial-Number"] == "123456"
    for name in (
        "Vipps-System-Name",
        "Vipps-System-Version",
        "Vipps-System-Plugin-Name",
        "Vipps-System-Plugin-Version",
    ):
        assert 0 < len(seen.headers[name]) <= 30


@pytest.mark.parametrize(
    ("version", "evidence"),
    [
        ("2.0", Evidence.PERSONAL_QR_TOKEN),
        ("1.0", Evidence.PERSONAL_QR_CLEAR),
        ("3.0", Evidence.PERSONAL_QR_CLEAR),
        (2.0, Evidence.PERSONAL_QR_CLEAR),
        (None, Evidence.PERSONAL_QR_CLEAR),
    ],
)
async def test_only_version_two_proves_presence(house: House, version: Any, evidence: Evidence) -> None:
    revealed = await reveal(house, Said({"msisdn": "4740000001", "timestamp": 1, "version": version}))
    assert revealed == Revealed(PhoneNumber("4740000001"), evidence)


CASES: dict[str, tuple[Scripted, type[Exception]]] = {
    "refused": (Said(REFUSED, 400), UnreadableCode),
    "refused as problem with text status": (Said(REFUSED | {"status": "400", "traceId": "t"}, 400), UnreadableCode),
    "refused by the other shape": (
        Said({"title": "Bad", "invalidParams": [{"name": "qrCode", "reason": "?"}]}, 400),
        UnreadableCode,
    ),
    "refused without a field": (Said({"title": "Bad request", "status": 400, "detail": "?"}, 400), UnreadableCode),
    "not found": (Said({"title": "Not found", "status": 404, "detail": "?"}, 404), UnreadableCode),
    "gone": (Said({"title": "Gone"}, 410), UnreadableCode),
    "another field is wrong": (
        Said({"title": "Bad", "extraDetails": [{"name": "Merchant-Serial-Number"}, "?", {"name": 1}]}, 400),
        PlatformSurprisedUs,
    ),
    "no such page": (Said("<html>", 404), PlatformSurprisedUs),
    "forbidden": (Said("", 403), PlatformRefusedKeys),
    "busy": (Said("", 429), PlatformUnavailable),
    "locked": (Said("", 423), PlatformUnavailable),
    "failing": (Said("", 500), PlatformUnavailable),
    "reset": (HangUp(), PlatformUnavailable),
    "silent": (Silence(), PlatformUnavailable),
    "html": (Said("<html>"), PlatformSurprisedUs),
    "a list": (Said(["4740000001"]), PlatformSurprisedUs),
    "no number": (Said({"version": "2.0"}), PlatformSurprisedUs),
    "number in words": (Said({"msisdn": "kari", "version": "2.0"}), PlatformSurprisedUs),
    "number as a number": (Said({"msisdn": 4740000001, "version": "2.0"}), PlatformSurprisedUs),
    "redirect": (Said("", 307, {"Location": "/elsewhere"}), PlatformSurprisedUs),
}


@pytest.mark.parametrize(("said", "refusal"), CASES.values(), ids=list(CASES))
async def test_every_other_answer_has_its_refusal(house: House, said: Scripted, refusal: type[Exception]) -> None:
    with pytest.raises(refusal) as caught:
        await reveal(house, said)
    assert "40000001" not in str(caught.value)


async def test_the_platforms_wait_is_passed_on(house: House) -> None:
    with pytest.raises(PlatformUnavailable) as caught:
        await reveal(house, Said("", 503, {"Retry-After": "12"}))
    assert caught.value.retry_after == 12
    with pytest.raises(PlatformUnavailable) as caught:
        await reveal(house, Said("", 503, {"Retry-After": "0"}))
    assert caught.value.retry_after == 1
    with pytest.raises(PlatformUnavailable) as caught:
        await reveal(house, Said("", 503))
    assert caught.value.retry_after == 5


async def test_a_scan_does_not_wait_for_one_thing_after_the_other(house: House) -> None:
    hurried = VippsPlatform({CLUB: house.unit}, house.clock, replace(SHORT, scan=0.2))
    house.stub.says(EXCHANGE, Silence())
    with pytest.raises(PlatformUnavailable):
        await hurried.reveal(CLUB, CLEAR)
    await hurried.close()


async def test_a_club_without_a_sales_unit_reveals_nothing(house: House) -> None:
    with pytest.raises(PlatformUnavailable):
        await house.platform.reveal(ClubId("clb_unknown"), CLEAR)
