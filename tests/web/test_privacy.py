"""Numbers, names and secrets stay where they belong: in bodies for those who may see them, and nowhere else."""

import json
import logging

import aiohttp
import pytest

from fakes_platform import AskTrouble, DisclosureTrouble
from medlem.flows import scan
from service import Reply, Service
from shop import KARI

NAME = "Kari Nordmann"
CANARIES = ("4740000011", "40000011", "400 00 011", "Nordmann", "kari@example.org", "mdl_", "qr.vipps.no")


def assert_clean(text: str, *, where: str) -> None:
    for canary in CANARIES:
        assert canary not in text, f"{canary} in {where}"


async def whole_day(service: Service) -> list[Reply]:
    """Everything that a counter does on a bad day."""
    shop = service.shop
    shop.kari()
    replies = [await service.post("/v1/identifications", {"scan": shop.platform.qr(KARI).reveal()})]
    replies.append(
        await service.post("/v1/identifications", {"scan": "https://qr.vipps.no/28/2/01/031/4740000011?v=9"})
    )
    replies.append(await service.post("/v1/identifications", {"phone": "4740000011400 00 011"}))
    replies.append(await service.post("/v1/identifications", {"phone": ["4740000011"], "Kari Nordmann": 1}))
    replies.append(await service.get("/v1/enrolments/4740000011"))
    replies.append(await service.get("/v1/members/4740000011?phone=4740000011", "integration"))
    replies.append(await service.get("/4740000011?phone=%2B4740000011", "mdl_st_4740000011"))
    shop.platform.ask_troubles.append(AskTrouble.SURPRISE)
    await service.ask()
    await service.ask()
    shop.platform.approve(KARI)
    shop.platform.disclosure_troubles.append(DisclosureTrouble.UNREACHABLE)
    await shop.wait(60)
    replies.append(await service.post("/v1/identifications", {"phone": "+4740000011"}))
    replies.append(await service.post("/v1/enrolments", {"identification": replies[-1].body["id"]}))
    replies.append(await service.call("POST", "/till/pair", None, json={"code": "4740000011"}))
    return replies


async def test_no_log_line_knows_a_number_a_name_or_a_secret(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await whole_day(service)
    assert len(caplog.records) > 10
    for record in caplog.records:
        assert_clean(record.getMessage(), where=record.name)


async def test_no_answer_to_a_till_knows_a_full_number_or_name(service: Service) -> None:
    for reply in await whole_day(service):
        assert_clean(reply.raw.decode(), where="an answer")
        assert_clean(json.dumps(dict(reply.headers)), where="a header")


async def test_the_access_log_names_the_route_and_never_the_path(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "medlem.access")
    await service.get("/v1/enrolments/4740000011?phone=4740000011")
    [line] = [record.getMessage() for record in caplog.records if record.name == "medlem.access"]
    fields = dict(part.split("=", 1) for part in line.split())
    assert fields.keys() == {"trace", "method", "route", "status", "ms", "station"}
    assert (fields["route"], fields["station"]) == ("/v1/enrolments/{enrolment}", service.shop.station.id)


async def test_a_defect_of_ours_is_told_by_its_trace_alone(
    service: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up() -> None:
        raise KeyError(NAME)

    async def broken(*_: object) -> None:
        try:
            look_up()
        except KeyError as error:
            raise ValueError(f"cannot read {KARI}") from error

    monkeypatch.setattr(scan, "by_number", broken)
    reply = await service.post("/v1/identifications", {"phone": "400 00 011"})
    assert (reply.status, reply.problem) == (500, "internal-error")
    assert "4740000011" not in reply.raw.decode()
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert reply.body["trace"] in record.getMessage()
    assert "KeyError" in record.getMessage()
    assert "in broken" in record.getMessage()
    assert_clean(record.getMessage(), where="the log")


async def test_a_defect_in_the_middle_of_a_stream_is_told_by_its_trace_alone(
    service: Service, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ValueError(f"cannot read {KARI}")

    monkeypatch.setattr(type(service.shop.storage.reading.events), "snapshot", broken)
    async with service.http.get(
        "/v1/events", headers={"Authorization": f"Bearer {service.keys['station']}"}
    ) as response:
        with pytest.raises(aiohttp.ClientPayloadError):  # cut off, so that nobody takes it for a clean end
            await response.content.read()
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert any(response.headers["medlem-trace"] in error for error in errors)
    for error in errors:
        assert_clean(error, where="the log")
