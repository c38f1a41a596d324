"""Stickers over HTTP: made, shown, printed, taken down."""

import html
import re
from xml.etree import ElementTree as ET

import pytest
import segno

from fakes_stickers import QrTrouble
from medlem.club.masked import Masked
from medlem.flows import places
from medlem.flows.answers import Subscribed
from medlem.web.sheet import PAPERS, Sheet, languages, printed
from service import Reply, Service

SHEET = Sheet("Fjord & Fjell", "Till 1", "https://qr.vipps.no/c/abc", "A6", "en")


def path(service: Service, more: str = "") -> str:
    return f"/v1/stations/{service.shop.station.id}/qr{more}"


async def put(service: Service) -> Reply:
    return await service.call("PUT", path(service), "admin")


async def test_a_sticker_is_made_and_shown(service: Service) -> None:
    assert (await service.get(path(service), "admin")).problem == "not-found"
    made = await put(service)
    [hung] = service.shop.platform.hung.values()
    assert made.status == 200
    assert made.body == {
        "id": hung.id,
        "station": service.shop.station.id,
        "label": "Till 1",
        "state": "up",
        "content": hung.content,
        "image_url": hung.image,
        "made_at": "2026-11-23T10:00:00Z",
        "listening": False,
    }
    assert (await service.get(path(service), "admin")).body == made.body
    assert (await put(service)).body["id"] == hung.id


async def test_it_says_whether_scans_are_told(service: Service) -> None:
    await put(service)
    url = "https://club.example.org/hooks/vipps/100001/user.checked-in.v1"
    async with service.shop.storage.transaction() as tx:
        subscribed = Subscribed("hook-2", url, Masked("shh"), created_at=service.shop.clock.now())
        await tx.webhooks.keep_registration(service.shop.club.id, "user.checked-in.v1", subscribed)
    assert (await service.get(path(service), "admin")).body["listening"] is True


@pytest.mark.parametrize(
    ("trouble", "status", "problem"),
    [
        (QrTrouble.LOST, 503, "platform-unavailable"),
        (QrTrouble.KEYS_REFUSED, 502, "platform-refused-keys"),
        (QrTrouble.SURPRISE, 502, "platform-surprised-us"),
    ],
)
async def test_a_platform_that_fails_is_told_and_the_sticker_is_being_made(
    service: Service, trouble: QrTrouble, status: int, problem: str
) -> None:
    service.shop.platform.qr_troubles.append(trouble)
    reply = await put(service)
    assert (reply.status, reply.problem) == (status, problem)
    shown = (await service.get(path(service), "admin")).body
    assert (shown["state"], shown["content"]) == ("making", None)
    assert (await service.get(path(service, "/sheet"), "admin")).problem == "not-found"
    assert (await put(service)).body["state"] == "up"


async def test_a_sticker_is_taken_down_once(service: Service) -> None:
    await put(service)
    assert (await service.call("DELETE", path(service), "admin")).status == 204
    await service.shop.ports.errands.finish()
    assert not service.shop.platform.hung
    assert (await service.call("DELETE", path(service), "admin")).problem == "not-found"
    assert (await service.get(path(service), "admin")).problem == "not-found"


@pytest.mark.parametrize("key", ["station", "integration"])
async def test_only_an_admin_may(service: Service, key: str) -> None:
    for method, more in (("PUT", ""), ("GET", ""), ("GET", "/sheet"), ("DELETE", "")):
        reply = await service.call(method, path(service, more), key)
        assert (reply.status, reply.problem) == (403, "forbidden")


async def test_a_station_that_is_not_there_has_no_sticker(service: Service) -> None:
    other = (await places.add_station(service.shop.ports, service.shop.club, "Till 2", None)).station
    await places.remove_station(service.shop.ports, service.shop.club, other.id)
    for station in (other.id, "sta_01kaq2y3m8e5x7r1t9v0w2z4b6", "x"):
        assert (await service.call("PUT", f"/v1/stations/{station}/qr", "admin")).problem == "not-found"


async def test_the_sheet_is_whole_in_itself_and_may_do_nothing(service: Service) -> None:
    await put(service)
    reply = await service.get(path(service, "/sheet?paper=A5&language=en"), "admin")
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = reply.raw.decode()
    assert "size: 148mm 210mm" in page
    assert "Till 1" in page
    assert html.escape(service.shop.club.name) in page
    assert not re.search(r"\b(src|href|url\()", page)
    assert "<script" not in page
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")


async def test_the_sheet_speaks_the_clubs_language_unless_told_otherwise(service: Service) -> None:
    await put(service)
    usual = (await service.get(path(service, "/sheet"), "admin")).raw.decode()
    assert '<html lang="nb">' in usual
    assert "size: 105mm 148mm" in usual


@pytest.mark.parametrize("query", ["paper=A3", "language=xx", "paper=", "size=A4"])
async def test_papers_and_languages_that_there_are_not_are_refused(service: Service, query: str) -> None:
    await put(service)
    assert (await service.get(path(service, f"/sheet?{query}"), "admin")).problem == "invalid-request"


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("language", languages())
def test_every_sheet_is_filled_in_and_names_no_brand(paper: str, language: str) -> None:
    page = printed(Sheet("Fjord & Fjell", "Till <1>", "https://qr.vipps.no/c/abc", paper, language)).page
    assert "{{" not in page
    assert "Till &lt;1&gt;" in page
    words = re.sub(r"<[^>]*>", "", page)
    assert not re.search("vipps|mobilepay", words, re.IGNORECASE)


def test_the_code_is_drawn_in_vectors_with_its_margin_and_says_the_content() -> None:
    page = printed(SHEET).page
    drawn = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314 - our own drawing
    _, _, width, height = (float(number) for number in drawn.attrib["viewBox"].split())
    assert (width, height) == segno.make(SHEET.content, error="m", micro=False).symbol_size(border=4)
    assert (
        printed(SHEET).page != printed(Sheet("Fjord & Fjell", "Till 1", "https://qr.vipps.no/c/abd", "A6", "en")).page
    )
