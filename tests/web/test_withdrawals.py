"""Hearing that a customer ended sharing: whatever comes, whoever it names, and nobody learns anything."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from medlem.club.ids import ClubId
from medlem.club.masked import Masked
from medlem.flows import places, sharing
from medlem.web.withdrawals import read
from service import Reply, Service, open_service
from shop import KARI, Shop

PUBLISHED = (
    "eyJhbGciOiJub25lIiwidHlwIjogIkpXVCJ9Cg.eyJleHAiOjE1OTI1NzE3ODgsImlhdCI6MTU5MjU3MTQ4OCwibmJmIjoxNTkyNTcxNDg4LCJzdWIi"
    "OiJjOWQxMDQ0NC1kOTkyLTQ4NTAtYWM2MC05ZDM1MDIwOTUwMDgiLCJldmVudCI6IkNPTlNFTlRfUkVWT0tFRCJ9"
)
"""The example that the platform has published: two parts, no dot at the end, a line break in the header."""
PUBLISHED_SUB = "c9d10444-d992-4850-ac60-9d3502095008"


def part(of: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(of).encode()).decode().rstrip("=")


def token(sub: Any = PUBLISHED_SUB, *, tail: str = "", **claims: Any) -> str:
    said = {"exp": 1592571788, "iat": 1592571488, "nbf": 1592571488, "sub": sub, "event": "CONSENT_REVOKED"} | claims
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(said)}{tail}"


def test_the_published_example_is_read() -> None:
    said = read(PUBLISHED.encode())
    assert said is not None
    assert said.sub == PUBLISHED_SUB
    assert said.said_at is not None
    assert said.said_at.timestamp() == 1592571488


@pytest.mark.parametrize(
    "tail", ["", ".", ".c2lnbmVk", ".\n"], ids=["two", "three, the last empty", "three", "newline"]
)
def test_two_and_three_parts_are_read(tail: str) -> None:
    said = read(token(tail=tail).encode())
    assert said is not None
    assert said.sub == PUBLISHED_SUB


@pytest.mark.parametrize("claims", [{"exp": 1}, {"exp": None}, {"iat": "yesterday"}, {"iat": 1e300}, {"iat": True}])
def test_times_are_read_leniently(claims: dict[str, Any]) -> None:
    assert read(token(**claims).encode()) is not None


def test_padding_is_no_matter() -> None:
    head, claims = token().split(".")
    assert read(f"{head}.{claims}{'=' * (-len(claims) % 4)}".encode()) is not None


MALFORMED = {
    "empty": b"",
    "no token": b"hello",
    "one part": part({"sub": "a"}).encode(),
    "four parts": f"{PUBLISHED}.a.b".encode(),
    "not base64": b"a.!!!.",
    "not JSON": b"a.aGVsbG8",
    "a list": f"a.{part(['CONSENT_REVOKED'])}".encode(),
    "another event": token(event="CONSENT_GIVEN").encode(),
    "no event": f"a.{part({'sub': 'a'})}".encode(),
    "no sub": f"a.{part({'event': 'CONSENT_REVOKED'})}".encode(),
    "a number for a sub": token(7).encode(),
    "an empty sub": token("").encode(),
    "a sub with a zero byte": token("a\0b").encode(),
    "half a surrogate": token("\ud800").encode(),
    "a long sub": token("x" * 256).encode(),
    "not ASCII": PUBLISHED.encode() + "æ".encode(),
    "not a text": b"\xff\xfe.\xff",
    "too long": token(more="x" * 4000).encode(),
    "deep": ("a." + base64.urlsafe_b64encode(b"[" * 3000).decode()).encode(),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED)
def test_everything_else_is_not(raw: bytes) -> None:
    assert read(raw) is None


# -- over HTTP


async def address(service: Service) -> str:
    made = await sharing.address(service.shop.ports, service.shop.club.id)
    return f"/hooks/withdrawn/{made.secret.reveal()}"


async def tell(service: Service, body: str | bytes, path: str | None = None, **headers: str) -> Reply:
    sent = {"Content-Type": "text/plain"} | headers
    return await service.call("POST", path or await address(service), None, data=body, headers=sent)


async def member(service: Service) -> tuple[str, str]:
    """Kari joins: her id, and the platform's name for her."""
    kari = service.shop.kari()
    asked = await service.ask()
    service.shop.platform.approve(KARI)
    await service.shop.wait(10)
    return (await service.get(f"/v1/enrolments/{asked['id']}")).body["member"]["id"], kari.sub


async def test_a_member_is_marked_and_listed_for_whoever_looks_at_it(service: Service) -> None:
    name, sub = await member(service)
    assert (await service.get(f"/v1/members/{name}", "integration")).body["sharing_withdrawn_at"] is None
    reply = await tell(service, token(sub, iat=service.shop.clock.now().timestamp()))
    assert (reply.status, reply.raw) == (200, b"")
    shown = (await service.get(f"/v1/members/{name}", "integration")).body
    assert shown["sharing_withdrawn_at"] == "2026-11-23T10:00:10Z"
    assert shown["left_at"] is None
    listed = (await service.get("/v1/members?sharing=withdrawn", "integration")).body["members"]
    assert [one["id"] for one in listed] == [name]


async def test_known_or_not_the_answer_is_the_same(service: Service) -> None:
    _, sub = await member(service)
    now = service.shop.clock.now().timestamp()
    answers = [await tell(service, token(who, iat=now)) for who in (sub, sub, PUBLISHED_SUB)]
    answers.append(await tell(service, PUBLISHED))
    for answer in answers:
        told = {name: value for name, value in answer.headers.items() if name not in {"medlem-trace", "date"}}
        assert (answer.status, answer.raw) == (200, b"")
        assert told == {
            name: value for name, value in answers[0].headers.items() if name not in {"medlem-trace", "date"}
        }


async def test_what_cannot_be_read_gets_an_answer_that_says_nothing(service: Service) -> None:
    answers = [await tell(service, raw) for raw in MALFORMED.values()]
    for answer in answers:
        assert (answer.status, answer.problem) == (422, "invalid-request")
        assert answer.body["detail"] == answers[0].body["detail"] == "This is not what is heard here."
        assert answer.body["errors"] == [{"pointer": "", "detail": "This is not what is heard here."}]


async def test_an_address_that_nobody_has_is_a_path_that_is_not_there(service: Service) -> None:
    await address(service)
    for body in (PUBLISHED, "hello"):
        for path in ("/hooks/withdrawn/guessed", "/hooks/withdrawn/%00", f"/hooks/withdrawn/{'x' * 43}"):
            reply = await tell(service, body, path)
            unknown = await tell(service, body, "/hooks/nothing")
            assert (reply.status, reply.problem) == (404, "not-found")
            assert reply.body["detail"] == unknown.body["detail"]


async def test_other_content_types_are_heard_too(service: Service) -> None:
    assert (await tell(service, PUBLISHED, **{"Content-Type": "application/jwt"})).status == 200


async def test_too_much_of_it_is_put_off(service: Service) -> None:
    made = await sharing.address(service.shop.ports, service.shop.club.id)
    async with service.shop.storage.transaction() as tx:
        while await tx.sharing.count(made, service.shop.clock.now(), sharing.MOST_A_MINUTE):
            pass
    reply = await tell(service, PUBLISHED)
    assert (reply.status, reply.problem, reply.headers["retry-after"]) == (429, "too-many-requests", "60")


@pytest.fixture
async def guarded(shop: Shop) -> AsyncIterator[Service]:
    async def agreed(club: ClubId) -> Masked[str] | None:
        return Masked("Basic YWdyZWVkOm9u") if club == shop.club.id else None

    async with open_service(shop, agreed=agreed) as found:
        yield found


async def test_an_authorization_that_was_agreed_on_is_demanded_before_anything_is_read(guarded: Service) -> None:
    for headers in ({}, {"Authorization": "Basic YWdyZWVkOm9m"}, {"Authorization": "æ"}):
        for body in (PUBLISHED, "hello"):
            reply = await tell(guarded, body, **headers)
            assert (reply.status, reply.problem) == (401, "unauthenticated")
    assert (await tell(guarded, PUBLISHED, Authorization="Basic YWdyZWVkOm9u")).status == 200


async def test_what_was_agreed_on_for_one_club_is_not_asked_of_another(guarded: Service) -> None:
    other = await places.add_club(guarded.shop.ports, "200200", "Bakgården", "NO", Masked(b"{}"))
    assert other is not None
    made = await sharing.address(guarded.shop.ports, other.id)
    path = f"/hooks/withdrawn/{made.secret.reveal()}"
    assert (await tell(guarded, PUBLISHED, path)).status == 200
