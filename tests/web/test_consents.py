"""What a member allows, for the merchant's own systems: the history, and what they add to it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from medlem.club.consent import Verdict, sha256
from medlem.club.ids import member_id
from medlem.club.member import ConsentAnswer
from medlem.flows import proving
from service import Service
from shop import KARI

GIVEN = datetime(2026, 11, 23, 9, 59, tzinfo=UTC)
EMAIL = ConsentAnswer(element="email", text="May we write?", granted=True, given_at=GIVEN, language="en")
NO: dict[str, Any] = {"element": "email", "granted": False, "method": "staff", "actor": "customer"}
FORM: dict[str, Any] = {
    "element": "sms", "granted": True, "method": "web_form", "actor": "customer", "text": "Får vi sende deg SMS?",
    "language": "no", "at": "2026-11-23T09:00:00Z", "reference": "form 17",
}  # fmt: skip


async def joined(service: Service, *answers: ConsentAnswer) -> str:
    service.shop.kari().consents = answers
    await service.ask()
    service.shop.platform.approve(KARI)
    await service.shop.wait(6)
    [member] = (await service.get("/v1/members", "integration")).body["members"]
    return str(member["id"])


async def shown(service: Service, member: str) -> Any:
    reply = await service.get(f"/v1/members/{member}/consents", "integration")
    assert reply.status == 200
    return reply.body


async def recorded(service: Service, member: str, body: Any, **headers: str) -> Any:
    return await service.post(f"/v1/members/{member}/consents", body, "integration", **headers)


async def holds(service: Service) -> Verdict:
    verdict = await proving.verify(service.shop.ports, service.shop.club)
    assert verdict.holds, verdict.faults
    return verdict


async def test_joining_and_every_answer_are_records_with_how_and_where(service: Service) -> None:
    no = replace(EMAIL, element="personal", granted=False, text="Personal offers?")
    member = await joined(service, EMAIL, no)
    body = await shown(service, member)
    assert [(one["purpose"], one["channel"], one["act"]) for one in body["records"]] == [
        ("membership", None, "given"),
        ("marketing", "email", "given"),
        ("analysis", None, "refused"),
    ]
    assert {element: one["granted"] for element, one in body["standing"].items()} == {
        "membership": True,
        "email": True,
        "personal": False,
    }
    email = body["standing"]["email"]
    assert (email["text"], email["text_version"], email["text_sha256"]) == ("May we write?", 1, sha256("May we write?"))
    assert (email["given_at"], email["seen_at"]) == ("2026-11-23T09:59:00Z", "2026-11-23T10:00:06Z")
    assert (email["method"], email["actor"], email["station"]) == ("vipps_ciba", "customer", service.shop.station.id)
    assert len(email["code"]) == 7
    assert email["enrolment"].startswith("enr_")
    assert (await holds(service)).records == 3


async def test_a_yes_to_the_same_words_reconfirms_and_to_others_is_given_anew(service: Service) -> None:
    member = await joined(service, EMAIL)
    for text, act in (("May we write?", "reconfirmed"), ("May we write to you?", "given")):
        reply = await recorded(
            service, member, {**FORM, "element": "email", "text": text, "at": "2026-11-23T10:00:00Z"}
        )
        assert (reply.status, reply.body["act"]) == (201, act)
    assert (await shown(service, member))["standing"]["email"]["text"] == "May we write to you?"


async def test_taking_back_one_channel_takes_back_nothing_else(service: Service) -> None:
    member = await joined(service, EMAIL, replace(EMAIL, element="sms", text="May we text?"))
    await service.shop.clock.turn(60)
    reply = await recorded(service, member, {**NO, "reason": "called us"})
    assert (reply.status, reply.body["act"], reply.body["reason"]) == (201, "withdrawn", "called us")
    assert reply.body["recorded_by"].startswith("key_")
    body = await shown(service, member)
    assert {element: one["granted"] for element, one in body["standing"].items()} == {
        "membership": True,
        "email": False,
        "sms": True,
    }
    assert body["sharing_withdrawn_at"] == []
    full = (await service.get(f"/v1/members/{member}", "integration")).body
    assert (full["left_at"], full["consents"]["email"]["granted"], set(full["consents"])) == (
        None,
        False,
        {"email", "sms"},
    )


async def test_leaving_takes_back_no_permission_and_is_a_record(service: Service) -> None:
    member = await joined(service, EMAIL)
    await service.shop.clock.turn(60)
    await service.call("DELETE", f"/v1/members/{member}", "integration")
    body = await shown(service, member)
    assert [(one["element"], one["act"]) for one in body["records"]][-1] == ("membership", "withdrawn")
    assert (body["standing"]["email"]["granted"], body["standing"]["membership"]["granted"]) == (True, False)
    await holds(service)


async def test_a_no_where_nothing_stood_is_a_refusal(service: Service) -> None:
    member = await joined(service)
    assert (await recorded(service, member, {**NO, "element": "sms"})).body["act"] == "refused"


async def test_a_form_comes_with_its_evidence(service: Service) -> None:
    member = await joined(service)
    reply = await recorded(service, member, FORM)
    shows = {name: reply.body[name] for name in ("purpose", "channel", "method", "text", "language", "reference")}
    assert shows == {
        "purpose": "marketing",
        "channel": "sms",
        "method": "web_form",
        "text": "Får vi sende deg SMS?",
        "language": "no",
        "reference": "form 17",
    }
    assert reply.body["given_at"] == "2026-11-23T09:00:00Z"
    assert (await shown(service, member))["records"][-1] == reply.body
    await holds(service)


async def test_a_repeat_records_once(service: Service) -> None:
    member = await joined(service)
    first = await recorded(service, member, FORM, **{"Idempotency-Key": "form-17"})
    again = await recorded(service, member, FORM, **{"Idempotency-Key": "form-17"})
    assert (again.status, again.body) == (201, first.body)
    assert len((await shown(service, member))["records"]) == 2
    other = await recorded(service, member, NO, **{"Idempotency-Key": "form-17"})
    assert (other.status, other.problem) == (422, "idempotency-conflict")


@pytest.mark.parametrize(
    "wrong",
    [
        {"text": ""},
        {"element": "membership"},
        {"element": "email", "purpose": "analysis"},
        {"element": "no spaces"},
        {"at": "2026-11-24T10:00:00Z"},
        {"at": "2026-11-23T09:00:00"},
        {"method": "vipps_ciba"},
        {"actor": "platform"},
        {"purpose": "membership"},
        {"station": "sta_01kaq2y3m8e5x7r1t9v0w2z4b6"},
        {"sub": "x"},
        {"granted": "yes"},
    ],
)
async def test_what_is_no_evidence_is_refused_and_nothing_is_recorded(service: Service, wrong: dict[str, Any]) -> None:
    member = await joined(service)
    reply = await recorded(service, member, FORM | wrong)
    assert (reply.status, reply.problem) == (422, "invalid-request")
    assert len((await shown(service, member))["records"]) == 1


async def test_a_member_that_is_not_there_has_no_history(service: Service) -> None:
    nobody = member_id(service.shop.clock.now())
    assert (await service.get(f"/v1/members/{nobody}/consents", "integration")).problem == "not-found"
    assert (await recorded(service, nobody, FORM)).problem == "not-found"
    assert (await service.get(f"/v1/members/{nobody}/consents")).problem == "forbidden"
