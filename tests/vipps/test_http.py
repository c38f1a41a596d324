"""One call: measured, logged without secrets, and read as strictly as it is written."""

import asyncio
import logging

import pytest
from prometheus_client import REGISTRY

from medlem.club.enrolment import Reason
from medlem.club.scanned import PersonalQr
from medlem.flows.answers import Question
from medlem.vipps.complaint import Complaint
from medlem.vipps.errors import outcome, trace_of
from medlem.vipps.reply import Reply, read_object, whole_number
from medlem.vipps.shared import Shared
from signed_tokens import NOW
from stub_platform import CLUB, CODE, DISCOVERY, EXCHANGE, KARI, REQUEST, TOKEN, HangUp, House, Said, Scripted


def reply(body: bytes, status: int = 400, **headers: str) -> Reply:
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()}, NOW)


def counted(operation: str, ended: str) -> float:
    labels = {"operation": operation, "outcome": ended}
    return REGISTRY.get_sample_value("medlem_platform_calls_total", labels) or 0.0


@pytest.mark.parametrize(
    ("said", "ended", "level"),
    [
        (Said({"error": "authorization_pending"}, 400), "pending", "DEBUG"),
        (Said({"error": "slow_down"}, 400), "slow_down", "DEBUG"),
        (Said({"error": "access_denied"}, 400), "declined", "WARNING"),
        (Said({"error": "invented_here"}, 400), "refused", "WARNING"),
        (Said({"access_token": "a"}), "ok", "INFO"),
        (Said("", 502), "failing", "WARNING"),
        (Said("", 429), "later", "WARNING"),
        (Said("", 401), "keys_refused", "WARNING"),
        (HangUp(), "no_reply", "WARNING"),
    ],
)
async def test_every_call_is_counted_and_has_one_line(
    house: House, said: Scripted, ended: str, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "medlem.vipps.http")
    house.stub.says(TOKEN, said)
    before = counted("token", ended)
    await house.platform.collect(CLUB, REQUEST)
    assert counted("token", ended) == before + 1
    lines = [record for record in caplog.records if "operation=token" in record.getMessage() and "call" in record.msg]
    assert [line.levelname for line in lines] == [level]
    assert f"outcome={ended} " in lines[0].getMessage()


async def test_a_call_that_is_broken_off_is_counted_too(house: House) -> None:
    house.stub.hold(TOKEN)
    before = counted("token", "cancelled")
    looking = asyncio.create_task(house.platform.collect(CLUB, REQUEST))
    await house.stub.arrival(TOKEN)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert counted("token", "cancelled") == before + 1


async def test_numbers_names_and_tokens_are_never_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"title": "4740000001", "detail": "request-1", "traceId": "4711-abc", "msisdn": "4740000001"}
    for path in (EXCHANGE, TOKEN, "/ask"):
        house.stub.says(path, Said(echo, 400))
    with pytest.raises(Exception, match="code") as caught:
        await house.platform.reveal(CLUB, PersonalQr("https://qr.vipps.no/28/2/01/031/4740000001?v=1"))
    answer = await house.platform.ask(Question(CLUB, KARI, CODE))
    looked = await house.platform.collect(CLUB, REQUEST)
    text = caplog.text + str(caught.value) + repr(answer) + repr(looked)
    assert "trace=4711-abc" in text
    for secret in ("40000001", "request-1", "s3cret", "api.token"):
        assert secret not in text


async def test_nothing_is_connected_before_the_first_call_and_closing_twice_is_fine(house: House) -> None:
    assert not house.platform._wire._sessions
    await house.platform.close()
    await house.platform.collect(CLUB, REQUEST)
    await house.platform.close()
    await house.platform.close()
    assert house.stub.calls(DISCOVERY)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'{"type":"t","title":"t","status":"400","extraDetails":[{"name":"amount","reason":"r"}]}',
            Complaint(fields=("amount",), readable=True),
        ),
        (
            b'{"title":"t","detail":"d","instance":"i","invalidParams":[{"name":"id","reason":"r"}]}',
            Complaint(fields=("id",), readable=True),
        ),
        (
            b'{"title":"Bad request","status":400,"detail":"d","extraDetails":[{"name":"qrCode"}]}',
            Complaint(fields=("qrCode",), readable=True),
        ),
        (b'{"error":" slow_down "}', Complaint(error="slow_down", words=" slow_down ", readable=True)),
        (
            b'{"error":"e","error_code":17,"error_description":"d"}',
            Complaint(error="e", words="e 17 d", readable=True),
        ),
        (b'{"statusCode":401,"message":"Access denied"}', Complaint(readable=True)),
        (b'{"error":{"code":1}}', Complaint(readable=True)),
        (b"", Complaint()),
        (b"<html>", Complaint()),
        (b"[]", Complaint()),
    ],
)
def test_every_documented_refusal_can_be_read(body: bytes, expected: Complaint) -> None:
    assert reply(body).complaint == expected


def test_a_vendors_word_is_a_word_of_its_own() -> None:
    assert reply(b'{"error":"x","error_description":"old_app."}').complaint.vendor_reason is Reason.APP_TOO_OLD
    assert reply(b'{"error":"x","error_description":"old_application"}').complaint.vendor_reason is None
    assert reply(b'{"error":"x","error_code":4}').complaint.vendor_reason is None


def test_only_words_of_ours_become_labels() -> None:
    assert outcome(reply(b'{"error":"4740000001"}')) == "refused"
    assert outcome(reply(b"", 302)) == "refused"
    assert outcome(Reply(200, b"", {}, NOW, whole=False)) == "overlong"


def test_a_trace_is_the_platforms_or_none() -> None:
    assert trace_of(reply(b'{"traceId":"abc-1"}')) == "abc-1"
    assert trace_of(reply(b"", request_id="abc-2")) == "abc-2"
    assert trace_of(reply(b"")) == "-"
    assert trace_of(reply(b'{"traceId":"evil\\nline"}')) == "-"
    assert trace_of(reply(b'{"traceId":17}')) == "-"


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"a":1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b'{"a":NaN}', None),
        (b'{"a":"\\ud800"}', None),
        (b'{"a":1} and more', None),
        (b"[" * 200_000, None),
        (b'{"a":' * 200_000, None),
        (b"null", None),
        (b'"text"', None),
    ],
)
def test_json_is_read_strictly(body: bytes, read: object) -> None:
    assert read_object(body) == read


def test_whole_numbers_come_in_three_ways() -> None:
    assert [whole_number(value) for value in (5, "5", " 5 ", 5.0)] == [5, 5, 5, 5]
    nonsense: list[object] = [True, "five", 5.5, None, [], "5.0"]
    assert [whole_number(value) for value in nonsense] == [None] * 6


async def test_whoever_waits_for_one_fetch_shares_its_failure() -> None:
    fetches = 0

    async def fetch() -> None:
        nonlocal fetches
        fetches += 1
        await asyncio.sleep(0)
        raise LookupError

    shared = Shared(fetch)
    ended = await asyncio.gather(*(shared.get() for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in ended] == [LookupError] * 3
    assert fetches == 1
    with pytest.raises(LookupError):
        await shared.get()
    await shared.close()
