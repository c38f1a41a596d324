"""A merchant's own system that is down, slow, somebody else, or lying: never a wrong answer."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from fakes import HandClock
from medlem.club.errors import RegisterUnavailable
from medlem.club.phone import PhoneNumber
from medlem.flows.answers import Heard, TurnedDown, Unheard
from medlem.registers.http import FAILURES, PAUSE
from medlem.registers.remembering import Remembering
from registers_at_hand import CLUB, KARI, SECRET, TOKEN, Liar, http_register, joined, lying, member

MEMBER = {"id": "7", "member_number": "C-17", "name": "Kari Nordmann", "since": "2024-05-01T10:00:00Z"}
ANSWER = {"phone": KARI.e164, "member": MEMBER}


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    async with lying() as made:
        yield made


async def found(liar: Liar, answer: object = ANSWER, **fields: str) -> str | None:
    """The member number that is found; `unknown` when there is no answer to trust."""
    if answer is not None:
        liar.says(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
    register = http_register(liar.url, HandClock(), fields=fields)
    try:
        entry = await register.find(CLUB, KARI)
    except RegisterUnavailable:
        return "unknown"
    finally:
        await register.close()
    return entry.member_number if entry else None


async def test_a_right_answer_is_taken(liar: Liar) -> None:
    assert await found(liar) == "C-17"
    assert await found(liar, {"phone": KARI.e164, "member": None}) is None


async def test_who_asks_can_be_told_from_others_and_the_number_stands_in_no_address(liar: Liar) -> None:
    await found(liar)
    head, _, body = liar.asked[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert lines[0] == "POST /lookup HTTP/1.1"
    assert json.loads(body) == {"phone": KARI.e164}
    assert headers["authorization"] == f"Bearer {TOKEN}"
    assert headers["medlem-register-version"] == "1"
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.digest(SECRET.encode(), signed, hashlib.sha256)
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"


@pytest.mark.parametrize(
    "answer",
    [
        {"phone": "+4740000012", "member": MEMBER},
        {"phone": "+4740000012", "member": None},
        {"phone": "+4540000011", "member": MEMBER},
        {"phone": None, "member": MEMBER},
        {"phone": True, "member": MEMBER},
        {"phone": "11", "member": MEMBER},
        {"member": MEMBER},
        {"phone": KARI.e164},
        {"phone": KARI.e164, "member": {}},
        {"phone": KARI.e164, "member": "C-17"},
        {"phone": KARI.e164, "member": [MEMBER, MEMBER]},
        {"phone": KARI.e164, "member": {"member_number": None}},
        {"phone": KARI.e164, "member": {"member_number": {"a": 1}}},
        {"phone": KARI.e164, "member": MEMBER | {"name": ["Kari"]}},
        {"phone": KARI.e164, "member": MEMBER | {"member_number": "9" * 65}},
        {"error": "no such customer"},
        [],
        b"",
        b"null",
        b"NaN",
        b"[" * 30_000,
        b'{"phone": "\xff"}',
        b"<!doctype html><title>Sign in</title>",
    ],
    ids=str,
)
async def test_an_answer_that_is_not_about_this_number_or_not_to_be_understood_is_none(
    liar: Liar, answer: object
) -> None:
    assert await found(liar, b"" if answer is None else answer) == "unknown"


@pytest.mark.parametrize(
    "written", ["4740000011", "40000011", "0047 400 00 011", "+47 400 00 011", 4740000011, 40000011]
)
async def test_the_number_may_be_written_as_people_do(liar: Liar, written: object) -> None:
    assert await found(liar, ANSWER | {"phone": written}) == "C-17"


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 403, 404, 408, 429, 500, 503])
async def test_any_other_status_is_no_answer(liar: Liar, status: int) -> None:
    liar.says(json.dumps(ANSWER).encode(), status, f"Location: {liar.url}/lookup")
    assert await found(liar, None) == "unknown"
    assert len(liar.asked) == 1


async def test_an_answer_that_never_ends_is_cut_off(liar: Liar) -> None:
    liar.answer = b"HTTP/1.1 200 Said\r\nContent-Type: application/json\r\n\r\n" + b'{"phone": "'
    liar.endless = b"a" * 65_536
    assert await found(liar, None) == "unknown"


async def test_fifty_megabytes_are_not_read(liar: Liar) -> None:
    liar.answer = b"HTTP/1.1 200 Said\r\nContent-Length: 52428800\r\n\r\n" + b" " * 70_000
    liar.hang_up = False
    assert await found(liar, None) == "unknown"


async def test_a_small_answer_that_would_become_a_large_one_is_not_unpacked(liar: Liar) -> None:
    liar.says(json.dumps(ANSWER).encode(), 200, "Content-Encoding: gzip")
    assert await found(liar, None) == "unknown"


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 Said\r\nContent-Length: 200\r\n\r\n{", b"220 smtp.example.org\r\n"]
)
async def test_a_line_that_breaks_is_no_answer(liar: Liar, answer: bytes) -> None:
    liar.answer = answer
    assert await found(liar, None) == "unknown"


async def test_an_answer_that_drips_is_not_waited_for(liar: Liar) -> None:
    liar.says(json.dumps(ANSWER).encode())
    liar.drip = True
    register = http_register(liar.url, HandClock(), within=0.2)
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, KARI)
    await register.close()


async def test_nothing_of_anybody_is_in_the_log(liar: Liar, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await found(liar, {"phone": "+4740000012", "member": MEMBER})
    await found(liar, {"phone": KARI.e164, "member": MEMBER | {"name": ["Kari"]}})
    await found(liar)
    assert "outcome=other_number" in caplog.text
    assert "outcome=shape" in caplog.text
    for word in ("0000011", "0000012", "Kari", "C-17", TOKEN, SECRET):
        assert word not in caplog.text


async def test_a_name_is_told_without_what_cannot_be_seen(liar: Liar) -> None:
    liar.says(json.dumps(ANSWER | {"member": MEMBER | {"name": "Kari\x00\u00a0 Nord\u200dmann\n"}}).encode())
    register = http_register(liar.url, HandClock())
    entry = await register.find(CLUB, KARI)
    assert entry is not None
    assert entry.name == "Kari N."
    await register.close()


# -- their names for things


async def test_what_they_call_things_is_a_setting(liar: Liar) -> None:
    names = {
        "member": "result.hits.0",
        "phone": "result.hits.0.mobile",
        "member_number": "result.hits.0.card.no",
        "name": "result.hits.0.fullName",
    }
    hit = {"mobile": "40000011", "card": {"no": 17}, "fullName": "Kari Nordmann"}
    assert await found(liar, {"result": {"hits": [hit]}}, **names) == "17"
    assert await found(liar, {"result": {"hits": []}}, **names) is None
    assert await found(liar, {"result": {"hits": [hit, hit]}}, **names) == "unknown"
    assert await found(liar, {"result": {"hits": [hit | {"mobile": "40000012"}]}}, **names) == "unknown"
    assert await found(liar, {"result": {"total": 0}}, **names) == "unknown"


# -- circuit and memory


async def test_a_register_that_fails_is_left_alone_for_a_moment(liar: Liar) -> None:
    clock = HandClock()
    register = http_register(liar.url, clock)
    liar.says(b"", 500)
    for _ in range(FAILURES + 3):
        with pytest.raises(RegisterUnavailable):
            await register.find(CLUB, KARI)
    assert len(liar.asked) == FAILURES
    liar.says(json.dumps(ANSWER).encode())
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, KARI)
    await clock.turn(PAUSE.total_seconds())
    assert await register.find(CLUB, KARI) is not None
    assert await register.find(CLUB, KARI) is not None
    await register.close()


async def test_when_it_is_silent_an_older_answer_counts_and_bears_its_age(liar: Liar) -> None:
    clock = HandClock()
    inner = http_register(liar.url, clock)
    register = Remembering(inner, clock, timedelta(hours=1), 10)
    liar.says(json.dumps(ANSWER).encode())
    fresh = await register.find(CLUB, KARI)
    assert fresh is not None
    assert fresh.as_of is None
    said_at = clock.now()
    liar.says(b"", 500)
    await clock.turn(3600)
    assert await register.find(CLUB, KARI) == replace(fresh, as_of=said_at)
    await clock.turn(1)
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, KARI)
    await inner.close()


async def test_that_somebody_is_no_member_is_not_remembered_and_forgets_them(liar: Liar) -> None:
    clock = HandClock()
    inner = http_register(liar.url, clock)
    register = Remembering(inner, clock, timedelta(hours=1), 10)
    for answer in (ANSWER, {"phone": KARI.e164, "member": None}):
        liar.says(json.dumps(answer).encode())
        await register.find(CLUB, KARI)
    liar.says(b"", 500)
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, KARI)
    await inner.close()


async def test_only_so_many_are_remembered_those_asked_for_last(liar: Liar) -> None:
    clock = HandClock()
    inner = http_register(liar.url, clock)
    register = Remembering(inner, clock, timedelta(hours=1), 2)
    numbers = [PhoneNumber(f"474000001{n}") for n in (1, 2, 3)]
    for phone in numbers:
        liar.says(json.dumps(ANSWER | {"phone": phone.e164}).encode())
        await register.find(CLUB, phone)
    liar.says(b"", 500)
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, numbers[0])
    for phone in numbers[1:]:
        assert await register.find(CLUB, phone) is not None
    await inner.close()


async def test_nothing_is_remembered_where_the_shop_wants_none(liar: Liar) -> None:
    clock = HandClock()
    inner = http_register(liar.url, clock)
    register = Remembering(inner, clock, None, 10)
    liar.says(json.dumps(ANSWER).encode())
    await register.find(CLUB, KARI)
    liar.says(b"", 500)
    with pytest.raises(RegisterUnavailable):
        await register.find(CLUB, KARI)
    await inner.close()


# -- telling


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (200, Heard()), (201, Heard()), (202, Heard()), (204, Heard()), (409, Heard()), (422, TurnedDown()),
        (302, Unheard()), (400, Unheard()), (401, Unheard()), (404, Unheard()), (410, Unheard()), (500, Unheard()),
    ],
)  # fmt: skip
async def test_what_an_answer_to_an_announcement_means(liar: Liar, status: int, means: object) -> None:
    liar.says(b"" if status == 204 else b"<html>", status)
    register = http_register(liar.url, HandClock())
    assert await register.tell(joined(member())) == means
    await register.close()


async def test_an_announcement_says_who_joined_under_a_key_that_stays(liar: Liar) -> None:
    liar.says(b"", 503, "Retry-After: 90")
    register = http_register(liar.url, HandClock())
    said = joined(member(), former=PhoneNumber("4740000012"))
    for _ in range(2):
        assert await register.tell(said) == Unheard(timedelta(seconds=90))
    first, second = (one.partition(b"\r\n\r\n") for one in liar.asked)
    assert first[2] == second[2]
    assert f"Idempotency-Key: {said.id}".encode() in first[0]
    assert f"Idempotency-Key: {said.id}".encode() in second[0]
    body = json.loads(first[2])
    assert first[0].startswith(b"POST /members ")
    assert (body["news"], body["former_phone"], body["member"]["phone"]) == ("joined", "+4740000012", KARI.e164)
    assert (body["member"]["sub"], body["member"]["member_number"]) == ("sub-1", "C-17")
    assert body["member"]["profile"]["name"] == "Kari Nordmann"
    await register.close()


async def test_a_register_that_is_away_has_not_heard(caplog: pytest.LogCaptureFixture) -> None:
    register = http_register("http://127.0.0.1:9", HandClock())
    assert await register.tell(joined(member())) == Unheard()
    assert "operation=tell outcome=no_line" in caplog.text
    await register.close()
